"""The last lines of every screen: what happened, where we are, and which keys help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from textual.strip import Strip
from textual.timer import Timer

from lwstui.tui.widgets.cells import cut, visible, width
from lwstui.tui.widgets.painting import PaintedLines, fit_spans, spans_width
from lwstui.view.types import Span, Tone

Keys = Sequence[tuple[str, str]]
"""(key, label) pairs, the most useful first."""

_BETWEEN: Final = 3
_FLASH_S: Final = 5.0


def fit_keys(keys: Keys, cells: int) -> list[tuple[str, str]]:
    """Return the keys that fit into ``cells`` cells, in order.

    The last one (help, which leads to all others) is kept as long as any fits.
    """
    if not keys:
        return []
    last = keys[-1]
    left = cells - _key_cells(last)
    kept: list[tuple[str, str]] = []
    for key in keys[:-1]:
        left -= _key_cells(key) + _BETWEEN
        if left < 0:
            break
        kept.append(key)
    return [*kept, last]


def _key_cells(key: tuple[str, str]) -> int:
    return width(key[0]) + 1 + width(key[1])


class KeyLine(PaintedLines):
    """The most useful keys; it drops the least useful ones instead of scrolling."""

    DEFAULT_CSS = "KeyLine { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._keys: tuple[tuple[str, str], ...] = ()

    def show(self, keys: Keys) -> None:
        """Show keys with their labels, the most useful first, help last."""
        keys = tuple((visible(key), visible(label)) for key, label in keys)
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render the line."""
        cells = self.size.width
        if y:
            return Strip.blank(cells, self.brushes())
        plain = self.brushes()
        segments = [Segment(" ", plain)]
        for number, (key, label) in enumerate(fit_keys(self._keys, cells - 2)):
            if number:
                segments.append(Segment(" " * _BETWEEN, plain))
            segments.append(Segment(key, self.brushes("paint--key")))
            segments.append(Segment(f" {label}", self.brushes("tone--dim")))
        return Strip(segments).adjust_cell_length(cells, plain)


class Crumbs(PaintedLines):
    """The open routes; at the right what else goes on."""

    DEFAULT_CSS = "Crumbs { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._shown: tuple[tuple[str, ...], str] = ((), "")

    def show(self, crumbs: tuple[str, ...], right: str = "") -> None:
        """Show routes, outermost first."""
        if (crumbs, right) != self._shown:
            self._shown = (crumbs, right)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render the line."""
        cells = self.size.width
        if y:
            return Strip.blank(cells, self.brushes())
        crumbs, right = self._shown
        right = cut(right, max(0, cells - 2))
        spans = [Span(" ")]
        for number, crumb in enumerate(crumbs):
            last = number == len(crumbs) - 1
            spans.append(Span(crumb, "title" if last else "dim"))
            if not last:
                spans.append(Span(" › ", "dim"))
        left = fit_spans(spans, max(1, cells - width(right) - 3))
        blank = max(0, cells - 1 - spans_width(left) - width(right))
        return self.brushes.line((*left, Span(" " * blank), Span(right, "dim")), cells)


class Flash(PaintedLines):
    """A rule that becomes one sentence for a while; a failure stays until it is cleared."""

    DEFAULT_CSS = "Flash { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._said = Span("")
        self._timer: Timer | None = None

    @property
    def text(self) -> str:
        """The sentence that is shown, empty if none is."""
        return self._said.text

    def say(self, text: str, tone: Tone = "") -> None:
        """Show a sentence for five seconds, or until cleared if its tone is ``bad``."""
        self.clear()
        self._said = Span(text, tone)
        if tone != "bad":
            self._timer = self.set_timer(_FLASH_S, self.clear)
        self.refresh()

    def clear(self) -> bool:
        """Take the sentence away; return whether there was one."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        said, self._said = self._said, Span("")
        self.refresh()
        return bool(said.text)

    def render_line(self, y: int) -> Strip:
        """Render the sentence, else the rule."""
        cells = self.size.width
        if not self._said.text and not y:
            return Strip([Segment("─" * cells, self.brushes("paint--rule"))], cells)
        return self.brushes.line((Span(" "), self._said), cells)
