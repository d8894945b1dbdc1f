"""Verb keys that delete."""

from __future__ import annotations

from collections.abc import Sequence

from lwstui.tui import targets, verbs
from lwstui.tui.host import Host
from lwstui.tui.screens.verbs.selecting import Selecting
from lwstui.tui.verbs.bulk import BulkVerb
from lwstui.view.types import Ref


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
        """Delete the selected pod, or the pods of a group that do not end, without grace."""
        host, ref = self.host, self.selected()
        if self.marks:
            pods = all(one.kind == "pod" for one in self.marks.refs.values())
            self.change_marked(verbs.KILL_PODS if pods else None)
        elif ref is not None and ref.kind == "pod":
            self.start(verbs.delete_pod(host, ref, at_once=True))
        elif ref is not None and ref.kind == "group":
            self._kill_leaving(ref)
        else:
            host.say("no pod is selected", "warn")

    def _kill_leaving(self, ref: Ref) -> None:
        host = self.host
        leaving = targets.leaving(host.snapshot, ref)
        if not leaving:
            host.say(f"no pod of group {ref.group} is leaving: kill one of its pods itself", "warn")
        elif len(leaving) == 1:
            self.start(verbs.delete_pod(host, leaving[0], at_once=True))
        else:
            self.start(_killed(host, leaving))


async def _killed(host: Host, refs: Sequence[Ref]) -> None:
    await verbs.act_on_all(host, refs, verbs.KILL_PODS)
