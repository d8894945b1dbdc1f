"""Verb keys about change over time: the rollout of the selection's set, its revisions."""

from __future__ import annotations

from collections.abc import Callable

from controller.api.meta import Key
from lwstui.tui.routes import Route, rollout_route
from lwstui.tui.screens.verbs.selecting import Selecting
from lwstui.view.types import Ref


class TimeKeys(Selecting):
    """Rollout and diff."""

    def action_rollout(self) -> None:
        """Open the rollout of the selection's set."""
        self._of_set(rollout_route)

    def action_diff(self) -> None:
        """Compare the selection's set with its revision before."""
        self._of_set(lambda key: Route("diff", Ref("set", key.namespace, key.name)))

    def _of_set(self, route: Callable[[Key], Route]) -> None:
        key = self.selected_set()
        if key is None:
            self.host.say("nothing here that belongs to a set", "warn")
        else:
            self.host.goto(route(key))
