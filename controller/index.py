"""Children of sets by key and by set, and which sets the name of a child may concern."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from controller.api import names
from controller.api.core import Claim, Revision, Service
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, Resource
from controller.api.pods import Pod

MODEL_SERVING: Final = "ModelServing"

Child = Pod | Service | Revision | Claim
T = TypeVar("T", Pod, Service, Revision, Claim)


def key_of(record: Child) -> Key:
    """Return the key of any child."""
    return Key(record.namespace, record.name)


def set_of(record: Child) -> Key:
    """Return the key of the set a child belongs to; its name is empty if it belongs to none.

    The label decides. Kthena labels its pods otherwise, but its ModelServing has the set's name.
    """
    name = record.set_name
    if not name and isinstance(record, Pod) and record.owner_kind == MODEL_SERVING:
        name = record.owner_name
    return Key(record.namespace, name)


def same_place(old: Child | None, new: Child) -> bool:
    """Tell whether two records are versions of one object that concern the same sets."""
    return (
        old is not None
        and old.uid == new.uid
        and old.set_name == new.set_name
        and old.owner_uid == new.owner_uid
    )


def describe_owner(record: Pod | Service) -> str:
    """Return who controls an object, for people."""
    owner = f"a {record.owner_kind}" if record.owner_kind else "an object without a controller"
    if isinstance(record, Pod) and record.owner_kind:
        owner = f"{record.owner_kind} {record.owner_name}"
    label = f", labelled for set {record.set_name}" if record.set_name else ""
    return owner + label + (", terminating" if record.deleted_at is not None else "")


class Children(Generic[T]):
    """All records of one kind.

    Attributes:
        resource: The kind.
        by_key: Records by namespace and name.
    """

    def __init__(self, resource: Resource, *, ordinals: range = range(0)) -> None:
        """Take the numbers of ordinals that names of this kind have after their set's name."""
        self.resource = resource
        self.by_key: dict[Key, T] = {}
        self._by_set: dict[Key, dict[str, T]] = {}
        self._ordinals = ordinals

    def of(self, key: Key) -> tuple[T, ...]:
        """Return the children of a set."""
        return tuple(self._by_set.get(key, {}).values())

    def put(self, key: Key, record: T) -> None:
        """Store a record; an earlier one under the key must belong to the same set."""
        self.by_key[key] = record
        self._by_set.setdefault(set_of(record), {})[record.name] = record

    def drop(self, key: Key) -> None:
        """Remove the record under a key."""
        old = self.by_key.pop(key)
        siblings = self._by_set[set_of(old)]
        del siblings[key.name]
        if not siblings:
            del self._by_set[set_of(old)]

    def claimants(self, key: Key) -> Iterator[Key]:
        """Yield the sets that would use a name for a child of this kind, should they exist."""
        name = key.name
        for count in range(self._ordinals.stop):
            if count in self._ordinals:
                yield Key(key.namespace, name)
            name, ordinal = names.split_ordinal(name)
            if ordinal < 0:
                return

    def concerned(self, key: Key, record: Child) -> set[Key]:
        """Return the sets a change of a child may concern: by label, by name, by owner."""
        result = {set_of(record), *self.claimants(key)}
        if isinstance(record, Pod) and record.owner_kind == LEADERWORKERSETS.kind:
            result.add(Key(record.namespace, record.owner_name))
        return result
