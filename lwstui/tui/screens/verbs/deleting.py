"""Verb keys that delete."""

from __future__ import annotations

from lwstui.tui import verbs
from lwstui.tui.screens.verbs.selecting import Selecting
from lwstui.tui.verbs.bulk import BulkVerb


class DeletingKeys(Selecting):
    """Delete and kill, by what is selected."""

    def action_delete(self) -> None:
        """Delete the selection: a set, a group's leader, a pod or a node."""
        ref, host = self.selected(), self.host
        if self.change_marked(self._many()):
            return
        match ref.kind if ref is not None else "":
            case "set":
                self.change_set(verbs.delete_set)
            case "group" if ref is not None:
                self.change_set(lambda host, key: verbs.recreate(host, key, ref.group))
            case "pod" if ref is not None:
                self.start(verbs.delete_pod(host, ref))
            case "node" if ref is not None:
                self.start(verbs.delete_node(host, ref.name))
            case _:
                host.say("nothing here that can be deleted", "warn")

    def _many(self) -> BulkVerb | None:
        """Return what deleting means for all that is marked: lists have rows of one kind."""
        kinds = {"set": verbs.DELETE_SETS, "group": verbs.RECREATE, "pod": verbs.DELETE_PODS}
        return next((kinds.get(ref.kind) for ref in self.marks.refs.values()), None)

    def action_kill(self) -> None:
        """Delete the selected pod without grace."""
        if self.change_marked(verbs.KILL_PODS):
            return
        ref = self.selected()
        if ref is None or ref.kind != "pod":
            self.host.say("no pod is selected", "warn")
            return
        self.start(verbs.delete_pod(self.host, ref, at_once=True))
