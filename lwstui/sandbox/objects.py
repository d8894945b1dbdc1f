"""The sandbox's objects: one table per resource, one resource version, one order of changes.

Objects are JSON dicts that are never changed after they are stored: every write stores a new dict,
so readers, watch caches and list snapshots share them without copying.
"""

import secrets
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from lwstui.sandbox import status
from lwstui.sandbox.clock import SimClock, parse_time, rfc3339
from lwstui.sandbox.kinds import BUILTIN, KindInfo
from lwstui.sandbox.ownership import is_deleting
from lwstui.sandbox.removal import held, outcome, pod_grace_s, set_finalizers
from lwstui.sandbox.status import StatusError

__all__ = ["Change", "Entry", "Json", "StatusError", "Store", "deep_copy"]

Json = dict[str, Any]

_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class Entry:
    """A stored object with its JSON text, encoded at most once."""

    __slots__ = ("_raw", "object", "version")

    def __init__(self, obj: Json, version: int) -> None:
        self.object = obj
        self.version = version
        self._raw: bytes | None = None

    @property
    def raw(self) -> bytes:
        """Return the object as JSON."""
        if self._raw is None:
            self._raw = msgspec.json.encode(self.object)
        return self._raw


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one object.

    ``object`` is the object after the change (for DELETED: its last state, with the version of the
    deletion); ``old`` is the object before, None for ADDED. Both are shared: never mutate them.
    """

    type: str
    key: str
    object: Json
    old: Json | None
    entry: Entry


def deep_copy(obj: Json) -> Json:
    """Return a copy of a JSON object that shares nothing with it."""
    copied: Json = msgspec.json.decode(msgspec.json.encode(obj))
    return copied


class Store:
    """All objects of the cluster; the built-in kinds are registered from the start.

    Writes are synchronous; subscribers see each change in order, also when a subscriber writes.

    Args:
        clock: Source of creation and deletion timestamps.
    """

    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.version = 1
        self._kinds: dict[str, KindInfo] = {}
        self._tables: dict[str, dict[str, dict[str, Entry]]] = {}
        self._subscribers: list[Callable[[Change], None]] = []
        self._pending: deque[Change] = deque()
        self._dispatching = False
        for kind in BUILTIN:
            self.register(kind)

    def register(self, kind: KindInfo) -> None:
        """Serve ``kind``; registering a known key again replaces what is known of it."""
        self._kinds[kind.key] = kind
        self._tables.setdefault(kind.key, {})

    def unregister(self, key: str) -> None:
        """Stop serving a resource and forget its objects without telling anyone."""
        self._kinds.pop(key, None)
        self._tables.pop(key, None)

    def kinds(self) -> Iterable[KindInfo]:
        """Return the registered kinds, in order of registration."""
        return tuple(self._kinds.values())

    def kind(self, key: str) -> KindInfo:
        """Return a registered kind.

        Raises:
            StatusError: 404, nothing serves ``key``.
        """
        if key not in self._kinds:
            raise status.no_such_path()
        return self._kinds[key]

    def get(self, key: str, namespace: str, name: str) -> Json | None:
        """Return the live object, or None. Never mutate it."""
        entry = self._tables.get(key, {}).get(namespace, {}).get(name)
        return None if entry is None else entry.object

    def items(self, key: str, namespace: str | None = None) -> list[Json]:
        """Return the live objects of one namespace or of all, by age within a namespace."""
        return [entry.object for entry in self._entries(key, namespace)]

    def entry(self, key: str, namespace: str, name: str) -> Entry:
        """Return a stored object with its JSON text.

        Raises:
            StatusError: 404, there is no such object.
        """
        entry = self._tables.get(key, {}).get(namespace, {}).get(name)
        if entry is None:
            raise status.not_found(key, name)
        return entry

    def sorted_entries(self, key: str, namespace: str | None = None) -> list[Entry]:
        """Return the entries of one namespace or of all, by namespace and name."""
        tables = self._tables.get(key, {})
        names = sorted(tables) if namespace is None else [namespace]
        return [
            entry
            for each in names
            for _, entry in sorted(tables.get(each, {}).items(), key=lambda item: item[0])
        ]

    def _entries(self, key: str, namespace: str | None) -> Iterator[Entry]:
        tables = self._tables.get(key, {})
        for each in list(tables) if namespace is None else [namespace]:
            yield from tables.get(each, {}).values()

    def create(self, key: str, obj: Json, *, dry_run: bool = False) -> Json:
        """Store a new object and return it as stored.

        Sets uid, resourceVersion, creationTimestamp, generation (for kinds that have one) and, from
        generateName, the name. ``obj`` itself is left alone; its parts are taken over.

        Raises:
            StatusError: 404 unknown kind, 409 AlreadyExists.
        """
        kind = self.kind(key)
        metadata = dict(obj["metadata"])
        namespace = metadata.get("namespace", "") if kind.namespaced else ""
        names = self._tables[key].get(namespace, {})
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = _generated(metadata["generateName"], names)
        if metadata["name"] in names:
            raise status.already_exists(key, metadata["name"])
        for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
            metadata.pop(name, None)
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = rfc3339(self.clock.now())
        if kind.generation:
            metadata["generation"] = 1
        created = {"kind": kind.kind, "apiVersion": kind.api_version, **obj, "metadata": metadata}
        return self._commit("ADDED", key, created, None, dry_run=dry_run)

    def update(
        self,
        key: str,
        namespace: str,
        name: str,
        change: Callable[[Json], None],
        *,
        subresource: str = "",
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Json:
        """Change a copy of an object and store it; return it as stored.

        Nothing is stored when ``change`` leaves the object equal. The generation grows when more
        than metadata and status differs, except through ``binding``. An object whose
        deletionTimestamp is set is removed for good when nothing holds it any longer: finalizers,
        a namespace's ``spec.finalizers``, a pod's remaining grace.

        Raises:
            StatusError: 404 NotFound, 409 Conflict for another uid or resourceVersion.
        """
        entry = self.entry(key, namespace, name)
        _check_unmodified(key, entry.object, uid, resource_version)
        changed: Json = msgspec.json.decode(entry.raw)
        change(changed)
        bumps = subresource != "binding"
        return self._put(key, changed, entry.object, bumps=bumps, dry_run=dry_run)

    def replace(
        self,
        key: str,
        namespace: str,
        name: str,
        make: Callable[[Json], Json],
        *,
        dry_run: bool = False,
    ) -> Json:
        """Store what ``make`` returns in place of an object; return it as stored.

        What :meth:`update` does, without a copy: ``make`` gets the stored object, leaves it alone,
        and returns one with metadata of its own, which may share every other part.

        Raises:
            StatusError: 404 NotFound.
        """
        old = self.entry(key, namespace, name).object
        return self._put(key, make(old), old, bumps=True, dry_run=dry_run)

    def _put(self, key: str, changed: Json, old: Json, *, bumps: bool, dry_run: bool) -> Json:
        if changed == old:
            return old
        if bumps and self._kinds[key].generation:
            _bump_generation(changed, old)
        return self._commit(outcome(key, changed), key, changed, old, dry_run=dry_run)

    def write_status(self, key: str, namespace: str, name: str, status: Json) -> Json:
        """Give an object another status and store it; return it as stored.

        What :meth:`update` does for a change of nothing but the status, without a copy: the new
        version shares everything else with the one before.

        Raises:
            StatusError: 404 NotFound.
        """
        old = self.entry(key, namespace, name).object
        if old.get("status") == status:
            return old
        changed = {**old, "metadata": {**old["metadata"]}, "status": status}
        return self._commit(outcome(key, changed), key, changed, old, dry_run=False)

    def delete(
        self,
        key: str,
        namespace: str,
        name: str,
        *,
        uid: str = "",
        resource_version: str = "",
        propagation: str = "Background",
        grace_s: int | None = None,
        dry_run: bool = False,
    ) -> tuple[Json, bool]:
        """Delete an object, or mark it as deleting while something holds it.

        Pods on a node stay until the kubelet deletes them with ``grace_s=0``; ``Foreground`` and
        ``Orphan`` add their finalizer, an empty ``propagation`` leaves the finalizers as they are.

        Returns:
            The object afterwards, and whether it is gone.

        Raises:
            StatusError: 404 NotFound, 409 Conflict for another uid or resourceVersion.
        """
        old = self.entry(key, namespace, name).object
        _check_preconditions(key, old, uid, resource_version)
        metadata = dict(old["metadata"])
        marked = {**old, "metadata": metadata}
        set_finalizers(metadata, propagation)
        if key == "pods":
            self._mark_pod(marked, old, grace_s)
        elif key == "namespaces":
            self._mark_namespace(marked)
        elif metadata.get("finalizers") and not is_deleting(old):
            metadata["deletionTimestamp"] = rfc3339(self.clock.now())
            metadata["deletionGracePeriodSeconds"] = 0
        if self._kinds[key].generation and is_deleting(marked) and not is_deleting(old):
            metadata["generation"] = metadata.get("generation", 0) + 1
        if not held(key, marked):
            return self._commit("DELETED", key, marked, old, dry_run=dry_run), True
        if marked == old:
            return old, False
        return self._commit("MODIFIED", key, marked, old, dry_run=dry_run), False

    def _mark_pod(self, pod: Json, old: Json, grace_s: int | None) -> None:
        metadata = pod["metadata"]
        now = self.clock.now()
        wanted_s = pod_grace_s(pod, grace_s)
        if not is_deleting(old):
            metadata["deletionTimestamp"] = rfc3339(now + wanted_s)
            metadata["deletionGracePeriodSeconds"] = wanted_s
            return
        before_s = metadata.get("deletionGracePeriodSeconds") or 0
        if grace_s is not None and wanted_s < before_s:
            asked_at = parse_time(metadata["deletionTimestamp"]) - before_s
            metadata["deletionTimestamp"] = rfc3339(max(now, asked_at + wanted_s))
            metadata["deletionGracePeriodSeconds"] = wanted_s

    def _mark_namespace(self, namespace: Json) -> None:
        metadata = namespace["metadata"]
        if "deletionTimestamp" not in metadata:
            metadata["deletionTimestamp"] = rfc3339(self.clock.now())
        namespace["status"] = {**namespace.get("status", {}), "phase": "Terminating"}

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``callback`` after each change; the result ends the subscription."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def _commit(self, event: str, key: str, obj: Json, old: Json | None, *, dry_run: bool) -> Json:
        if dry_run:
            return obj
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        entry = Entry(obj, self.version)
        names = self._tables[key].setdefault(obj["metadata"].get("namespace", ""), {})
        if event == "DELETED":
            del names[obj["metadata"]["name"]]
        else:
            names[obj["metadata"]["name"]] = entry
        self._pending.append(Change(event, key, obj, old, entry))
        self._dispatch()
        return obj

    def _dispatch(self) -> None:
        if self._dispatching:
            return
        self._dispatching = True
        try:
            while self._pending:
                change = self._pending.popleft()
                for callback in tuple(self._subscribers):
                    callback(change)
        finally:
            self._dispatching = False


def _generated(prefix: str, taken: dict[str, Entry]) -> str:
    while True:
        name = prefix[:58] + "".join(secrets.choice(_NAME_LETTERS) for _ in range(5))
        if name not in taken:
            return name


def _check_unmodified(key: str, obj: Json, uid: str, resource_version: str) -> None:
    metadata = obj["metadata"]
    for asked, name in ((uid, "uid"), (resource_version, "resourceVersion")):
        if asked and asked != metadata[name]:
            raise status.conflict(key, metadata["name"])


_MISMATCH = "the {0} in the precondition ({1}) does not match the {0} in record ({2})"


def _check_preconditions(key: str, obj: Json, uid: str, resource_version: str) -> None:
    metadata = obj["metadata"]
    if uid and uid != metadata["uid"]:
        why = _MISMATCH.format("UID", uid, metadata["uid"])
        hint = "The object might have been deleted and then recreated"
        raise status.conflict(key, metadata["name"], f"{why}. {hint}")
    if resource_version and resource_version != metadata["resourceVersion"]:
        why = _MISMATCH.format("ResourceVersion", resource_version, metadata["resourceVersion"])
        raise status.conflict(key, metadata["name"], f"{why}. The object might have been modified")


def _bump_generation(changed: Json, old: Json) -> None:
    names = (changed.keys() | old.keys()) - {"metadata", "status"}
    if any(changed.get(name) != old.get(name) for name in names):
        changed["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
