"""Keys and commands, generated from the registries they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final, cast

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui.actions import ActionSpec, Scope
from lwstui.tui.commands.registry import COMMANDS
from lwstui.tui.keys import display_all
from lwstui.tui.scopes import TEXTS, screen_bindings
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.titles import about
from lwstui.tui.whynot import Situation, offered
from lwstui.tui.widgets.cells import fit, width
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.health import ORDER, TONES, WORDS
from lwstui.view.types import Line, Ref, Span

COLUMN: Final = 58
"""Cells one entry needs; screens that have them twice or thrice get as many columns."""
_KEYS: Final = 16
_COMMAND: Final = 26
_FILTERS: Final = (
    ("text", "Rows that contain it, ignoring case; several words must all match."),
    ("!text", "Rows that do not contain it."),
    ("~pattern", "Rows that match a regular expression."),
    ("column:text", "Only that column: ns:llm-prod, node:gpu-1[12], s:X|P."),
    ("column>value", "Numbers, ages and percent: age>10m, ready<100%."),
    ("-l key=value", "Rows with a label."),
    ("-f text", "Rows with these characters in this order."),
)

Entry = tuple[Span, Span]


class HelpScreen(ConsoleScreen):
    """What keys do on the screen it was opened from."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("text",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]
    AUTO_FOCUS = "#text"

    def body(self) -> Iterable[Widget]:
        """Return the text."""
        yield TextPane(id="text")

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show title and text."""
        del snapshot, now
        hints = ("/ searches", "● asks before it changes", "[why] not possible now")
        title = Span(f"help{about_selection(self.route.ref)}", "title")
        self.query_one(TitleLine).show((title, *(Span(f"   {hint}", "dim") for hint in hints)))
        scopes = cast("tuple[Scope, ...]", tuple(filter(None, self.route.detail.split(","))))
        lines = help_lines(scopes, self.size.width, self.situation())
        self._pane.set_lines(lines)

    def on_resize(self) -> None:
        """Lay the columns out again."""
        self.refresh_view()

    @property
    def _pane(self) -> TextPane:
        return self.query_one("#text", TextPane)

    def find(self, text: str) -> None:
        """Search the text."""
        super().find(text)
        self._pane.search(text)


def about_selection(ref: Ref | None) -> str:
    """Return what was selected where help was asked for, empty if nothing was."""
    return f" for {about(ref)}" if ref is not None else ""


def help_lines(scopes: tuple[Scope, ...], cells: int, situation: Situation) -> tuple[Line, ...]:
    """Return the help for a screen's scopes, laid out for a width. Pure.

    Args:
        scopes: Scopes of the screen.
        cells: Width.
        situation: What decides which actions are to be had; the others are dim and say why.
    """
    lines: list[Line] = []
    for title, entries in _sections(scopes, situation):
        lines += [*_section(title, entries, cells), ()]
    return tuple(lines)


def _sections(scopes: tuple[Scope, ...], situation: Situation) -> Iterator[tuple[str, list[Entry]]]:
    lists: tuple[Scope, ...] = () if TEXTS & set(scopes) else ("list", "table", "map")
    grouped: dict[str, list[Entry]] = {}
    for spec, why in offered(situation, *scopes, *lists):
        grouped.setdefault(spec.group, []).append(_key_entry(spec, why))
    yield from grouped.items()
    yield "Commands", [(Span(f":{c.usage}", "title"), Span(f"{c.help}.")) for c in COMMANDS]
    yield "Filter", [(Span(text, "title"), Span(meaning)) for text, meaning in _FILTERS]
    states = [(Span(g, TONES[g]), Span(WORDS[g])) for g in ORDER if g.strip()]
    yield "States", states


def _key_entry(spec: ActionSpec, why: str) -> Entry:
    keys, asks = display_all(spec.keys), " ●" if spec.danger else ""
    if why:
        return Span(keys, "dim"), Span(f"{spec.title}{asks} [{why}]", "dim")
    return Span(keys, "title"), Span(f"{spec.help}{asks}")


def _section(title: str, entries: list[Entry], cells: int) -> Iterator[Line]:
    yield (Span(title.upper(), "bold"),)
    most = max(width(key.text) for key, _ in entries)
    label = min(_COMMAND if entries[0][0].text.startswith(":") else _KEYS, most)
    columns = max(1, min(3, cells // COLUMN)) if len(entries) > 1 else 1
    each = max(20, (cells - 2) // columns)
    rows = -(-len(entries) // columns)
    for row in range(rows):
        spans: list[Span] = []
        for entry in entries[row::rows]:
            spans += _entry(entry, label, each)
        yield tuple(spans)


def _entry(entry: Entry, label: int, cells: int) -> Line:
    key, text = entry
    return (
        Span("  "),
        Span(fit(key.text, label), key.tone),
        Span("  "),
        Span(fit(text.text, max(1, cells - label - 5)), text.tone),
        Span(" "),
    )
