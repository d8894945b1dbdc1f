"""Every command of the simulated containers, and the session they run in."""

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence

from lwstui.sandbox.network import Network
from lwstui.sandbox.objects import Store
from lwstui.sandbox.podenv import environment
from lwstui.sandbox.processes import Process
from lwstui.sandbox.shell import archive, curl, disk, host, interpreter, network, nvidia, text
from lwstui.sandbox.shell.disk import Disk
from lwstui.sandbox.shell.programs import Command, Program, Session

_COMMANDS: Mapping[str, Command] = {
    **text.COMMANDS,
    **host.COMMANDS,
    **network.COMMANDS,
    **curl.COMMANDS,
    **disk.COMMANDS,
}


def session(
    store: Store,
    reach: Network,
    process: Process,
    look: Callable[[], Process],
    written: Disk,
    *,
    tty: bool,
) -> Session:
    """Return the session of a command that is run in a container.

    Args:
        store: The cluster's objects.
        reach: Its network.
        process: The container's process.
        look: Returns the process as it is at the time of the call.
        written: What was written into the container.
        tty: Whether the command has a terminal.
    """
    env = environment(store, process.pod, process.spec, ",".join(process.gpus))
    node = store.get("nodes", "", process.scene.node) or {}
    return Session(
        process=process,
        look=look,
        network=reach,
        env={**env, "TERM": "xterm"} if tty else env,
        files=ChainMap(written.files, host.files(process.pod)),
        node=node,
        disk=written,
        tty=tty,
    )


def start(within: Session, argv: Sequence[str]) -> Program:
    """Return the program that ``argv`` names.

    ``nvidia-smi`` is there where devices are, ``tar`` where the image brings more than a program.
    """
    known = {**_COMMANDS, **nvidia.COMMANDS} if within.process.gpus else {**_COMMANDS}
    if "distroless" not in within.process.scene.image:
        known |= archive.COMMANDS
    return interpreter.program(within, argv, known)
