"""``cp FROM TO``: one of the two is in a container."""

from __future__ import annotations

from typing import Final

from controller.api.pods import Pod
from lwstui.tui import targets, verbs
from lwstui.tui.commands.meaning import writable
from lwstui.tui.commands.objects import resolve
from lwstui.tui.commands.spec import Command, CommandError, CommandSpec
from lwstui.tui.host import Host


def _place(host: Host, text: str) -> tuple[Pod, str] | None:
    """Return pod and path of a place in a container, None for one on this machine."""
    name, colon, path = text.partition(":")
    if not colon or not name or text.startswith((".", "/", "~")):
        return None
    ref = resolve(host.snapshot, name)
    pod = targets.pod_of(host.snapshot, ref)
    if pod is None:
        raise CommandError(f"{name} is a {ref.kind}: name a group or a pod, {name}/0:PATH")
    if not path:
        raise CommandError(f"{text} names no path: {name}:/PATH")
    return pod, path


def _copy(host: Host, command: Command) -> None:
    source, to = _place(host, command.arg(0)), _place(host, command.arg(1))
    if (source is None) == (to is None):
        which = "both" if source else "neither"
        raise CommandError(f"{which} of the two is in a pod: write one as SET/GROUP/RANK:PATH")
    pod, path = source or to or (None, "")
    if pod is None:
        return
    running = verbs.containers_of(pod)
    container = command.arg(2) or (running[0] if running else "")
    if container not in running:
        there = f"; there are {', '.join(running)}" if running else ""
        raise CommandError(f"no container {container or 'of ' + pod.name} runs{there}")
    if source is not None:
        host.run_task(verbs.copy_out(host, pod, container, path, command.arg(1)))
    else:
        writable(host)
        host.run_task(verbs.copy_in(host, pod, container, command.arg(0), path))


COMMANDS: Final = (
    CommandSpec(
        "cp",
        "copy files to or from a pod, SET/GROUP/RANK:PATH",
        _copy,
        ("copy-files",),
        ("place", "place", "word"),
        2,
    ),
)
