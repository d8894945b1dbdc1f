"""Files to and from containers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from controller.api.pods import Pod
from controller.errors import ControllerError
from lwstui.runtime.backend import FetchRequest
from lwstui.runtime.copying import measured
from lwstui.runtime.intents import CopyIn
from lwstui.runtime.packing import CopyError
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.form import Asked, FormDialog
from lwstui.tui.verbs.asking import confirm
from lwstui.view.types import Ref

FROM, TO, CONTAINER = "from", "to", "container"
_SAY_S: Final = 0.5


async def ask_copy(host: Host, ref: Ref | None) -> None:
    """Ask what to copy to or from a pod, or a group's leader, and copy it."""
    pod = targets.pod_of(host.snapshot, ref) if ref is not None else None
    if pod is None:
        host.say("no pod here to copy files of", "warn")
        return
    running = containers_of(pod)
    if not running:
        host.say(f"no container of {pod.key} is running", "warn")
        return
    what = (
        f"A path of {pod.name} begins with a colon; the other one is of this machine.",
        "What lands in a folder keeps its name; the copy appears there when it is whole.",
    )
    asked = (
        Asked(FROM, ":/tmp/", "what to copy"),
        Asked(TO, f"{os.curdir}{os.sep}", "where to"),
        Asked(CONTAINER, running[0], f"one of {', '.join(running)}"),
    )
    values = await host.ask(
        FormDialog(
            f"COPY FILES OF {pod.name}",
            what,
            asked,
            wrong=lambda values: wrong(values, running),
            confirm="Copy",
        )
    )
    if values is None:
        return
    if values[FROM].startswith(":"):
        await copy_out(host, pod, values[CONTAINER], values[FROM][1:], values[TO])
    else:
        await copy_in(host, pod, values[CONTAINER], values[FROM], values[TO][1:])


def containers_of(pod: Pod) -> list[str]:
    """Return the names of the containers of a pod that run, the main one first."""
    return [one.name for one in pod.containers if not one.init and one.state == "running"]


def wrong(values: Mapping[str, str], running: list[str]) -> str:
    """Return what is wrong with the values of the form, empty if nothing."""
    if values[FROM].startswith(":") == values[TO].startswith(":"):
        return "begin one of the two paths with a colon: that one is in the pod"
    if any(not path.removeprefix(":") for path in (values[FROM], values[TO])):
        return "both paths are needed"
    if values[CONTAINER] not in running:
        return f"no container {values[CONTAINER]} runs; there are {', '.join(running)}"
    return ""


async def copy_out(host: Host, pod: Pod, container: str, path: str, local: str) -> None:
    """Copy from a container to this machine, telling how far it is."""
    host.say(f"copying {pod.name}:{path}…", "busy")
    said: list[str] = []
    request = FetchRequest(pod.key, container, path, str(_expanded(local)))
    copying = asyncio.wrap_future(host.backend.fetch(request, said.append))
    while not (await asyncio.wait((copying,), timeout=_SAY_S))[0]:
        if said:
            host.say(f"{pod.name}:{path}: {said[-1]}", "busy")
    try:
        host.say(await copying, "ok")
    except (CopyError, ControllerError) as error:
        host.say(f"nothing was copied: {error}", "bad")


def _expanded(local: str) -> Path:
    return Path(local).expanduser()


def _resolved(local: str) -> Path:
    return _expanded(local).resolve()


async def copy_in(host: Host, pod: Pod, container: str, local: str, path: str) -> None:
    """Confirm and copy from this machine into a container."""
    why = targets.refusal(host.snapshot, read_only=host.read_only)
    if why:
        host.say(why, "warn")
        return
    source = _resolved(local)
    try:
        size_bytes, files = await asyncio.to_thread(measured, source)
    except CopyError as error:
        host.say(str(error), "bad")
        return
    intent = CopyIn(pod.key, pod.uid, container, path, str(source), size_bytes, files)
    await confirm(host, intent, "Copy")
