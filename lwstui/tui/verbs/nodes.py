"""Cordoning and draining nodes."""

from __future__ import annotations

from controller.api.meta import Key
from lwstui.runtime.intents import Cordon, Drain
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.verbs.asking import confirm
from lwstui.view.types import Impact, Span


async def cordon(host: Host, name: str, *, on: bool = True) -> None:
    """Confirm and cordon a node, or uncordon it."""
    node = host.snapshot.nodes.get(name)
    if node is None:
        host.say(f"node {name} is gone", "warn")
        return
    await confirm(host, Cordon(Key("", name), node.uid, on), "Cordon" if on else "Uncordon")


async def drain(host: Host, name: str) -> None:
    """Confirm and drain a node; if it is being drained from here, ask whether to stop that."""
    key = Key("", name)
    node = host.snapshot.nodes.get(name)
    underway = host.snapshot.underway.get(key)
    if underway is not None and underway.stoppable:
        await _stop(host, key, underway.now)
    elif node is None:
        host.say(f"node {name} is gone", "warn")
    else:
        await confirm(host, Drain(key, node.uid), "Drain")


async def _stop(host: Host, key: Key, now: str) -> None:
    what = ("No further pod is evicted. What is gone stays gone, and the node stays cordoned.",)
    facts = (("So far", Span(now)),)
    impact = Impact("STOP DRAINING", f"node {key.name}", what, facts, level=1)
    if await host.ask(ConfirmDialog(impact, confirm="Stop")):
        host.backend.cancel(key)
        host.say(f"stopping the drain of {key.name}", "busy")
