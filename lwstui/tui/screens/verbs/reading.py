"""Verb keys that only look."""

from __future__ import annotations

from lwstui.tui import verbs
from lwstui.tui.routes import Route, placement_route
from lwstui.tui.screens.verbs.selecting import Selecting


class ReadingKeys(Selecting):
    """Logs, describe, YAML, rollout, events."""

    def action_logs(self) -> None:
        """Open logs: of a set's leaders, of all of a group, of one pod, of all that is marked."""
        refs = self.selected_refs()
        sets = all(ref.kind == "set" for ref in refs)
        verbs.open_logs(self.host, *refs, role="leader" if sets else "all")

    def action_all_logs(self) -> None:
        """Open the logs of leaders and workers."""
        verbs.open_logs(self.host, *self.selected_refs())

    def action_previous_logs(self) -> None:
        """Open the logs of the previous container runs."""
        verbs.open_logs(self.host, *self.selected_refs(), previous=True)

    def action_describe(self) -> None:
        """Describe the selection."""
        verbs.open_text(self.host, self.selected(), "describe")

    def action_yaml(self) -> None:
        """Show the selection as YAML."""
        verbs.open_text(self.host, self.selected(), "yaml")

    def action_why(self) -> None:
        """Open the diagnosis of the selection."""
        ref = self.selected()
        if ref is None or ref.kind not in ("set", "group", "pod", "node"):
            self.host.say("nothing here to diagnose", "warn")
        else:
            self.host.goto(Route("why", ref), tab="why")

    def action_placement(self) -> None:
        """Open where the groups of the selection's set run; of a pod, copy files."""
        ref, key = self.selected(), self.selected_set()
        if ref is not None and ref.kind == "pod":
            if not self.change_marked(None):
                self.host.run_task(verbs.ask_copy(self.host, ref))
        elif ref is None or key is None:
            self.host.say("nothing here that belongs to a set", "warn")
        else:
            self.host.goto(placement_route(key, ref.group))

    def action_copy_files(self) -> None:
        """Copy files to or from the pod."""
        self.action_placement()

    def action_events(self) -> None:
        """Open the events of the selection, all of them if nothing is selected."""
        ref = self.selected()
        scope = ref if ref is not None and ref.kind != "event" else None
        self.host.goto(Route("events", scope))
