"""What the rollout screen and the revisions screen share: the history of one set and its keys."""

from __future__ import annotations

from abc import abstractmethod

from lwstui.tui import verbs
from lwstui.tui.routes import Route, RouteState
from lwstui.tui.screens.table import TableScreen
from lwstui.tui.screens.tabs import open_set_tab
from lwstui.view.revision_table import find_entry, revision_entries
from lwstui.view.revisions import Entry
from lwstui.view.types import Ref


class HistoryScreen(TableScreen):
    """A screen about one set whose table holds the set's revisions."""

    def __init__(self, route: Route, state: RouteState) -> None:
        super().__init__(route, state)
        self.key = (route.ref or Ref("set", "", "")).key

    @abstractmethod
    def logs_of(self) -> Ref:
        """Return whose logs are meant here."""

    def selected(self) -> Ref | None:
        """Return the set: what verbs change."""
        return self.route.ref

    def choose(self, number: int) -> None:
        """Go where the digit leads on the screen of the set."""
        open_set_tab(self.host, Ref("set", self.key.namespace, self.key.name), number)

    @property
    def entry(self) -> Entry | None:
        """The revision under the cursor."""
        row, host = self.main.cursor_row, self.host
        found = revision_entries(host.snapshot, self.key, host.now(), host.memo)
        at = find_entry(found, row.ref if row is not None else None)
        return found[at] if at is not None else None

    def action_logs(self) -> None:
        """Open the logs of the group that matters here."""
        ref = self.logs_of()
        verbs.open_logs(self.host, ref, role="leader" if ref.kind == "set" else "all")

    def action_undo(self) -> None:
        """Put the revision under the cursor back; on the one in force, the one before it."""
        entry = self.entry
        number = entry.revision.number if entry is not None and not entry.target else None
        self.change_set(lambda host, key: verbs.undo(host, key, number))

    def action_release_all(self) -> None:
        """Let every group be updated that the partition holds back."""
        self.change_set(verbs.release_all)

    def action_open_revision(self) -> None:
        """Show what the revision under the cursor changed."""
        row = self.main.cursor_row
        if row is not None and row.ref is not None:
            self.open_ref(row.ref)

    def action_diff(self) -> None:
        """Show what the revision under the cursor changed."""
        self.action_open_revision()

    def open_ref(self, ref: Ref) -> None:
        """Open a revision: what it changed."""
        if ref.kind == "revision":
            self.host.goto(Route("diff", ref))
        else:
            super().open_ref(ref)

    def action_describe(self) -> None:
        """Describe the set."""
        verbs.open_text(self.host, self.route.ref, "describe")
