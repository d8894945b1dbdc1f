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
from lwstui.tui.screens.tabs import open_set_tab
from lwstui.tui.screens.textkeys import ReadingScreen
from lwstui.tui.screens.titles import about
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.describe import describe
from lwstui.view.types import Line, Span

_FOLLOWED: Final = ("set", "pod", "node")
"""Kinds that have one object of their own to be told whole."""


class TextScreen(ReadingScreen):
    """A description or YAML; it follows the cluster, or stands still."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("document", "text")
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("document", "text")]
    AUTO_FOCUS = "#text"

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        # YAML is read from the server each time, so the operator asks for that.
        self._live = route.detail != "yaml"
        self._managed = False
        self._shown: object = None
        self._reading = False
        self._object = ObjectFollower(lambda: self.host, self.refresh_view)

    @property
    def wants_events(self) -> bool:
        """Whether events are shown."""
        return self.route.detail == "describe"

    def body(self) -> Iterable[Widget]:
        """Return the text."""
        yield TextPane(id="text", classes="data")

    def choose(self, number: int) -> None:
        """Go to another tab of the set that the text is about."""
        ref = self.route.ref
        if ref is not None and ref.kind == "set":
            open_set_tab(self.host, ref, number)
        else:
            super().choose(number)

    def on_mount(self) -> None:
        """Read the YAML if that is what is shown."""
        self._read_again()

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the title, and what is new if the text follows the cluster."""
        ref, kind = self.route.ref, self.route.detail
        present = targets.record(snapshot, ref) if ref is not None else None
        self.query_one(TitleLine).show(self._title(stale=present is not self._shown))
        if not self._live or ref is None:
            return
        if kind == "describe":
            if ref.kind in _FOLLOWED:
                self._object.follow(ref)
            self._pane.set_lines(describe(snapshot, ref, now, self._object.body), flash=True)
        elif present is not self._shown:
            self._read_again()

    def _title(self, *, stale: bool) -> Line:
        kind, search = self.route.detail, self.state.query.filter
        title = [Span(kind, "title"), Span(f" of {about(self.route.ref)}")]
        if self._managed:
            title.append(Span("   managed fields", "dim"))
        if self._live:
            title.append(Span("   live", "ok"))
        elif kind == "yaml" and stale and self._shown is not None:
            title.append(Span("   changed since it was read: r follows it", "warn"))
        elif kind == "describe":
            title.append(Span("   stands still: r follows the cluster", "warn"))
        if search:
            title += [Span("   / ", "dim"), Span(search, "bold")]
        return tuple(title)

    def _read_again(self) -> None:
        if self.route.detail == "yaml" and not self._reading:
            self._reading = True
            self.host.run_task(self._read())

    async def _read(self) -> None:
        ref, snapshot = self.route.ref, self.host.snapshot
        found = targets.api_object(snapshot, ref) if ref is not None else None
        self._shown = targets.record(snapshot, ref) if ref is not None else None
        try:
            if found is None:
                self._show_lines(((Span("it is gone", "warn"),),))
                return
            if not self._pane.plain:
                self._show_lines(((Span("reading…", "dim"),),))
            asked = self.host.backend.yaml(*found, managed=self._managed)
            text = await asyncio.wrap_future(asked)
        except Exception as error:  # noqa: BLE001 - whatever failed, the operator must read it
            self._show_lines(((Span(str(error), "bad"),),))
        else:
            self._show_lines(yaml_lines(text), flash=self._live)
        finally:
            self._reading = False

    def _show_lines(self, lines: tuple[Line, ...], *, flash: bool = False) -> None:
        if self.alive:
            self._pane.set_lines(lines, flash=flash)
            self.query_one(TitleLine).show(self._title(stale=False))

    @property
    def _pane(self) -> TextPane:
        return self.query_one("#text", TextPane)

    def plain_text(self) -> str:
        """Return the whole text."""
        return f"{self._pane.plain}\n"

    def text_name(self) -> str:
        """Return kind and object, for names of files."""
        return f"{self.route.detail}-{about(self.route.ref)}"

    def find(self, text: str) -> None:
        """Search the text."""
        super().find(text)
        self._pane.search(text)

    def action_live(self) -> None:
        """Follow the cluster, or stand still."""
        self._live = not self._live
        self._read_again()
        self.refresh_view()

    def action_managed(self) -> None:
        """Show or hide managed fields."""
        if self.route.detail != "yaml":
            self.say("managed fields are part of YAML only", "dim")
            return
        self._managed = not self._managed
        self._read_again()
        self.refresh_view()

    def action_reload(self) -> None:
        """Read the YAML again."""
        if self.route.detail == "yaml":
            self._read_again()
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
