"""The sandbox as a process: serve until told to stop, and say where the kubeconfig is."""

import asyncio
import errno
import signal
import sys
from collections.abc import Callable

from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox
from lwstui.sandbox.fill import NoRoom
from lwstui.sandbox.native.seeding import NativeError
from lwstui.sandbox.scenarios.guide import told
from lwstui.sandbox.scenarios.schema import Scenario

__all__ = ["SandboxOptions", "run", "serve"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def serve(options: SandboxOptions, ready: Callable[[Sandbox], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        options: What the sandbox is made of.
        ready: Called once, when the cluster is populated and listens.

    Raises:
        OSError: The port is taken, or the kubeconfig cannot be written.
        NoRoom: There are too few hosts for what the sandbox is filled with.
        NativeError: What should be there in native shape cannot be made.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        async with running_sandbox(options) as sandbox:
            ready(sandbox)
            narrator = asyncio.create_task(_narrate(sandbox, options.scenario))
            await stop.wait()
            narrator.cancel()
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def _narrate(sandbox: Sandbox, scenario: Scenario | None) -> None:
    """Play a scenario and tell of it on standard error."""
    if scenario is not None:
        sandbox.control.start(scenario)
        async for line in sandbox.control.lines():
            sys.stderr.write(f"{told(line)}\n")
            sys.stderr.flush()


def _announce(sandbox: Sandbox) -> None:
    sys.stdout.write(f"KUBECONFIG={sandbox.kubeconfig}\n")
    sys.stdout.flush()


def run(options: SandboxOptions) -> int:
    """Run a sandbox until SIGINT or SIGTERM and return the exit code.

    The first line on standard output, once everything is there, is ``KUBECONFIG=<path>``.
    """
    try:
        asyncio.run(serve(options, _announce))
    except (OSError, NoRoom, NativeError) as error:
        sys.stderr.write(f"The sandbox cannot start: {_why(error, options)}.\n")
        return 1
    return 0


def _why(error: Exception, options: SandboxOptions) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {options.port} on 127.0.0.1 is already in use"
    return str(error)
