"""Port-forwards: opening one, and looking after those that are open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from controller.api.names import PODS
from controller.errors import ControllerError
from lwstui.runtime.backend import ForwardRequest
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.form import Asked, FormDialog
from lwstui.tui.screens.modals.forwards import ForwardsDialog
from lwstui.view.types import Ref

_REMOTE, _LOCAL = "port of the pod", "port of this machine"


async def forward(host: Host, ref: Ref | None) -> None:
    """Ask for the ports and lead one of this machine to a pod, or to a group's leader."""
    pod = targets.pod_of(host.snapshot, ref) if ref is not None else None
    if ref is None or pod is None:
        host.say("no pod here to lead a port to", "warn")
        return
    group = ref.group if ref.kind == "group" else -1
    target = pod.set_key if pod.set_name else pod.key
    try:
        body = await asyncio.wrap_future(host.backend.read(PODS, *pod.key))
    except ControllerError as error:
        host.say(f"{pod.key} cannot be read: {error}", "bad")
        return
    ports = container_ports(body)
    first = str(next(iter(ports), ""))
    known = ", ".join(f"{number} ({name})" for number, name in ports.items())
    what = [f"It declares {known}." if ports else "Its containers declare no port."]
    if group >= 0:
        what.append("It goes on to the next leader when the group is recreated.")
    asked = (
        Asked(_REMOTE, first, "a port that something in it listens on"),
        Asked(_LOCAL, first, "empty for any that is free"),
    )
    dialog = FormDialog(f"FORWARD TO {pod.name}", what, asked, wrong=wrong, confirm="Open")
    values = await host.ask(dialog)
    if values is None:
        return
    request = ForwardRequest(
        target, pod.name, int(values[_REMOTE]), int(values[_LOCAL] or 0), group
    )
    try:
        opened = await asyncio.wrap_future(host.backend.forward(request))
    except ControllerError as error:
        host.say(str(error), "bad")
        return
    host.copy_to_clipboard(opened.url)
    host.say(f"{opened.url} leads to {request.to} port {request.port}; copied", "ok")


async def show_forwards(host: Host) -> None:
    """Show the open port-forwards."""
    backend = host.backend
    await host.ask(ForwardsDialog(backend.forwards, backend.stop_forward, host.copy_to_clipboard))


def container_ports(body: Mapping[str, Any]) -> dict[int, str]:
    """Return the ports that a pod's containers declare, with their names."""
    found: dict[int, str] = {}
    for container in (body.get("spec") or {}).get("containers") or ():
        for port in container.get("ports") or ():
            if isinstance(number := port.get("containerPort"), int):
                found.setdefault(number, str(port.get("name") or container.get("name") or ""))
    return found


def wrong(values: Mapping[str, str]) -> str:
    """Return what is wrong with the ports of the form, empty if nothing."""
    for name, text in values.items():
        if not text and name == _LOCAL:
            continue
        if not text.isdecimal() or not 0 < int(text) < 65536:
            return f"{name}: {text or 'nothing'} is no port from 1 to 65535"
    return ""
