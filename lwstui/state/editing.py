"""From an object before and after an edit to the patch of just what differs. Pure.

The patch tests every value it replaces, so a change that somebody made to the same field
meanwhile fails it, and one to any other field stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Body = Mapping[str, Any]
Operation = dict[str, Any]

_ABSENT: Final = object()
_SERVERS: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def editable(body: Body) -> dict[str, Any]:
    """Return an object without its status and what only the server writes."""
    kept = {name: part for name, part in body.items() if name != "status"}
    meta = kept.get("metadata")
    if isinstance(meta, Mapping):
        kept["metadata"] = {name: part for name, part in meta.items() if name not in _SERVERS}
    return kept


def operations(before: Body, after: Body) -> list[Operation]:
    """Return the JSON patch from one state of an object to another, with its tests."""
    return list(_between("", before, after))


def _between(path: str, before: Any, after: Any) -> Iterator[Operation]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in (*before, *(name for name in after if name not in before)):
            inner = f"{path}/{_escaped(str(name))}"
            if name not in after:
                yield {"op": "test", "path": inner, "value": before[name]}
                yield {"op": "remove", "path": inner}
            elif name not in before:
                yield {"op": "add", "path": inner, "value": after[name]}
            else:
                yield from _between(inner, before[name], after[name])
        return
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _between(f"{path}/{index}", old, new)
        return
    yield {"op": "test", "path": path, "value": before}
    yield {"op": "replace", "path": path, "value": after}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def rebased(before: Any, after: Any, fresh: Any) -> Any:
    """Return what an edit makes of an object that was changed meanwhile.

    Args:
        before: The object that was edited.
        after: What it was edited to; where both changed a field this one wins.
        fresh: The object as it is by now.
    """
    if before == after:
        return fresh
    if all(isinstance(one, Mapping) for one in (before, after, fresh)):
        names = [*fresh, *(name for name in after if name not in fresh)]
        merged = {
            name: rebased(before.get(name), after.get(name), fresh.get(name)) for name in names
        }
        return {name: value for name, value in merged.items() if value is not None}
    lists = all(isinstance(one, list) for one in (before, after, fresh))
    if lists and len(before) == len(after) == len(fresh):
        return [rebased(*items) for items in zip(before, after, fresh, strict=True)]
    return after


def dropped(wanted: list[Operation], stored: Body) -> tuple[str, ...]:
    """Return the fields that were asked for and that the server did not take.

    Args:
        wanted: The patch that was sent.
        stored: What the server answered.
    """
    asked = (op["path"] for op in wanted if op["op"] in ("add", "replace"))
    return tuple(_dotted(path) for path in asked if not _has(stored, path))


def moved(wanted: list[Operation], live: Body) -> tuple[str, ...]:
    """Return the fields that are not any more what a patch was made for."""
    tests = ((op["path"], op["value"]) for op in wanted if op["op"] == "test")
    return tuple(_dotted(path) for path, value in tests if _found(live, path) != value)


def _has(body: Any, path: str) -> bool:
    return _found(body, path) is not _ABSENT


def _found(body: Any, path: str) -> Any:
    """Return what stands at a path."""
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(body, Mapping) and name in body:
            body = body[name]
        elif isinstance(body, list) and name.isdecimal() and int(name) < len(body):
            body = body[int(name)]
        else:
            return _ABSENT
    return body


def _dotted(path: str) -> str:
    return path.lstrip("/").replace("/", ".").replace("~1", "/").replace("~0", "~")


def identity_changed(before: Body, after: Body) -> str:
    """Return what of an object's identity an edit changed, empty if nothing."""
    for path in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")):
        old, new = _at(before, path), _at(after, path)
        if old != new:
            return f"{'.'.join(path)} cannot be changed: it is {old}, not {new}"
    return ""


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body
