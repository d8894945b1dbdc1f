"""Taking sets over from another controller: who has them, what is in the way, the steps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from controller.api.meta import Key
from controller.errors import ControllerError
from lwstui.runtime.takeover_terms import Standing, TakeoverError, TakeoverOrder
from lwstui.state.model import Snapshot
from lwstui.tui import targets
from lwstui.tui.actions import Scope
from lwstui.tui.guard import guarded
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.ages import count
from lwstui.view.taking import HANDBACK, impact, native_block, steps, table
from lwstui.view.types import Line, Query, Span, TableView

if TYPE_CHECKING:
    from lwstui.view.takeover import Candidate


class TakeoverScreen(TableScreen):
    """The sets with their controllers, and for one of them the steps of its move."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("takeover",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("takeover")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._standing: Standing | None = None
        self._problem = ""
        self._told: tuple[Line, ...] = ()
        self._moving = False
        if route.ref is not None and not state.cursor:
            state.cursor = str(route.ref.key)

    def body(self) -> Iterable[Widget]:
        """Return what is in the way, the sets, and the steps of one."""
        yield TextBlock(id="native", classes="data")
        yield Heading("SETS", hint="space mark", id="sets-head")
        yield from super().body()
        yield Heading("STEPS", id="steps-head")
        yield TextPane(id="steps", classes="data")

    def on_mount(self) -> None:
        """Ask who controls what."""
        if self.route.detail != "handback":
            self.host.run_task(self._look())

    async def _look(self) -> None:
        try:
            self._standing = await asyncio.wrap_future(self.host.backend.takeover_standing())
            self._problem = ""
        except ControllerError as error:
            self._problem = str(error)
        self.refresh_view()

    @property
    def _candidates(self) -> tuple[Candidate, ...]:
        return self._standing.candidates if self._standing is not None else ()

    # What is shown.

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the sets."""
        del snapshot
        looking = self._standing is None and self.route.detail != "handback"
        note = "asking who controls what…" if looking else "no LeaderWorkerSet here"
        return table(self._candidates, query, now, self._problem or note)

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show who controls what."""
        handback = self.route.detail == "handback"
        super().show(snapshot, now)
        self.main.display = self.query_one("#sets-head").display = not handback
        title = "handback" if handback else "takeover"
        self.headline = (Span(title, "title"),)
        self.show_headline()
        self.main.styles.max_height = max(3, len(self.main.rows) + 1)
        native: tuple[Line, ...] = ()
        if self._problem:
            native = ((Span(self._problem, "bad"),),)
        elif self._standing is not None:
            native = native_block(self._standing.native)
        self.query_one("#native", TextBlock).show(native)
        self._show_steps()

    def _show_steps(self) -> None:
        head, pane = self.query_one("#steps-head", Heading), self.query_one("#steps", TextPane)
        if self.route.detail == "handback":
            about = str(self.route.ref.key) if self.route.ref is not None else ""
            head.show("GOING BACK", about)
            pane.set_lines(tuple((Span(line),) for line in HANDBACK))
            return
        if self._told:
            head.show("PROGRESS", "moving…" if self._moving else "ended")
            pane.set_lines(self._told)
            return
        one = self._under_cursor()
        head.show("STEPS", f"dry run   {one.evidence.key}" if one is not None else "")
        pane.set_lines(steps(one) if one is not None else ())

    def _under_cursor(self) -> Candidate | None:
        row = self.main.cursor_row
        if row is None:
            return None
        return next((c for c in self._candidates if str(c.evidence.key) == row.key), None)

    @on(KeyedTable.Highlighted, "#main")
    @guarded("moving")
    def row_highlighted(self, event: KeyedTable.Highlighted) -> None:
        """Show the steps of the set under the cursor."""
        super().row_highlighted(event)
        self._show_steps()

    # Keys.

    def action_look_again(self) -> None:
        """Ask again who controls what."""
        self._told = ()
        self.host.run_task(self._look())

    def action_take_over(self) -> None:
        """Ask, then move the marked sets, or the one under the cursor."""
        host, standing = self.host, self._standing
        why = targets.refusal(host.snapshot, read_only=host.read_only)
        if not why and self._moving:
            why = "sets are being moved already"
        if not why and (standing is None or host.state_files.root is None):
            why = "nothing is known yet" if standing is None else "there is no place for a backup"
        keys = {ref.key for ref in self.marks.refs.values()}
        under = self._under_cursor()
        if not keys and under is not None:
            keys = {under.evidence.key}
        going = [one for one in self._candidates if one.evidence.key in keys]
        refused = [one for one in going if one.check.refusals]
        going = [one for one in going if one.check.stages]
        if not why and refused:
            why = f"{refused[0].evidence.key} may not be moved: {refused[0].check.refusals[0]}"
        if not why and not going:
            why = "nothing here has to be moved"
        if why or standing is None:
            self.say(why, "warn")
            return
        host.run_task(self._take_over(standing, going))

    async def _take_over(self, standing: Standing, going: list[Candidate]) -> None:
        host = self.host
        keys: tuple[Key, ...] = tuple(one.evidence.key for one in going)
        left = standing.left_alone(keys)
        text = impact(going, standing.native, left, host.snapshot, host.now(), safety=host.safety)
        root = host.state_files.root
        if root is None or not await host.ask(ConfirmDialog(text, confirm="Take over")):
            return
        order = TakeoverOrder(keys, not standing.native.stopped, root / "takeover")
        self._moving, self._told = True, ((Span("asking the server…", "busy"),),)
        self.refresh_view()
        try:
            moved = await asyncio.wrap_future(host.backend.take_over(order, self._tell))
        except (TakeoverError, ControllerError) as error:
            self._moving = False
            self._add(str(error), failed=True)
            self.say("it stopped; start it again when that is mended", "bad")
            return
        self._moving = False
        disturbed = sorted(name for one in moved for name in one.disturbed)
        pods = sum(one.pods for one in moved)
        said = f"restarted or replaced: {', '.join(disturbed)}" if disturbed else "none restarted"
        self._add(f"{count(len(moved), 'set')} moved, {count(pods, 'pod')}: {said}", failed=False)
        self.marks.clear()
        await self._look()

    def _tell(self, text: str) -> None:
        """Take word of a step, on the engine's thread."""
        self.app.call_from_thread(self._add, text, failed=False)

    def _add(self, text: str, *, failed: bool) -> None:
        line: Line = (Span(text, "bad" if failed else ""),)
        self._told = (*self._told, line)
        self.refresh_view()
