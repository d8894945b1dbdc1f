"""One question about several objects, and what became of each."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from textual.binding import Binding, BindingType
from textual.widget import Widget

from lwstui.runtime.intents import Intent, Outcome
from lwstui.tui.screens.modals.dialog import Dialog, Field
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.view.ages import count
from lwstui.view.bulk import Change, summary
from lwstui.view.types import Cell, Column, Impact, Row, Tone

State = Literal["refused", "asking", "possible", "sent", "done", "failed"]

_ORDER: Final[tuple[State, ...]] = ("failed", "refused", "asking", "sent", "possible", "done")
_GLYPHS: Final[dict[State, tuple[str, str, Tone]]] = {
    "refused": ("✕", "left out", "warn"),
    "asking": ("◌", "asking", "busy"),
    "possible": ("·", "accepted", "ok"),
    "sent": ("◌", "sending", "busy"),
    "done": ("✓", "done", "ok"),
    "failed": ("✕", "failed", "bad"),
}
_COLUMNS: Final = (
    Column("state", "", 1),
    Column("word", "STATE", 8),
    Column("name", "OBJECT", 24),
    Column("detail", "WHAT", 12, flex=True),
)
_AT_ONCE: Final = 8
"""Dry runs that are asked for at the same time."""
_FEWEST_LINES: Final = 4
_MOST_LINES: Final = 12
_OTHER_LINES: Final = 18
"""Lines of the dialog around the list."""
_REFRESH_S: Final = 1.0
_DRAW_S: Final = 0.05
_AT_FIRST: Final = 50
"""Objects that are looked at before the dialog is drawn; the others follow."""
_LIVE_BELOW: Final = 200
"""Up to so many objects the numbers are made again each second."""


@dataclass(frozen=True, slots=True)
class Part:
    """One object of a change of several.

    Attributes:
        name: What it is called in the dialog.
        intent: What is asked for; None if it cannot be asked for.
        refused: Why not.
    """

    name: str
    intent: Intent | None = None
    refused: str = ""


@dataclass(slots=True)
class _Line:
    """What is known of one part.

    Attributes:
        said: The server's word.
        looked: Whether ``impact`` has been made.
    """

    key: str
    part: Part
    state: State
    impact: Impact
    said: str = ""
    looked: bool = False

    @property
    def detail(self) -> str:
        return self.said or summary(self.impact)


class BulkDialog(Dialog[bool]):
    """Lists every object with what the server says to it; confirmed, it carries all out.

    Objects that cannot be changed are listed and left out. It stays open while the changes are
    made, one after the other, and shows what became of each; leaving it then stops before the
    next one. If the filter hides some of the objects, confirming takes two steps.

    Args:
        parts: The objects.
        impact_for: Returns what one change would do; it may say why it cannot be made.
        sum_up: Returns the text of the dialog for what would be changed, given how many
            objects are left out.
        dry_run: Asks the server about one change.
        submit: Makes one change.
        confirm: Label of the confirm button.
        hidden: How many of the objects the filter hides.
        clock: Seconds on a clock that never goes back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_list(1)", "Down", show=False),
        Binding("up,k", "scroll_list(-1)", "Up", show=False),
        Binding("pagedown,ctrl+f", "scroll_list(10)", "Page down", show=False),
        Binding("pageup,ctrl+b", "scroll_list(-10)", "Page up", show=False),
    ]
    DEFAULT_CSS = """
    BulkDialog {
        #dialog { width: 110; }
        #bulk-list { height: auto; margin-top: 1; background: $dialog-background; }
        &.-normal #bulk-list, &.-short #bulk-list { margin-top: 0; }
    }
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        impact_for: Callable[[Intent], Impact],
        sum_up: Callable[[Sequence[Change], int], Impact],
        dry_run: Callable[[Intent], Future[Outcome]],
        submit: Callable[[Intent], Future[Outcome]],
        confirm: str,
        hidden: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(confirm=confirm, clock=clock)
        self._lines = [_line(str(number), part) for number, part in enumerate(parts)]
        self._sum_up, self._impact_for = sum_up, impact_for
        self._ask, self._submit = dry_run, submit
        self._hidden = hidden
        self._phase: Literal["asking", "running", "over"] = "asking"
        self._stopped = False
        self._drawing = False

    # What it is made of.

    def compose_below(self) -> Iterator[Widget]:
        """Yield the list of objects."""
        yield KeyedTable(id="bulk-list")

    def on_mount(self) -> None:
        """Show the objects and ask the server about each."""
        table = self.query_one("#bulk-list", KeyedTable)
        table.can_focus = False
        self._fit_list()
        widest = max((len(line.part.name) for line in self._lines), default=0)
        columns = [*_COLUMNS]
        columns[2] = Column("name", "OBJECT", max(12, min(40, widest)))
        table.set_columns(columns)
        self.query_one("#dialog-name", Field).placeholder = "how many"
        self._begin()
        if len(self._lines) <= _LIVE_BELOW:
            self.set_interval(_REFRESH_S, self._refresh_preview)

    def ask_about(self, parts: Sequence[Part]) -> None:
        """Show other changes than those so far, and ask the server about them."""
        self._lines = [_line(str(number), part) for number, part in enumerate(parts)]
        self._fit_list()
        self._begin()

    def _begin(self) -> None:
        self._preview(self._lines[:_AT_FIRST])
        self._redraw()
        self.run_worker(self._ask_all(), group="asking", exclusive=True, exit_on_error=False)

    def on_resize(self) -> None:
        """Leave room for the text above the list."""
        self._fit_list()

    def _fit_list(self) -> None:
        room = max(_FEWEST_LINES, min(_MOST_LINES, self.app.size.height - _OTHER_LINES))
        self.query_one("#bulk-list").styles.height = min(room, len(self._lines) + 1)

    def answer(self) -> bool:
        """Return whether anything was sent."""
        return any(line.state in ("done", "failed") for line in self._lines)

    @property
    def tally(self) -> str:
        """What became of the objects, in one sentence; empty if nothing was sent."""
        if not self.answer():
            return ""
        words = Counter(line.state for line in self._lines)
        said = [f"{count(words['done'], 'object')} changed"]
        if words["failed"]:
            first = next(line for line in self._lines if line.state == "failed")
            said.append(f"{words['failed']:,} failed: {first.detail}")
        left = words["possible"] + words["sent"]
        if left:
            said.append(f"{left:,} not tried")
        return "; ".join(said)

    @property
    def failed(self) -> bool:
        """Whether a change failed."""
        return any(line.state == "failed" for line in self._lines)

    def further(self) -> Iterator[tuple[str, str]]:
        """Yield also what the filter hides."""
        yield from super().further()
        if self._hidden:
            yield "hidden", f"Yes, also the {self._hidden:,} hidden"

    # The preview.

    def _refresh_preview(self) -> None:
        if self._phase == "asking":
            self._preview(self._lines)
            self._redraw()

    def _preview(self, lines: Sequence[_Line]) -> None:
        """Say of objects what would happen to them, as it is known now."""
        for line in lines:
            if line.part.intent is not None and line.state in ("asking", "possible"):
                line.looked = True
                line.impact = self._impact_for(line.part.intent)
                if line.impact.refused:
                    line.state = "refused"

    async def _ask_all(self) -> None:
        """Ask the server about every change, a few at a time."""
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one(line: _Line, intent: Intent) -> None:
            async with limit:
                if not line.looked:
                    self._preview((line,))
                    await asyncio.sleep(0)  # keys go first
                if line.state != "asking":
                    self._redraw_soon()
                    return
                outcome = await _outcome(self._ask(intent))
            if line.state == "asking":
                line.state = "possible" if outcome.ok else "refused"
                line.said = outcome.message
                if outcome.ok:
                    line.said = outcome.note if outcome.caution else ""
                self._redraw_soon()

        wanted = [(line, line.part.intent) for line in self._lines if line.state == "asking"]
        await asyncio.gather(*(one(line, intent) for line, intent in wanted if intent))

    @property
    def _changes(self) -> list[Change]:
        return [
            (line.part.intent, line.impact)
            for line in self._lines
            if line.part.intent is not None and line.state in ("asking", "possible")
        ]

    def can_confirm(self) -> bool:
        """Return whether the server has answered for every object."""
        return self._phase == "asking" and all(line.state != "asking" for line in self._lines)

    def _redraw_soon(self) -> None:
        """Draw again in a moment, once for all that happens until then."""
        if not self._drawing:
            self._drawing = True
            self.set_timer(_DRAW_S, self._redraw)

    def _redraw(self) -> None:
        self._drawing = False
        if not self.query("#bulk-list"):
            return
        if self._phase == "asking":
            left_out = sum(line.state == "refused" for line in self._lines)
            self.show_impact(self._sum_up(self._changes, left_out))
        else:
            self.show_impact(self._progress())
        order = sorted(self._lines, key=lambda line: _ORDER.index(line.state))
        self.query_one("#bulk-list", KeyedTable).set_rows([_row(line) for line in order])

    # Carrying it out.

    def confirmed(self) -> None:
        """Carry everything out."""
        self._phase = "running"
        self.relabel("#cancel", "Stop").focus()
        self.query_one("#confirm").display = False
        self._redraw()
        self.run_worker(self._carry_out(), exit_on_error=False)

    async def _carry_out(self) -> None:
        for line in self._lines:
            if self._stopped:
                break
            if line.state != "possible" or line.part.intent is None:
                continue
            line.state = "sent"
            self._redraw_soon()
            outcome = await _outcome(self._submit(line.part.intent))
            line.state = "done" if outcome.ok else "failed"
            line.said = outcome.message
        self._phase = "over"
        self.relabel("#cancel", "Close")
        self._redraw()

    def _progress(self) -> Impact:
        words = Counter(line.state for line in self._lines)
        tried = words["done"] + words["failed"]
        of = tried + words["possible"] + words["sent"]
        over = self._phase == "over"
        said = self.tally or "nothing was changed" if over else f"{tried:,} of {of:,}"
        return Impact(self._impact.title, self._impact.target, (f"{said}.",))

    def action_cancel(self) -> None:
        """Leave; while changes are made, stop before the next one."""
        if self._phase == "running":
            self._stopped = True
        elif self._phase == "over":
            self.dismiss(self.answer())
        else:
            self.dismiss(None)

    def action_scroll_list(self, lines: int) -> None:
        """Move through the objects."""
        self.query_one("#bulk-list", KeyedTable).move(lines)


def _line(key: str, part: Part) -> _Line:
    state: State = "asking" if part.intent is not None else "refused"
    return _Line(key, part, state, Impact("", "", (), refused=part.refused))


async def _outcome(future: Future[Outcome]) -> Outcome:
    try:
        return await asyncio.wrap_future(future)
    except Exception as fault:  # noqa: BLE001 - whatever failed, the operator must read it
        return Outcome(ok=False, message=f"no answer: {fault}")


def _row(line: _Line) -> Row:
    glyph, word, tone = _GLYPHS[line.state]
    detail: Tone = "bad" if line.state == "failed" else "warn" if line.state == "refused" else "dim"
    cells = (
        Cell(glyph, tone),
        Cell(word, tone),
        Cell(line.part.name),
        Cell(line.detail, detail),
    )
    return Row(line.key, cells)
