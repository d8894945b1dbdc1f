"""Sets of fields in the API's ``FieldsV1`` form, and the sets an object or a change is made of.

A set is a tree of path elements: ``f:name`` a field, ``k:{...}`` a list item by its keys, ``v:...``
a value of a list that is a set. ``{}`` is a member without members below it; a member that has some
is marked by ``.``.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from lwstui.sandbox.listrules import FieldType, ListRule
from lwstui.sandbox.objects import Json

Fields = dict[str, Any]

_SELF = "."


def is_member(node: Fields) -> bool:
    """Tell whether a node itself, not only something below it, is in the set."""
    return not node or _SELF in node


def union(first: Fields, second: Fields) -> Fields:
    """Return the paths in either set."""
    merged = dict(first)
    for name, node in second.items():
        merged[name] = _union_node(first[name], node) if name in first else node
    return merged


def _union_node(first: Fields, second: Fields) -> Fields:
    merged = union(first, second)
    if merged and (is_member(first) or is_member(second)):
        merged[_SELF] = {}
    return merged


def difference(first: Fields, second: Fields) -> Fields:
    """Return the paths of the first set that are not in the second."""
    kept = {}
    for name, node in first.items():
        if name == _SELF:
            continue
        rest = _difference_node(node, second.get(name))
        if rest is not None:
            kept[name] = rest
    return kept


def _difference_node(first: Fields, second: Fields | None) -> Fields | None:
    if second is None:
        return first
    kept = difference(first, second)
    if is_member(first) and not is_member(second):
        return {_SELF: {}, **kept} if kept else {}
    return kept or None


def intersection(first: Fields, second: Fields) -> Fields:
    """Return the paths in both sets."""
    return difference(first, difference(first, second))


def paths(fields: Fields, prefix: str = "") -> Iterator[str]:
    """Yield the members as text, such as ``.spec.containers[name="main"].image``."""
    for name, node in fields.items():
        if name == _SELF:
            continue
        path = prefix + _element_text(name)
        if is_member(node):
            yield path
        yield from paths(node, path)


def _element_text(element: str) -> str:
    kind, _, rest = element.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "v":
        return f"[={rest}]"
    keys = msgspec.json.decode(rest)
    inner = ",".join(f"{key}={msgspec.json.encode(value).decode()}" for key, value in keys.items())
    return f"[{inner}]"


def item_element(item: Json, rule: ListRule) -> str:
    """Return the path element of a list's item."""
    return "k:" + msgspec.json.encode(dict(rule.identity(item))).decode()


def value_element(value: Any) -> str:
    """Return the path element of a set's value."""
    return "v:" + msgspec.json.encode(value).decode()


def children(value: Any, kind: FieldType) -> dict[str, tuple[Any, FieldType]] | None:
    """Return what a value consists of by path element; None when it is one value."""
    if isinstance(value, dict) and value and not kind.is_atomic_map():
        return {f"f:{name}": (inner, kind.child(name)) for name, inner in value.items()}
    if isinstance(value, list) and value:
        rule = kind.list_rule(value)
        if rule.keys and all(isinstance(item, dict) for item in value):
            return {item_element(item, rule): (item, kind.item()) for item in value}
        if rule.is_set:
            return {value_element(item): (item, kind.item()) for item in value}
    return None


def leaves(value: Any, kind: FieldType) -> Fields:
    """Return the fields that an applied configuration owns: its leaves and its list items."""
    owned: Fields = {}
    for element, (inner, inner_kind) in (children(value, kind) or {}).items():
        owned[element] = leaves(inner, inner_kind)
        if element.startswith("k:") and owned[element]:
            owned[element][_SELF] = {}
    return owned


def everything(value: Any, kind: FieldType) -> Fields:
    """Return all fields of a value, itself included."""
    parts = children(value, kind)
    if parts is None:
        return {}
    below = {name: everything(*part) for name, part in parts.items()}
    return below if kind.is_always_there() else {_SELF: {}, **below}


def changes(old: Any, new: Any, kind: FieldType) -> tuple[Fields, Fields]:
    """Return the fields that were added or got another value, and those that went."""
    if isinstance(old, dict) and isinstance(new, dict) and not kind.is_atomic_map():
        # What is equal owns nothing new: most fields are, so they are left out beforehand.
        same = {name for name, value in new.items() if name in old and old[name] == value}
        old = {name: value for name, value in old.items() if name not in same}
        new = {name: value for name, value in new.items() if name not in same}
    before, after = children(old, kind) or {}, children(new, kind) or {}
    changed: Fields = {}
    removed = {name: everything(*part) for name, part in before.items() if name not in after}
    for name, (value, value_kind) in after.items():
        if name not in before:
            changed[name] = everything(value, value_kind)
            continue
        previous = before[name][0]
        if previous == value:
            continue
        below, gone = changes(previous, value, value_kind)
        if not below and not gone:
            changed[name] = {}
            continue
        if below:
            changed[name] = below
        if gone:
            removed[name] = gone
    return changed, removed
