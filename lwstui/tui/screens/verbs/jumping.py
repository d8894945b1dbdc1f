"""Verb keys that go to what the selection has to do with: its owner, its nodes, its namespace."""

from __future__ import annotations

from lwstui.tui import jumps
from lwstui.tui.routes import Route
from lwstui.tui.screens.verbs.selecting import Selecting
from lwstui.view.types import Ref


class JumpKeys(Selecting):
    """Owner, node, nodes, namespace."""

    def action_owner(self) -> None:
        """Go from a pod to its group, and from a group to its set."""
        self._go(jumps.owner(self.host.snapshot, self.selected()), "no owner")

    def action_node(self) -> None:
        """Go to the node of a pod, or of a group's leader."""
        self._go(jumps.node(self.host.snapshot, self.selected()), "not on a node yet")

    def action_nodes(self) -> None:
        """Go to the nodes of a group or pod, for a set to all nodes."""
        self.host.goto(jumps.nodes(self.host.snapshot, self.selected()))

    def action_to_namespace(self) -> None:
        """Look at the namespace of the selection only."""
        ref = self.selected()
        if ref is None or not ref.namespace:
            self.host.say("nothing here that is in a namespace", "dim")
        else:
            self.host.look_at((ref.namespace,))

    def _go(self, route: Route | None, why_not: str) -> None:
        if route is None:
            self.host.say(f"{_named(self.selected())}: {why_not}", "dim")
        else:
            self.host.goto(route)


def _named(ref: Ref | None) -> str:
    return ref.name if ref is not None else "nothing selected"
