"""Field ownership: ``metadata.managedFields`` and server-side apply."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from lwstui.sandbox import fieldsets
from lwstui.sandbox.fieldsets import Fields
from lwstui.sandbox.listrules import FieldType
from lwstui.sandbox.objects import Json, StatusError

_UNOWNED_METADATA = frozenset(
    {
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
    }
)


@dataclass(frozen=True, slots=True)
class Manager:
    """Who owns fields: a field manager, its operation, API version and subresource."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""

    def text(self) -> str:
        """Return the manager as conflict messages name it."""
        if self.operation == "Apply":
            return f'"{self.name}"'
        through = f' with subresource "{self.subresource}"' if self.subresource else ""
        return f'"{self.name}"{through} using {self.api_version}'


@dataclass(frozen=True, slots=True)
class Owned:
    """The fields of one manager, and when the set last changed the object."""

    fields: Fields
    time: str = ""


Owners = dict[Manager, Owned]


def read_owners(obj: Json) -> Owners:
    """Return who owns what of an object."""
    return {
        Manager(
            entry.get("manager", ""),
            entry.get("operation", "Update"),
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        ): Owned(entry.get("fieldsV1") or {}, entry.get("time") or "")
        for entry in obj["metadata"].get("managedFields") or ()
        if entry
    }


def _received_owners(new: Json, old: Json | None) -> Owners:
    """Return who owns what by an object as a client sent it; what are no fields, nobody owns."""
    received = new["metadata"].get("managedFields")
    if old is not None and received in (None, old["metadata"].get("managedFields")):
        return read_owners(old)
    return {
        manager: replace(owned, fields=_only_fields(owned.fields))
        for manager, owned in read_owners(new).items()
    }


def _only_fields(received: Any) -> Fields:
    if not isinstance(received, dict):
        return {}
    return {name: _only_fields(inner) for name, inner in received.items()}


def write_owners(obj: Json, owners: Owners) -> None:
    """Store who owns what in ``metadata.managedFields``; managers that own nothing are left out."""
    entries = [_entry(manager, owned) for manager, owned in owners.items() if owned.fields]
    entries.sort(key=lambda entry: (entry["operation"], entry.get("time", ""), entry["manager"]))
    obj["metadata"].pop("managedFields", None)
    if entries:
        obj["metadata"]["managedFields"] = entries


def _entry(manager: Manager, owned: Owned) -> Json:
    entry: Json = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
    }
    if owned.time:
        entry["time"] = owned.time
    entry |= {"fieldsType": "FieldsV1", "fieldsV1": owned.fields}
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry


def ownable(obj: Json, subresource: str, *, has_status: bool) -> Json:
    """Return the part of an object whose fields a write through ``subresource`` can own."""
    if subresource == "status":
        return {"status": obj["status"]} if "status" in obj else {}
    kept = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind")}
    if has_status:
        kept.pop("status", None)
    metadata = {
        name: value for name, value in obj["metadata"].items() if name not in _UNOWNED_METADATA
    }
    kept.pop("metadata", None)
    return {"metadata": metadata, **kept} if metadata else kept


def track_update(
    new: Json, old: Json | None, manager: Manager, now: str, kind: FieldType, *, has_status: bool
) -> None:
    """Record in ``new`` what a create, update or patch by ``manager`` changed.

    Args:
        new: The object about to be stored; its managedFields, if any, are those of before.
        old: The stored object, None for a create.
        manager: Who writes.
        now: RFC 3339 time of the write.
        kind: How the object's fields merge.
        has_status: The kind has a status subresource, so that other writes do not own status.
    """
    before = ownable(old, manager.subresource, has_status=has_status) if old else {}
    after = ownable(new, manager.subresource, has_status=has_status)
    owners = _received_owners(new, old)
    changed, removed = fieldsets.changes(before, after, kind)
    if changed or removed:
        taken = fieldsets.union(changed, removed)
        own = owners.pop(manager, Owned({}))
        owners = _without(owners, taken)
        kept = fieldsets.difference(own.fields, removed)
        owners[manager] = Owned(fieldsets.union(kept, changed), now)
    write_owners(new, owners)


def _without(owners: Owners, taken: Fields) -> Owners:
    return {
        manager: replace(owned, fields=fieldsets.difference(owned.fields, taken))
        for manager, owned in owners.items()
    }


@dataclass(frozen=True, slots=True)
class Applied:
    """A server-side apply worked out but not yet stored.

    ``object`` is the merged object without managedFields; ``owners`` who owns what after it.
    """

    object: Json
    manager: Manager
    owners: Owners = field(default_factory=dict)

    def finish(self, new: Json, old: Json | None, now: str) -> None:
        """Store ownership in ``new``, stamped when the write changed more than ownership."""
        owned = self.owners[self.manager]
        if old is None or _without_versions(new) != _without_versions(old):
            owned = replace(owned, time=now)
        write_owners(new, {**self.owners, self.manager: owned})


def _without_versions(obj: Json) -> Json:
    ignored = ("managedFields", "resourceVersion", "generation")
    metadata = {name: value for name, value in obj["metadata"].items() if name not in ignored}
    return {**obj, "metadata": metadata}


def apply_configuration(
    live: Json | None,
    config: Json,
    manager: Manager,
    kind: FieldType,
    *,
    has_status: bool,
    force: bool,
) -> Applied:
    """Return what a server-side apply of ``config`` makes of the live object.

    Fields that the manager applied before and no longer does are removed unless others own them.

    Raises:
        StatusError: 409, fields it changes are owned by others and ``force`` is off.
    """
    wanted = ownable(config, manager.subresource, has_status=has_status)
    applied = fieldsets.leaves(wanted, kind)
    if live is None:
        return Applied(config, manager, {manager: Owned(applied)})
    owners = read_owners(live)
    before = owners.pop(manager, Owned({}))
    merged = _merge(live, wanted, kind)
    changed, _ = fieldsets.changes(
        ownable(live, manager.subresource, has_status=has_status),
        ownable(merged, manager.subresource, has_status=has_status),
        kind,
    )
    owners = _settle(owners, fieldsets.intersection(changed, applied), force=force)
    kept = applied
    for owned in owners.values():
        kept = fieldsets.union(kept, owned.fields)
    abandoned = fieldsets.difference(before.fields, kept)
    pruned = _remove(merged, abandoned, kept, kind)
    pruned["metadata"] = {**pruned["metadata"]}
    pruned["metadata"].pop("managedFields", None)
    owners[manager] = Owned(applied, before.time)
    return Applied(pruned, manager, owners)


def _settle(owners: Owners, changed: Fields, *, force: bool) -> Owners:
    """Return the owners after ``changed`` was taken from them, or raise when it is theirs."""
    conflicts = [
        (manager, path)
        for manager, owned in owners.items()
        for path in fieldsets.paths(fieldsets.intersection(changed, owned.fields))
    ]
    if conflicts and not force:
        raise _conflict(conflicts)
    return _without(owners, changed)


def _conflict(conflicts: list[tuple[Manager, str]]) -> StatusError:
    if len(conflicts) == 1:
        manager, path = conflicts[0]
        message = f"Apply failed with 1 conflict: conflict with {manager.text()}: {path}"
    else:
        lines: list[str] = []
        for name in sorted({manager.text() for manager, _ in conflicts}):
            lines.append(f"conflicts with {name}:")
            lines += [f"- {path}" for manager, path in conflicts if manager.text() == name]
        joined = "\n".join(lines)
        message = f"Apply failed with {len(conflicts)} conflicts: {joined}"
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {manager.text()}",
            "field": path,
        }
        for manager, path in conflicts
    ]
    return StatusError(409, "Conflict", message, {"causes": causes})


def _merge(live: Any, wanted: Any, kind: FieldType) -> Any:
    if isinstance(live, dict) and isinstance(wanted, dict) and not kind.is_atomic_map():
        merged = dict(live)
        for name, value in wanted.items():
            if name in live:
                merged[name] = _merge(live[name], value, kind.child(name))
            else:
                merged[name] = value
        return merged
    if isinstance(live, list) and isinstance(wanted, list):
        rule = kind.list_rule([*live, *wanted])
        if rule.keys and all(isinstance(item, dict) for item in (*live, *wanted)):
            identity = partial(fieldsets.item_element, rule=rule)
            return _merge_items(live, wanted, identity, kind.item())
        if rule.is_set:
            return live + [value for value in wanted if value not in live]
    return wanted


def _merge_items(
    live: list[Json], wanted: list[Json], identity: Callable[[Json], Any], kind: FieldType
) -> list[Json]:
    ours = {identity(item): item for item in wanted}
    known = {identity(item) for item in live}
    merged = [
        _merge(item, ours[identity(item)], kind) if identity(item) in ours else item
        for item in live
    ]
    return merged + [item for item in wanted if identity(item) not in known]


def _remove(value: Any, abandoned: Fields, kept: Fields, kind: FieldType) -> Any:
    """Return ``value`` without the abandoned fields, keeping those that have something kept."""
    parts = fieldsets.children(value, kind)
    if parts is None or not abandoned:
        return value
    result = []
    for element, (inner, inner_kind) in parts.items():
        gone, stays = abandoned.get(element), kept.get(element)
        if gone is None:
            result.append((element, inner))
        elif stays is not None or not fieldsets.is_member(gone):
            result.append((element, _remove(inner, gone, stays or {}, inner_kind)))
    return _rebuilt(value, result)


def _rebuilt(value: Any, parts: Iterable[tuple[str, Any]]) -> Any:
    if isinstance(value, list):
        return [inner for _, inner in parts]
    return {element.removeprefix("f:"): inner for element, inner in parts}
