"""What is remembered of sets beyond their objects: how long groups took to start, revisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.api.core import Revision
from controller.api.meta import Key
from lwstui.state.model import GroupStart
from lwstui.state.reduce import STARTS


class SetMemory:
    """Starts by set, the oldest first, and revisions that were seen.

    Args:
        changed: Takes the names of what changed: ``starts``, ``kept``.
    """

    def __init__(self, changed: set[str]) -> None:
        self.starts: dict[Key, tuple[GroupStart, ...]] = {}
        self.kept: dict[Key, Revision] = {}
        self._changed = changed

    def note_start(self, key: Key, start: GroupStart | None) -> None:
        """Take how long a group took; None tells nothing."""
        if start is not None:
            self.starts[key] = (*self.starts.get(key, ()), start)[-STARTS:]
            self._changed.add("starts")

    def recall(self, key: Key, starts: Iterable[GroupStart]) -> None:
        """Take the starts of a set in earlier runs, as far as they were not seen again."""
        known = self.starts.get(key, ())
        earlier = tuple(one for one in starts if one not in known)
        if earlier:
            self.starts[key] = (*earlier, *known)[-STARTS:]
            self._changed.add("starts")

    def put_back(
        self, starts: Mapping[Key, tuple[GroupStart, ...]], revisions: Mapping[Key, Revision]
    ) -> None:
        """Take what was remembered instead of what is."""
        self.starts, self.kept = dict(starts), dict(revisions)
        self._changed.update(("starts", "kept"))

    def keep(self, revisions: Mapping[Key, Revision]) -> None:
        """Take revisions, though the cluster may drop them."""
        if any(self.kept.get(name) is not one for name, one in revisions.items()):
            self.kept.update(revisions)
            self._changed.add("kept")

    def forget(self, key: Key) -> None:
        """Forget a set that is gone."""
        if self.starts.pop(key, None) is not None:
            self._changed.add("starts")
        gone = [name for name, one in self.kept.items() if _of(one, key)]
        for name in gone:
            del self.kept[name]
        if gone:
            self._changed.add("kept")


def _of(revision: Revision, key: Key) -> bool:
    return (revision.namespace, revision.set_name) == (key.namespace, key.name)
