"""Which of what is held belongs to the namespaces in view. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from controller.api.core import Event
from controller.api.meta import Key
from lwstui.state.records import FIELDS

# What belongs to a namespace; nodes and what runs on them are shown whole.
VIEWED: Final = frozenset({"sets", "pods", "by_set", "services", "revisions", "events", "history"})
"""Fields of a snapshot that hold what belongs to namespaces."""
MAPPINGS: Final = frozenset(
    {
        *FIELDS.values(),
        "by_set",
        "node_pods",
        "history",
        "starts",
        "kept",
        "loads",
        "waiting",
        "sync",
        "pending",
        "underway",
    }
)
"""Fields of a snapshot that are copied from what is held."""


def in_view(name: str, source: Mapping[Any, Any], namespaces: tuple[str, ...]) -> Mapping[Any, Any]:
    """Return a copy of one mapping of a snapshot, without what is not in view.

    Args:
        name: Field of the snapshot.
        source: All that is held.
        namespaces: What is in view; none means everything.
    """
    if not namespaces or name not in VIEWED:
        return MappingProxyType(dict(source))
    if name == "events":
        found = {uid: e for uid, e in source.items() if _seen(e, namespaces)}
    elif name == "history":
        found = {slot: h for slot, h in source.items() if slot[0].namespace in namespaces}
    else:
        found = {key: value for key, value in source.items() if key.namespace in namespaces}
    return MappingProxyType(found)


def _seen(event: Event, namespaces: tuple[str, ...]) -> bool:
    """Tell whether an event is of the namespaces in view; those of nodes always are."""
    return event.namespace in namespaces or event.regarding_kind == "Node"


def homes(sets: Iterable[Key]) -> Mapping[str, int]:
    """Return how many sets each namespace has."""
    return MappingProxyType(Counter(key.namespace for key in sets))
