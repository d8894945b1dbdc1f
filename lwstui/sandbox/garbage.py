"""The garbage collector's loop: follows owner references and carries out what they imply."""

from collections.abc import Iterable
from typing import Any

from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.ownership import (
    FOREGROUND,
    ORPHAN,
    Collect,
    Owner,
    Release,
    blocks,
    has_finalizer,
    is_deleting,
    judge,
    owner_state,
    waits_for_dependents,
)
from lwstui.sandbox.worklist import WorkList

_Ref = tuple[str, str, str, str]


def _references(obj: Json) -> list[dict[str, Any]]:
    return obj["metadata"].get("ownerReferences") or []


def _drop_references(obj: Json, uids: Iterable[str]) -> None:
    gone = set(uids)
    kept = [item for item in _references(obj) if item.get("uid") not in gone]
    obj["metadata"].pop("ownerReferences", None)
    if kept:
        obj["metadata"]["ownerReferences"] = kept


def _drop_finalizer(obj: Json, finalizer: str) -> None:
    kept = [item for item in obj["metadata"].get("finalizers") or () if item != finalizer]
    obj["metadata"].pop("finalizers", None)
    if kept:
        obj["metadata"]["finalizers"] = kept


def _is_as_owned_as_before(change: Change) -> bool:
    """Tell whether a change leaves alone what an object's collection depends on."""
    if change.old is None or is_deleting(change.object):
        return False
    return _references(change.old) == _references(change.object)


class GarbageCollector:
    """Deletes dependents of deleted owners, wave by wave.

    Args:
        store: The cluster's objects.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dependents: dict[str, set[_Ref]] = {}
        self._work = WorkList(self._look)

    def start(self) -> None:
        """Take in what the store holds and follow it; needs a running loop."""
        for kind in self._store.kinds():
            for obj in self._store.items(kind.key):
                self._index(kind.key, obj)
        self._unsubscribe = self._store.subscribe(self._on_change)

    def stop(self) -> None:
        """Stop collecting."""
        self._unsubscribe()
        self._work.clear()

    def _ref(self, key: str, obj: Json) -> _Ref:
        meta = obj["metadata"]
        return key, meta.get("namespace", ""), meta["name"], meta["uid"]

    def _index(self, key: str, obj: Json) -> None:
        ref = self._ref(key, obj)
        for reference in _references(obj):
            self._dependents.setdefault(reference.get("uid", ""), set()).add(ref)
        if _references(obj) or is_deleting(obj):
            self._work.add(ref)

    def _forget(self, key: str, obj: Json) -> None:
        ref = self._ref(key, obj)
        for reference in _references(obj):
            uid = reference.get("uid", "")
            self._dependents.get(uid, set()).discard(ref)
            self._enqueue_owner(obj, reference)

    def _on_change(self, change: Change) -> None:
        if change.key == "events":
            return
        if change.type == "MODIFIED" and _is_as_owned_as_before(change):
            return
        if change.old is not None and _references(change.old):
            self._forget(change.key, change.old)
        if change.type != "DELETED":
            self._index(change.key, change.object)
            return
        for ref in self._dependents.pop(change.object["metadata"]["uid"], ()):
            self._work.add(ref)

    def _enqueue_owner(self, dependent: Json, reference: dict[str, Any]) -> None:
        owner, key = self._find(dependent, reference)
        if owner is not None and waits_for_dependents(owner):
            self._work.add(self._ref(key, owner))

    def _look(self, ref: _Ref) -> None:
        key, namespace, name, uid = ref
        obj = self._store.get(key, namespace, name)
        if obj is not None and obj["metadata"]["uid"] == uid:
            self._process(key, obj)

    def _process(self, key: str, obj: Json) -> None:
        if is_deleting(obj) and has_finalizer(obj, ORPHAN):
            self._orphan(key, obj)
        elif waits_for_dependents(obj):
            self._delete_dependents_first(key, obj)
        else:
            self._collect(key, obj)

    def _living_dependents(self, uid: str) -> list[tuple[str, Json]]:
        found = []
        for key, namespace, name, own_uid in sorted(self._dependents.get(uid, ())):
            obj = self._store.get(key, namespace, name)
            if obj is not None and obj["metadata"]["uid"] == own_uid:
                found.append((key, obj))
        return found

    def _orphan(self, key: str, obj: Json) -> None:
        uid = obj["metadata"]["uid"]
        for dependent_key, dependent in self._living_dependents(uid):
            self._change(dependent_key, dependent, lambda it: _drop_references(it, (uid,)))
        self._change(key, obj, lambda it: _drop_finalizer(it, ORPHAN))

    def _delete_dependents_first(self, key: str, obj: Json) -> None:
        uid = obj["metadata"]["uid"]
        for dependent_key, dependent in self._living_dependents(uid):
            self._collect(dependent_key, dependent)
        if not any(blocks(dependent, uid) for _, dependent in self._living_dependents(uid)):
            self._change(key, obj, lambda it: _drop_finalizer(it, FOREGROUND))

    def _collect(self, key: str, obj: Json) -> None:
        meta = obj["metadata"]
        owners = self._owners(obj)
        has_dependents = bool(self._living_dependents(meta["uid"]))
        match judge(obj, owners, has_dependents=has_dependents):
            case Release(uids):
                self._change(key, obj, lambda it: _drop_references(it, uids))
            case Collect(propagation):
                self._store.delete(
                    key,
                    meta.get("namespace", ""),
                    meta["name"],
                    uid=meta["uid"],
                    propagation=propagation,
                )

    def _change(self, key: str, obj: Json, change: Any) -> None:
        meta = obj["metadata"]
        self._store.update(key, meta.get("namespace", ""), meta["name"], change, uid=meta["uid"])

    def _owners(self, obj: Json) -> list[tuple[str, Owner]]:
        owners = []
        for reference in _references(obj):
            found, key = self._find(obj, reference)
            state = owner_state(reference, found) if key else Owner.SOLID
            owners.append((reference.get("uid", ""), state))
        return owners

    def _find(self, dependent: Json, reference: dict[str, Any]) -> tuple[Json | None, str]:
        """Return the object under an owner's name and its key; an empty key for an unknown kind."""
        group = reference.get("apiVersion", "").rpartition("/")[0]
        for kind in self._store.kinds():
            if kind.kind == reference.get("kind") and kind.group == group:
                namespace = dependent["metadata"].get("namespace", "") if kind.namespaced else ""
                return self._store.get(kind.key, namespace, reference.get("name", "")), kind.key
        return None, ""
