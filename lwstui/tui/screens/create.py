"""A new set from an example: fields at the top, what speaks against it, the YAML below."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from lwstui.config.statefiles import safe_name, write_private
from lwstui.runtime import sources
from lwstui.runtime.sources import ManifestError
from lwstui.state.making import Field as Choice
from lwstui.state.making import fields, made, wrong
from lwstui.state.manifests import Manifest
from lwstui.state.model import Snapshot
from lwstui.tui.actions import Scope
from lwstui.tui.guard import guarded
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import key_pairs, screen_bindings
from lwstui.tui.screens.base import ConsoleScreen
from lwstui.tui.screens.blocks import Heading
from lwstui.tui.screens.modals.dialog import Field
from lwstui.tui.screens.text import yaml_lines
from lwstui.tui.whynot import offered
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.creating import Sketch, sketch
from lwstui.view.types import Line, Ref, Span

_HEAD: Final = "# Made with lwstui from the example {example}.\n"


class CreateScreen(ConsoleScreen):
    """The form of a new set; ``enter`` goes on to the plan."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("create",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("create")]
    AUTO_FOCUS = None

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._example: tuple[Manifest, ...] = ()
        self._choices: tuple[Choice, ...] = ()
        self._problem = ""
        self._known: tuple[object, ...] = ()
        self._filled: dict[str, str] = {}
        self._sketch = Sketch((), (), "")

    def body(self) -> Iterable[Widget]:
        """Return the fields, the verdict and the text."""
        yield Vertical(id="create-fields")
        yield TextBlock(id="create-verdict", classes="data")
        yield Heading("YAML", id="create-head")
        yield TextPane(id="create-text", classes="data")

    def on_mount(self) -> None:
        """Read the example and lay its fields out."""
        self.host.run_task(self._begin())

    async def _begin(self) -> None:
        try:
            texts = await asyncio.to_thread(sources.read, self.route.detail)
            self._example = sources.manifests_in(texts, {})
        except ManifestError as error:
            self._problem = str(error)
            self.refresh_view()
            return
        if not self.alive:
            return  # it was left while the example was read
        self._choices = fields(self._example, self._namespace)
        if not self._choices:
            self._problem = f"there is no LeaderWorkerSet in {self.route.detail}"
        lines = [
            Horizontal(
                TextBlock(id=f"create-name-{number}"),
                Field(
                    choice.value, placeholder=choice.hint, id=f"create-value-{number}", compact=True
                ),
                classes="create-line",
            )
            for number, choice in enumerate(self._choices)
        ]
        await self.query_one("#create-fields").mount(*lines)
        for number, choice in enumerate(self._choices):
            block = self.query_one(f"#create-name-{number}", TextBlock)
            block.show(((Span(choice.title, "dim"),),))
        self.focus_body()
        self.refresh_view()

    def focus_body(self) -> None:
        """Give the focus to the first field."""
        found = self.query(Field)
        if found:
            found.first().focus()

    @property
    def _namespace(self) -> str:
        view = self.host.snapshot.cluster.namespaces
        return view[0] if len(view) == 1 else "default"

    @property
    def values(self) -> dict[str, str]:
        """What the fields hold, by their ids."""
        return {
            choice.id: self.query_one(f"#create-value-{number}", Field).value.strip()
            for number, choice in enumerate(self._choices)
        }

    def selected(self) -> Ref | None:
        """Return nothing: the set is not there yet."""
        return None

    # What is shown.

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show what the fields come to."""
        del now
        about = self.route.detail.rpartition("/")[2]
        title: Line = (Span("create", "title"), Span(f"  a set from {about}"))
        self.query_one(TitleLine).show(title)
        verdict = self.query_one("#create-verdict", TextBlock)
        if self._problem:
            verdict.show(((Span(self._problem, "bad"),),))
        elif self.query("#create-value-0"):
            verdict.show(self._verdict(snapshot))

    def _verdict(self, snapshot: Snapshot) -> tuple[Line, ...]:
        values = self.values
        why = wrong(values)
        if why:
            return ((Span(why, "bad"),),)
        known = (snapshot.sets, snapshot.nodes, snapshot.node_pods)
        moved = any(a is not b for a, b in zip_longest(known, self._known))
        if moved or values != self._filled:
            self._known, self._filled = known, values
            new = made(self._example, values)
            self._sketch = sketch(new, snapshot, values["namespace"])
            self.query_one("#create-text", TextPane).set_lines(yaml_lines(self._sketch.text))
        return ((), self._sketch.size, *self._sketch.verdict)

    @on(Input.Changed)
    @guarded("filling in")
    def _changed(self, event: Input.Changed) -> None:
        if isinstance(event.input, Field):
            event.stop()
            self.refresh_view()

    @on(Input.Submitted)
    @guarded("planning")
    def _entered(self, event: Input.Submitted) -> None:
        if isinstance(event.input, Field):
            event.stop()
            self.action_plan_new()

    def key_hints(self) -> list[tuple[str, str]]:
        """Return the keys of the form: all others are typed into it."""
        own = [pair for pair in offered(self.situation(), "create") if pair[0].scope == "create"]
        return [*key_pairs(own), ("esc", "Leave")]

    # Keys.

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.focus_next(Field)

    def action_previous_field(self) -> None:
        """Go to the field before."""
        self.focus_previous(Field)

    def action_plan_new(self) -> None:
        """Keep the manifest and go on to its plan."""
        why = self._problem or wrong(self.values)
        root = self.host.state_files.root
        if not why and root is None:
            why = "there is no place to keep the manifest"
        if why or root is None:
            self.say(why, "warn")
            return
        values = self.values
        name = safe_name(f"{values['namespace']}-{values['name']}")
        head = _HEAD.format(example=self.route.detail.rpartition("/")[2])
        path = root / "drafts" / f"{name}.yaml"
        text = (
            head + sketch(made(self._example, values), self.host.snapshot, values["namespace"]).text
        )
        self.host.run_task(self._keep_and_plan(str(path), text))

    async def _keep_and_plan(self, path: str, text: str) -> None:
        try:
            await asyncio.to_thread(write_private, Path(path), text)
        except OSError as error:
            self.say(f"{path} cannot be written: {error.strerror}", "bad")
            return
        self.host.goto(Route("apply", detail=path))
