"""What the garbage collector decides about one object. Pure.

Source: behaviour of kubernetes pkg/controller/garbagecollector, not its code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class Owner(Enum):
    """What has become of an object that an owner reference names."""

    SOLID = "solid"
    ABSENT = "absent"
    WAITING = "waiting for its dependents"


@dataclass(frozen=True, slots=True)
class Keep:
    """The object stays as it is."""


@dataclass(frozen=True, slots=True)
class Release:
    """The object stays, without its references to the owners with these uids."""

    uids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Collect:
    """The object is deleted with this propagation policy."""

    propagation: str


Verdict = Keep | Release | Collect


def is_deleting(obj: Mapping[str, Any]) -> bool:
    """Tell whether an object's deletion has been asked for."""
    return "deletionTimestamp" in obj["metadata"]


def has_finalizer(obj: Mapping[str, Any], finalizer: str) -> bool:
    """Tell whether a finalizer holds an object."""
    return finalizer in (obj["metadata"].get("finalizers") or ())


def waits_for_dependents(obj: Mapping[str, Any]) -> bool:
    """Tell whether an object is being deleted in the foreground."""
    return is_deleting(obj) and has_finalizer(obj, FOREGROUND)


def owner_state(reference: Mapping[str, Any], found: Mapping[str, Any] | None) -> Owner:
    """Return the state of an owner from the object now under its name, if there is one."""
    if found is None or found["metadata"]["uid"] != reference.get("uid"):
        return Owner.ABSENT
    return Owner.WAITING if waits_for_dependents(found) else Owner.SOLID


def judge(
    obj: Mapping[str, Any], owners: Sequence[tuple[str, Owner]], *, has_dependents: bool
) -> Verdict:
    """Decide about an object from the states of its owners (uid, state).

    It is kept while one owner is solid, and then let go by the others; without a solid owner it is
    deleted, in the foreground if an owner waits for it and it has dependents of its own.
    """
    if not owners or is_deleting(obj):
        return Keep()
    gone = frozenset(uid for uid, state in owners if state is not Owner.SOLID)
    if len(gone) < len({uid for uid, _ in owners}):
        return Release(gone) if gone else Keep()
    waited_for = any(state is Owner.WAITING for _, state in owners)
    if waited_for and has_dependents:
        return Collect("Foreground")
    if has_finalizer(obj, ORPHAN):
        return Collect("Orphan")
    return Collect("Foreground" if has_finalizer(obj, FOREGROUND) else "Background")


def blocks(dependent: Mapping[str, Any], owner_uid: str) -> bool:
    """Tell whether a dependent holds its owner's foreground deletion."""
    return any(
        reference.get("uid") == owner_uid and reference.get("blockOwnerDeletion")
        for reference in dependent["metadata"].get("ownerReferences") or ()
    )
