"""What the console writes to its terminal: frames, bytes and repainted lines."""

from __future__ import annotations

import re

from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate

from lwstui.tui.app import Console

SGR = re.compile(r"\x1b\[([\d;]*)m")
MOVES = re.compile(r"\x1b\[\d+;\d+H|\x1b\[H")
COLOURLESS = {"", "0", "1", "2", "3", "4", "7", "9"}
"""Codes of text styles; all others are colours."""


class Written:
    """Keeps every update that goes to the terminal of a console."""

    def __init__(self, app: Console) -> None:
        self.frames: list[str] = []
        self.lines = 0
        self._display = app._display
        self._app = app
        app._display = self._keep

    def clear(self) -> None:
        """Forget what was written."""
        self.frames, self.lines = [], 0

    def _keep(self, screen, renderable) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.frames.append(renderable.render_segments(self._app.console))
            self.lines += lines_of(renderable)
        self._display(screen, renderable)


def lines_of(update: CompositorUpdate) -> int:
    """Return how many lines of the screen an update draws again."""
    if isinstance(update, ChopsUpdate):
        return len({y for y, _, _ in update.spans})
    assert isinstance(update, LayoutUpdate), update
    return update.region.height


def frame(app: Console) -> str:
    """Return one whole frame as it would be written."""
    update = app.screen._compositor.render_update(full=True)
    return update.render_segments(app.console)


def plain(written: str) -> str:
    """Return what was written without text styles and cursor movements, line by line."""
    return SGR.sub("", MOVES.sub("\n", written))
