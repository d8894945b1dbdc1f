"""Events of one object and reason as one, and to which group they belong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from controller.api.core import Event
from controller.api.meta import Key
from controller.api.names import split_ordinal
from lwstui.state.model import Snapshot

Fold = Literal["object", "group", "none"]
"""What makes events one row: object and reason, group and reason, nothing."""

FOLDS: Final[tuple[Fold, ...]] = ("object", "group", "none")


class Folded(NamedTuple):
    """Events in one row.

    Attributes:
        events: Them, the newest first.
        group: Index of the group they are about, -1 if they are about none.
        times: How often it happened in all.
        first_at: When it happened first, epoch seconds; 0.0 if that is not known.
        objects: How many objects it happened to.
    """

    events: tuple[Event, ...]
    group: int
    times: int
    first_at: float
    objects: int

    @property
    def newest(self) -> Event:
        """The last one."""
        return self.events[0]


def group_of(snapshot: Snapshot, event: Event) -> tuple[str, int]:
    """Return (set, group index) of a pod or StatefulSet, though it may be gone; else ("", -1).

    A pod is ``set-group`` or ``set-group-worker``, the StatefulSet of a group's workers
    ``set-group``: which of them a name is, the sets that exist tell.
    """
    if event.regarding_kind not in ("Pod", "StatefulSet"):
        return "", -1
    name, namespace = event.regarding_name, event.namespace
    pod = snapshot.pods.get(Key(namespace, name)) if event.regarding_kind == "Pod" else None
    if pod is not None and pod.set_name:
        return pod.set_name, pod.group
    parent, last = split_ordinal(name)
    if last < 0:
        return "", -1
    if Key(namespace, parent) in snapshot.sets:
        return parent, last
    upper, middle = split_ordinal(parent)
    if middle >= 0 and Key(namespace, upper) in snapshot.sets:
        return upper, middle
    return "", -1


def folded(snapshot: Snapshot, found: Iterable[Event], how: Fold) -> tuple[Folded, ...]:
    """Return events put together.

    Args:
        snapshot: To find the groups.
        found: The events.
        how: What makes them one row.
    """
    together: dict[tuple[object, ...], list[Event]] = {}
    groups: dict[tuple[object, ...], int] = {}
    for event in found:
        owner, group = group_of(snapshot, event)
        key = _key(event, owner, group, how)
        together.setdefault(key, []).append(event)
        groups[key] = group
    return tuple(_together(events, groups[key]) for key, events in together.items())


def _key(event: Event, owner: str, group: int, how: Fold) -> tuple[object, ...]:
    if how == "none":
        return (event.uid or event.name, event.namespace)
    about = (event.regarding_kind, event.regarding_name)
    if how == "group" and group >= 0:
        about = (owner, str(group))
    return (event.namespace, *about, event.type, event.reason)


def _together(events: list[Event], group: int) -> Folded:
    newest_first = tuple(sorted(events, key=lambda event: -event.last_at))
    firsts = [event.first_at for event in events if event.first_at]
    names = {event.regarding_name for event in events}
    times = sum(event.count for event in events)
    return Folded(newest_first, group, times, min(firsts, default=0.0), len(names))
