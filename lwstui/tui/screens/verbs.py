"""The verb keys of screens: what is selected goes to the verb of the same name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any

from controller.api.meta import Key
from lwstui.tui import targets, verbs
from lwstui.tui.host import Host
from lwstui.tui.routes import NODES, Route
from lwstui.view.types import Ref


class VerbKeys:
    """Actions of the scopes set, group, pod and node for a screen with a selection."""

    @property
    @abstractmethod
    def host(self) -> Host:
        """The application."""

    @abstractmethod
    def selected(self) -> Ref | None:
        """Return what verbs act on, None if there is nothing."""

    @property
    def settled(self) -> bool:
        """Whether the selection has been there long enough to act on."""
        return True

    def selected_set(self) -> Key | None:
        """Return the set that the selection belongs to."""
        return targets.set_key(self.host.snapshot, self.selected())

    def _change(self, verb: Callable[[Host, Key], Coroutine[Any, Any, None]]) -> None:
        """Start a verb that changes the set of the selection, or say why not."""
        host = self.host
        why = targets.refusal(host.snapshot, host.now(), read_only=host.read_only)
        key = self.selected_set()
        if not why and key is None:
            why = "nothing here that belongs to a set"
        if not why and not self.settled:
            why = "what was selected is gone; look again before acting"
        if why or key is None:
            host.say(why, "warn")
            return
        host.run_task(verb(host, key))

    def action_scale(self) -> None:
        """Change the number of groups."""
        self._change(verbs.scale)

    def action_restart(self) -> None:
        """Restart all groups, rolling."""
        self._change(verbs.restart)

    def action_image(self) -> None:
        """Set container images."""
        self._change(verbs.set_image)

    def action_undo(self) -> None:
        """Put the template of the revision before back."""
        self._change(verbs.undo)

    def action_pause_rollout(self) -> None:
        """Let no further group be replaced."""
        self._change(verbs.pause_rollout)

    def action_resume_rollout(self) -> None:
        """Let a paused rollout go on."""
        self._change(verbs.resume_rollout)

    def action_next_group(self) -> None:
        """Let one more group be updated."""
        self._change(verbs.one_more_group)

    def action_recreate(self) -> None:
        """Recreate the group of the selection."""
        ref = self.selected()
        if ref is None or ref.group < 0:
            self.host.say("no group is selected", "warn")
            return
        self._change(lambda host, key: verbs.recreate(host, key, ref.group))

    def action_logs(self) -> None:
        """Open logs: of a set's leaders, of all of a group, of one pod."""
        ref = self.selected()
        role = "leader" if ref is not None and ref.kind == "set" else "all"
        verbs.open_logs(self.host, ref, role=role)

    def action_all_logs(self) -> None:
        """Open the logs of leaders and workers."""
        verbs.open_logs(self.host, self.selected())

    def action_previous_logs(self) -> None:
        """Open the logs of the previous container runs."""
        verbs.open_logs(self.host, self.selected(), previous=True)

    def action_describe(self) -> None:
        """Describe the selection."""
        verbs.open_text(self.host, self.selected(), "describe")

    def action_yaml(self) -> None:
        """Show the selection as YAML."""
        verbs.open_text(self.host, self.selected(), "yaml")

    def action_nodes(self) -> None:
        """Open the nodes."""
        self.host.goto(NODES)

    def action_events(self) -> None:
        """Open the events of the selection, all of them if nothing is selected."""
        ref = self.selected()
        scope = ref if ref is not None and ref.kind != "event" else None
        self.host.goto(Route("events", scope))
