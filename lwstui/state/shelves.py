"""Pods by where they belong, in order, kept so that a change of one touches little else."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from typing import Generic, TypeVar

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.reduce import place_of

Place = TypeVar("Place")


class Shelves(Generic[Place]):
    """Pods of each set, or on each node.

    A shelf is put in order only when a pod came, went or moved; a pod whose state changed takes
    the place of its former record. Shelves nothing happens in keep their tuples.

    Args:
        name: Field of the snapshot that shows them.
        changed: Takes that name when something changed.

    Attributes:
        ordered: The pods of each shelf, as of the last ``settle``.
        sorts: How often a shelf was sorted.
    """

    def __init__(self, name: str, changed: set[str]) -> None:
        self.ordered: dict[Place, tuple[Pod, ...]] = {}
        self.sorts = 0
        self._name = name
        self._changed = changed
        self._held: dict[Place, dict[Key, Pod]] = {}
        # What took whose place in a shelf since it was settled; None if it is to be sorted.
        self._renewed: dict[Place, dict[Key, Pod] | None] = {}

    def held(self, where: Place) -> Collection[Pod]:
        """Return the pods of a shelf as they are now, in no order."""
        return self._held.get(where, {}).values()

    def put(self, where: Place, key: Key, pod: Pod) -> None:
        """Put a pod on a shelf, in the place of its former record."""
        shelf = self._held.setdefault(where, {})
        old, shelf[key] = shelf.get(key), pod
        renewed = self._renewed.setdefault(where, {})
        if renewed is not None:
            if old is not None and place_of(old) == place_of(pod):
                renewed[key] = pod
            else:
                self._renewed[where] = None
        self._changed.add(self._name)

    def drop(self, where: Place, key: Key) -> None:
        """Take a pod from a shelf, if it is there."""
        if self._held.get(where, {}).pop(key, None) is not None:
            self._renewed[where] = None
            self._changed.add(self._name)

    def settle(self) -> Iterable[tuple[Place, tuple[Pod, ...]]]:
        """Bring the tuples up to date; return those that changed, empty ones of shelves gone."""
        renewed, self._renewed = self._renewed, {}
        return [(where, self._settled(where, news)) for where, news in renewed.items()]

    def _settled(self, where: Place, news: dict[Key, Pod] | None) -> tuple[Pod, ...]:
        if not self._held[where]:
            del self._held[where]
            self.ordered.pop(where, None)
            return ()
        if news is None:
            self.sorts += 1
            pods = sorted(self._held[where].values(), key=place_of)
        else:
            pods = list(self.ordered[where])
            for pod in news.values():
                pods[bisect_left(pods, place_of(pod), key=place_of)] = pod
        self.ordered[where] = settled = tuple(pods)
        return settled
