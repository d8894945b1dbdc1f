"""An object as text: described, or as YAML."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget

from lwstui.state.model import Snapshot
from lwstui.tui import targets
from lwstui.tui.actions import Scope
from lwstui.tui.objects import ObjectFollower
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.titles import about
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.describe import describe
from lwstui.view.types import Line, Span

_FOLLOWED: Final = ("set", "pod", "node")
"""Kinds that have one object of their own to be told whole."""


class TextScreen(ConsoleScreen):
    """A description, which follows the cluster, or YAML as it was when read."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("text",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings()]
    AUTO_FOCUS = "#text"

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._object = ObjectFollower(lambda: self.host, self.refresh_view)

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return self.route.detail == "describe"

    def body(self) -> Iterable[Widget]:
        """Return the text."""
        yield TextPane(id="text", classes="data")

    def on_mount(self) -> None:
        """Read the YAML if that is what is shown."""
        if self.route.detail == "yaml":
            self.host.run_task(self._read())

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the title, and a fresh description."""
        ref, kind = self.route.ref, self.route.detail
        search = self.state.query.filter
        title = [Span(kind, "title"), Span(f" of {about(ref)}")]
        if search:
            title += [Span("   / ", "dim"), Span(search, "bold")]
        self.query_one(TitleLine).show(tuple(title))
        if ref is not None and kind == "describe":
            if ref.kind in _FOLLOWED:
                self._object.follow(ref)
            self._pane.set_lines(describe(snapshot, ref, now, self._object.body))

    async def _read(self) -> None:
        ref = self.route.ref
        found = targets.api_object(self.host.snapshot, ref) if ref is not None else None
        if found is None:
            self._show_lines(((Span("it is gone", "warn"),),))
            return
        self._show_lines(((Span("reading…", "dim"),),))
        try:
            text = await asyncio.wrap_future(self.host.backend.yaml(*found))
        except Exception as error:  # noqa: BLE001 - whatever failed, the operator must read it
            self._show_lines(((Span(str(error), "bad"),),))
        else:
            self._show_lines(yaml_lines(text))

    def _show_lines(self, lines: tuple[Line, ...]) -> None:
        if self.alive:
            self._pane.set_lines(lines)

    @property
    def _pane(self) -> TextPane:
        return self.query_one("#text", TextPane)

    def find(self, text: str) -> None:
        """Search the text."""
        super().find(text)
        self._pane.search(text)

    def action_reload(self) -> None:
        """Read the YAML again."""
        if self.route.detail == "yaml":
            self.host.run_task(self._read())
        else:
            super().action_reload()


def yaml_lines(text: str) -> tuple[Line, ...]:
    """Return YAML as lines with keys set apart from values. Pure."""
    return tuple(_yaml_line(line) for line in text.splitlines())


def _yaml_line(line: str) -> Line:
    body = line.lstrip(" -")
    indent = line[: len(line) - len(body)]
    if body.startswith("#"):
        return (Span(line, "dim"),)
    key, colon, value = body.partition(":")
    if not colon or (value and not value.startswith(" ")) or " " in key.strip():
        return (Span(indent, "dim"), Span(body))
    return (Span(indent, "dim"), Span(key, "busy"), Span(":", "dim"), Span(value))
