"""When a console that a pilot drives has done all it was given to do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from textual._context import active_app

if TYPE_CHECKING:
    from textual.app import App

LOOK_S = 0.001
SOON_S = 0.02
"""What is due within this time is waited for, once."""


def quiet(app: App[Any]) -> bool:
    """Tell whether nothing waits to be handled, laid out or drawn on the screen in front."""
    screen = app.screen
    drawing = screen._layout_required or screen._scroll_required or screen._repaint_required
    if drawing or screen._dirty_widgets or screen._callbacks or app._resize_event is not None:
        return False
    return not any(
        pump._pending_message or pump._next_callbacks or not pump._message_queue.empty()
        for pump in (app, *screen.walk_children(with_self=True))
    )


async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Wait until the console and its loop have nothing to do, or for ``max_sleep`` seconds.

    It stands in for the function of Textual by which a pilot waits. That one sleeps ``SOON_S``
    at least, and for a whole second while anything in the process is at work: an engine, a
    sandbox.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while (spent := loop.time() - begun) < max_sleep:
        await asyncio.sleep(LOOK_S)
        if loop._ready or not _done(active_app.get()):
            continue
        if spent >= min_sleep and (spent >= SOON_S or not _due(loop, begun + SOON_S)):
            return


def _due(loop: asyncio.AbstractEventLoop, until: float) -> bool:
    """Tell whether the loop has been told to do something before a moment."""
    return any(one.when() < until and not one.cancelled() for one in loop._scheduled)


def _done(app: App[Any]) -> bool:
    """Tell whether it is quiet, or has no screen any more."""
    return not app.is_running or not app.screen_stack or quiet(app)


def swift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pilots wait by ``wait_for_idle`` above."""
    for module in ("textual.pilot", "textual.app"):
        monkeypatch.setattr(f"{module}.wait_for_idle", wait_for_idle)
