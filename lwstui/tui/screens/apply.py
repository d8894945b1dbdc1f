"""What manifests would change and whom it hurts; then sending them, and how they get on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from lwstui.runtime import sources
from lwstui.runtime.sources import ManifestError, Texts
from lwstui.state.model import Snapshot
from lwstui.tui import targets
from lwstui.tui.actions import Scope
from lwstui.tui.applying import Applying
from lwstui.tui.guard import guarded
from lwstui.tui.handoff import EditorFailed, NoTerminal, editor
from lwstui.tui.routes import Route, RouteState, rollout_route, set_route
from lwstui.tui.scopes import screen_bindings
from lwstui.tui.screens.blocks import Heading
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.screens.modals.form import Asked, FormDialog
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.takingback import applying, take_last_back
from lwstui.tui.widgets.keyed_table import KeyedTable
from lwstui.tui.widgets.statusline import TitleLine
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.tui.widgets.textpane import TextPane
from lwstui.view.ages import count
from lwstui.view.applied import progressed
from lwstui.view.impact import complete
from lwstui.view.impact_apply import apply_impact
from lwstui.view.plans import Marks, ObjectPlan, diff, summary, table, warnings
from lwstui.view.types import Line, Query, Ref, Span, TableView

FORM: Final = (
    "These files have places to fill in.",
    "What is left empty stays as it is written.",
)


class ApplyScreen(TableScreen):
    """The plan of an apply, and after it was sent its progress."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ("apply",)
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings("apply")]

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self._work: Applying | None = None
        self._whole = False

    @property
    def work(self) -> Applying:
        """The objects on their way."""
        if self._work is None:
            self._work = applying(self.host, self.route.detail)
        return self._work

    def body(self) -> Iterable[Widget]:
        """Return the counts, the objects, the diff of one, and what to know before."""
        yield TextBlock(id="plan", classes="data")
        yield Heading("OBJECTS", hint="space choose", id="objects-head")
        yield from super().body()
        yield Heading("DIFF", hint="shift-d YAML  o fields of others", id="diff-head")
        yield TextPane(id="diff", classes="data")
        yield Heading("BEFORE YOU APPLY", id="before-head")
        yield TextBlock(id="before", classes="data")

    def on_mount(self) -> None:
        """Read the files and ask the server."""
        self.host.run_task(self._begin())

    async def _begin(self) -> None:
        await self.work.read()
        texts = self.work.texts
        if texts is None:
            self.refresh_view()
            return
        values = await self._values(texts)
        if values is None:
            self.host.leave()
            return
        await self._plan(values)

    async def _values(self, texts: Texts) -> dict[str, str] | None:
        """Ask for what the files leave open; None if the operator would rather not say."""
        if not texts.asks:
            return {}
        form = FormDialog("VALUES", FORM, [Asked(name) for name in texts.asks], confirm="Plan")
        return await self.host.ask(form)

    async def _plan(self, values: dict[str, str] | None = None) -> None:
        self.work.planning = True
        self.refresh_view()
        await self.work.plan(values)
        self.refresh_view()

    # What is shown.

    def table(self, snapshot: Snapshot, query: Query, now: float) -> TableView:
        """Return the objects."""
        work = self.work
        plans = work.plans(snapshot, now)
        stages = progressed(plans, work.stages, snapshot, now, self.host.memo)
        note = work.problem or ("asking the server…" if work.planning else "nothing to apply")
        return table(plans, query, now, Marks(frozenset(work.left_out), stages, note))

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show the plan."""
        view = self.table(snapshot, self.state.query, now)
        self.fill(view)
        self.main.styles.max_height = max(3, len(view.rows) + 1)
        self.headline = (
            Span("apply", "title"),
            Span(f"  {self.work.title}"),
            Span(f"   {len(view.rows)} of {count(view.total, 'object')}", "dim"),
        )
        self.show_headline()
        plans = self.work.plans(snapshot, now)
        self.query_one("#plan", TextBlock).show(self._head(plans))
        self._show_before(snapshot, now)
        self._show_diff()

    def _head(self, plans: tuple[ObjectPlan, ...]) -> tuple[Line, ...]:
        work = self.work
        if work.problem:
            return ((Span(f" {work.problem}", "bad"),),)
        if work.planning:
            return ((Span(" asking the server…", "busy"),),)
        return ((Span(" "), *summary(plans)),)

    def _show_before(self, snapshot: Snapshot, now: float) -> None:
        work = self.work
        chosen = work.chosen(snapshot, now)
        said = () if work.sent else (*work.notes, *warnings(chosen))
        head = self.query_one("#before-head", Heading)
        head.display = bool(said)
        self.query_one("#before", TextBlock).show(tuple((Span(f" {s}", "warn"),) for s in said))

    def _show_diff(self) -> None:
        plan = self._under_cursor()
        head, pane = self.query_one("#diff-head", Heading), self.query_one("#diff", TextPane)
        if plan is None:
            head.show("DIFF")
            pane.set_lines(())
            return
        head.show("DIFF", f"live → after   {plan.title}")
        left = self.work.left_fields(plan.id)
        notes = tuple(
            (Span(f"! {c.field.removeprefix('.')} is left out: it stays {c.manager}'s", "warn"),)
            for c in left
        )
        pane.set_lines((*diff(plan, whole=self._whole), *notes))

    def _under_cursor(self) -> ObjectPlan | None:
        row = self.main.cursor_row
        plans = self.work.plans(self.host.snapshot, self.host.now())
        return next((p for p in plans if row is not None and p.id == row.key), None)

    def headline_right(self) -> Line:
        """Return what keys act on."""
        plan = self._under_cursor()
        return (Span("acting on: ", "dim"), Span(plan.title)) if plan is not None else ()

    def selected(self) -> Ref | None:
        """Return the set under the cursor, if it is one that exists."""
        plan = self._under_cursor()
        if plan is None or not plan.trial.manifest.is_set:
            return None
        key = plan.trial.key
        return Ref("set", *key) if key in self.host.snapshot.sets else None

    # Keys.

    @on(KeyedTable.Highlighted, "#main")
    @guarded("moving")
    def row_highlighted(self, event: KeyedTable.Highlighted) -> None:
        """Show the diff of the object under the cursor."""
        super().row_highlighted(event)
        self._show_diff()

    @on(KeyedTable.MarkAsked, "#main")
    @guarded("choosing")
    def mark_asked(self, event: KeyedTable.MarkAsked) -> None:
        """Choose the object under the cursor, or leave it out."""
        event.stop()
        self.action_choose_object()

    @on(KeyedTable.Opened)
    @guarded("opening")
    def row_opened(self, event: KeyedTable.Opened) -> None:
        """Open the set that was applied, else read the diff."""
        event.stop()
        plan = self._under_cursor()
        if plan is None:
            return
        if self.work.sent and plan.trial.manifest.is_set:
            key = plan.trial.key
            self.host.goto(rollout_route(key) if plan.effect.rolls else set_route(key))
            return
        self.query_one("#diff", TextPane).focus()

    def action_step_out(self) -> None:
        """Go back from the diff to the objects, else step out."""
        if isinstance(self.focused, TextPane):
            self.focus_body()
            return
        super().action_step_out()

    def action_choose_object(self) -> None:
        """Choose the object under the cursor, or leave it out."""
        plan = self._under_cursor()
        if self.work.sent:
            self.say("it was sent; ctrl-r plans again", "dim")
        elif plan is None or not plan.sendable:
            self.say("there is nothing to send here", "dim")
        else:
            self.work.toggle(plan.id)
            self.refresh_view()

    def action_ownership(self) -> None:
        """Decide about the fields that others own."""
        plan = self._under_cursor()
        if plan is None or not (
            plan.trial.conflicts or self.work.decision(plan.id) or plan.contested
        ):
            self.say("nobody else owns a field of this object", "dim")
            return
        self.host.run_task(self._decide(plan.id))

    async def _decide(self, id_: str) -> None:
        await self.work.decide(id_)
        self.refresh_view()
        said = {
            "": "undecided: it is not sent",
            "leave": "the fields of others are left out",
            "take": "the fields will be taken over; you will be asked to type the name",
        }
        self.say(said[self.work.decision(id_)], "warn")

    def action_whole_diff(self) -> None:
        """Show the diff as YAML, or its fields alone."""
        self._whole = not self._whole
        self._show_diff()

    def action_plan_again(self) -> None:
        """Read the files again and ask the server again."""
        self.work.stages = {}
        self.host.run_task(self._begin())

    def action_undo_apply(self) -> None:
        """Go to the plan that takes the last apply of these files back."""
        self.host.run_task(take_last_back(self.host, self.work.path))

    def action_edit_file(self) -> None:
        """Edit the file of the object under the cursor, and plan again."""
        plan = self._under_cursor()
        if plan is not None and not self.work.files:
            self.say("this is in no file", "dim")
            return
        if plan is None or self.work.sent:
            self.say("nothing here to edit" if plan is None else "it was sent already", "dim")
            return
        self.host.run_task(self._edit(plan))

    async def _edit(self, plan: ObjectPlan) -> None:
        host, source = self.host, plan.trial.manifest.source
        try:
            path, text = await asyncio.to_thread(sources.own_file, self.route.detail, source)
            left = host.edit_text(text, editor(os.environ), name=path.name)
            if left == text:
                self.say("nothing was changed", "dim")
                return
            await asyncio.to_thread(path.write_text, left, encoding="utf-8")
        except (ManifestError, NoTerminal, EditorFailed, OSError) as error:
            self.say(str(error), "bad")
            return
        await self._begin()

    def action_apply(self) -> None:
        """Ask, then send what is chosen."""
        host = self.host
        why = targets.refusal(host.snapshot, read_only=host.read_only)
        if not why and self.work.sent:
            why = "it was sent; ctrl-r plans again"
        if not why and self.work.planning:
            why = "the server has not answered yet"
        plans = self.work.chosen(host.snapshot, host.now())
        if not why and not plans:
            why = "nothing is chosen that would change anything"
        if why:
            self.say(why, "warn")
            return
        host.run_task(self._apply(plans))

    async def _apply(self, plans: tuple[ObjectPlan, ...]) -> None:
        host = self.host
        found = apply_impact(plans, self.work.files)
        impact = complete(found, host.snapshot, host.now(), safety=host.safety)
        dialog = ConfirmDialog(impact, self.work.verdict(plans), confirm="Apply")
        if not await host.ask(dialog):
            return
        accepted = await self.work.send(plans, self.refresh_view)
        problem = await self.work.keep(host.state_files, plans)
        self.refresh_view()
        if not accepted:
            waiting = sum(stage == "waiting" for stage, _ in self.work.stages.values())
            rest = f"; {count(waiting, 'object')} not sent" if waiting else ""
            self.say(f"refused, so it stopped there{rest}", "bad")
        elif problem:
            self.say(f"applied, but no release is kept: {problem}", "warn")
        else:
            self.say(f"{count(len(plans), 'object')} applied; enter opens a set", "ok")

    def show_headline(self) -> None:
        """Show the title line with what keys act on."""
        if self.alive:
            self.query_one(TitleLine).show(self.headline, self.headline_right())
