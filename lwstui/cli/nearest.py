"""What a name may be meant by that is the name of nothing."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lwstui.state.model import Snapshot

_NAMED: Final = 3
_NEAR: Final = 0.5


def hint(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean qwen?`` if a known name is near, nothing if none is.

    Args:
        name: What was typed.
        known: What it may be.
    """
    near = get_close_matches(name, sorted(set(known)), n=_NAMED, cutoff=_NEAR)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def names_of(snapshot: Snapshot, kind: str, namespace: str) -> tuple[str, ...]:
    """Return the names that objects of a kind have.

    Args:
        snapshot: What is known.
        kind: ``pod`` or ``node`` in either number; of all other kinds the names of sets count.
        namespace: Where, empty for all namespaces.
    """
    kind = kind.removesuffix("s")
    if kind == "node":
        return tuple(snapshot.nodes)
    found = snapshot.pods if kind == "pod" else snapshot.sets
    return tuple(key.name for key in found if namespace in ("", key.namespace))
