"""What is remembered of groups beyond their pods: leaders, and whether all was ready once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.model import GroupHistory, GroupStart
from lwstui.state.reduce import group_start, whole_groups, with_leader


class GroupMemory:
    """Histories of groups by set and group index.

    Args:
        changed: Takes the name of what changed: ``history``.

    Attributes:
        histories: Of each group that had a leader.
    """

    def __init__(self, changed: set[str]) -> None:
        self.histories: dict[tuple[Key, int], GroupHistory] = {}
        self._leaders: dict[tuple[Key, int], Pod] = {}
        # Groups that have not been ready as a whole: only these are looked at, not all of a set.
        self._starting: dict[Key, set[int]] = {}
        self._changed = changed

    @property
    def natively_owned(self) -> bool:
        """Whether some set's leader belongs to a StatefulSet: a native controller made it."""
        return any(leader.owner_kind == "StatefulSet" for leader in self._leaders.values())

    def remembered(self) -> Iterator[tuple[tuple[Key, int], tuple[GroupHistory, Pod | None]]]:
        """Yield what is remembered: set and group index, its history and its last leader."""
        for slot, history in self.histories.items():
            yield slot, (history, self._leaders.get(slot))

    def recall(self, slots: Mapping[tuple[Key, int], tuple[GroupHistory, Pod | None]]) -> None:
        """Take what was remembered instead of what is; a leader of None is the one seen last."""
        self.histories = {slot: history for slot, (history, _) in slots.items()}
        leaders = {slot: leader or self._leaders.get(slot) for slot, (_, leader) in slots.items()}
        self._leaders = {slot: leader for slot, leader in leaders.items() if leader is not None}
        self._starting = {}
        for (key, index), history in self.histories.items():
            if not history.ready_once:
                self._starting.setdefault(key, set()).add(index)
        self._changed.add("history")

    def see(self, pod: Pod) -> None:
        """Take a pod of a set; only leaders tell something."""
        if pod.worker != 0 or pod.group < 0:
            return
        slot = (pod.set_key, pod.group)
        known = self.histories.get(slot)
        history = with_leader(known, self._leaders.get(slot), pod)
        self._leaders[slot] = pod
        if history is not known:
            self.histories[slot] = history
            self._starting.setdefault(pod.set_key, set()).add(pod.group)
            self._changed.add("history")

    def settle(self, key: Key, pods: Iterable[Pod]) -> Iterator[GroupStart | None]:
        """Note which groups of a set are ready for the first time; yield how they started.

        Args:
            key: The set.
            pods: All its pods, ordered.
        """
        starting = self._starting.get(key)
        if not starting:
            return
        for index, members in whole_groups(pod for pod in pods if pod.group in starting):
            slot = (key, index)
            self.histories[slot] = replace(self.histories[slot], ready_once=True)
            starting.discard(index)
            self._changed.add("history")
            yield group_start(members)

    def forget(self, key: Key, above: int = 0) -> None:
        """Forget the groups of a set whose index is at or above a number."""
        for slot in [s for s in self.histories if s[0] == key and s[1] >= above]:
            del self.histories[slot]
            self._leaders.pop(slot, None)
            self._changed.add("history")
        self._starting[key] = {i for i in self._starting.get(key, ()) if i < above}
        if not self._starting[key]:
            del self._starting[key]
