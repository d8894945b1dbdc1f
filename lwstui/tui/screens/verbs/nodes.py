"""Verb keys of nodes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from lwstui.tui import verbs
from lwstui.tui.host import Host
from lwstui.tui.screens.verbs.selecting import Selecting
from lwstui.tui.verbs.bulk import BulkVerb


class NodeKeys(Selecting):
    """Cordon, uncordon, drain."""

    def action_cordon(self) -> None:
        """Let no new pod onto the node."""
        self._change_node(verbs.cordon, verbs.CORDON)

    def action_uncordon(self) -> None:
        """Let new pods onto the node again."""
        self._change_node(partial(verbs.cordon, on=False), verbs.UNCORDON)

    def action_drain(self) -> None:
        """Evict all pods of the node, or stop doing so."""
        self._change_node(verbs.drain, verbs.DRAIN)

    def _change_node(
        self,
        verb: Callable[[Host, str], Coroutine[Any, Any, None]],
        many: BulkVerb | None = None,
    ) -> None:
        if self.change_marked(many):
            return
        ref = self.selected()
        if ref is None or ref.kind != "node":
            self.host.say("no node is selected", "warn")
            return
        self.start(verb(self.host, ref.name))
