"""Choosing what to apply, to check, or to make a set from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from lwstui.runtime.sources import EXPECT, Offer, examples, offers
from lwstui.tui.host import Host
from lwstui.tui.routes import Route
from lwstui.tui.screens.modals.picker import Choice, Picker

Screen = Literal["apply", "check", "create"]


def open_path(host: Host, screen: Screen, path: str = "") -> None:
    """Open a screen about manifests; without a path let the operator choose one first."""
    if path:
        host.goto(Route(screen, detail=path), top=True)
    else:
        host.run_task(_pick_and_open(host, screen))


async def _pick_and_open(host: Host, screen: Screen) -> None:
    found = await asyncio.to_thread(examples if screen == "create" else offers)
    path = await pick(host, screen.upper(), found)
    if path is not None:
        host.goto(Route(screen, detail=path), top=True)


async def pick(host: Host, title: str, found: Sequence[Offer]) -> str | None:
    """Let the operator choose a manifest; what it is expected to do is shown while choosing."""
    by_name = {one.name: one for one in found}
    choices = [Choice(one.name, one.note) for one in found]

    def preview(name: str) -> None:
        if name in by_name:
            host.say(expectation(by_name[name].head), "dim")

    picked = await host.ask(Picker(title, choices, preview=preview, empty="nothing matches"))
    host.say("")
    return by_name[picked].path if picked is not None else None


def expectation(head: Sequence[str]) -> str:
    """Return what the head of a manifest says is to be expected of it. Pure."""
    text = " ".join(line.strip() for line in head)
    at = text.find(EXPECT)
    return text[at:] if at >= 0 else (head[0] if head else "")
