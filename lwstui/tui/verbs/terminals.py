"""Shells in containers: the console steps aside until they end."""

from __future__ import annotations

from typing import Final

from controller.api.pods import Pod
from controller.errors import ControllerError
from lwstui.runtime.backend import TerminalRequest
from lwstui.tui import targets
from lwstui.tui.handoff import NoTerminal
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.picker import Choice, Picker
from lwstui.view.banner import stale
from lwstui.view.types import Ref, Tone

SHELL: Final = ("sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash || exec sh")


async def shell(host: Host, ref: Ref | None) -> None:
    """Open a shell in a pod, or in a group's leader."""
    await _converse(host, ref, SHELL, "shell in")


async def attach(host: Host, ref: Ref | None) -> None:
    """Attach to the main process of a pod, or of a group's leader."""
    await _converse(host, ref, (), "attached to")


async def _converse(host: Host, ref: Ref | None, command: tuple[str, ...], doing: str) -> None:
    pod = targets.pod_of(host.snapshot, ref) if ref is not None else None
    if pod is None:
        host.say("no pod here", "warn")
        return
    if host.snapshot.cluster.playing is not None:
        host.say("this is a recording: there is no container to run anything in", "warn")
        return
    if host.read_only or host.snapshot.cluster.read_only:
        host.say("read-only: this console runs nothing in a container", "warn")
        return
    container = await _container(host, pod)
    if not container:
        return
    where = f"{doing} {pod.key} container {container}"
    request = TerminalRequest(pod.namespace, pod.name, container, command)
    lost = stale(host.snapshot)
    try:
        end = host.converse(request, f"{where} (ctrl-] leaves it)")
    except (NoTerminal, ControllerError) as error:
        host.say(f"{where}: {error}", "bad")
        return
    tone: Tone = "warn" if end.message else ""
    told = end.message or (f"ended with code {end.code}" if end.code else "ended")
    host.say(f"{where}: {told}{_meanwhile(lost, stale(host.snapshot))}", tone)


def _meanwhile(before: bool, now: bool) -> str:
    if before == now:
        return ""
    return "; meanwhile the connection was lost" if now else "; the connection is back"


async def _container(host: Host, pod: Pod) -> str:
    """Return the container that is meant, empty if none is."""
    running = [c for c in pod.containers if not c.init and c.state == "running"]
    if not running:
        host.say(f"no container of {pod.key} is running", "warn")
        return ""
    if len(running) == 1:
        return running[0].name
    choices = [Choice(one.name, one.image) for one in running]
    return await host.ask(Picker("CONTAINER", choices, start=running[0].name)) or ""
