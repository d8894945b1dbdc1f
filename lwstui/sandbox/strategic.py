"""Strategic merge patches: lists of built-in kinds merge by key, directives say otherwise."""

from typing import Any

import msgspec

from lwstui.sandbox import status
from lwstui.sandbox.listrules import BuiltinType, FieldType, ListRule
from lwstui.sandbox.objects import Json

_PATCH = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE_FROM = "$deleteFromPrimitiveList/"


def apply_strategic_patch(document: Json, patch: Json) -> Json:
    """Return ``document`` merged with a strategic merge patch.

    Raises:
        StatusError: 400, an item of the patch lacks the list's merge key.
    """
    return _merge_map(document, patch, BuiltinType(strategic=True))


def _merge_map(old: Json, patch: Json, kind: FieldType) -> Json:
    directive = patch.get(_PATCH)
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != _PATCH}
    if directive == "delete":
        return {}
    merged = dict(old)
    if isinstance(patch.get(_RETAIN), list):
        merged = {name: merged[name] for name in patch[_RETAIN] if name in merged}
    for name, value in patch.items():
        if name.startswith(_DELETE_FROM) and isinstance(value, list):
            _delete_values(merged, name.removeprefix(_DELETE_FROM), value)
        elif not name.startswith("$"):
            _merge_field(merged, name, value, kind.child(name))
    for name, value in patch.items():
        if name.startswith(_ORDER):
            field = name.removeprefix(_ORDER)
            if isinstance(merged.get(field), list) and isinstance(value, list):
                merged[field] = _ordered(merged[field], value, kind.child(field))
    return merged


def _merge_field(merged: Json, name: str, value: Any, kind: FieldType) -> None:
    old = merged.get(name)
    if value is None:
        merged.pop(name, None)
    elif isinstance(value, dict):
        merged[name] = _merge_map(old if isinstance(old, dict) else {}, value, kind)
    elif isinstance(value, list):
        merged[name] = _merge_list(old if isinstance(old, list) else [], value, kind)
    else:
        merged[name] = value


def _merge_list(old: list[Any], patch: list[Any], kind: FieldType) -> list[Any]:
    rule = kind.list_rule([*old, *patch])
    if any(
        isinstance(item, dict) and item.get(_PATCH) == "replace" and len(item) == 1
        for item in patch
    ):
        return [item for item in patch if not (isinstance(item, dict) and _PATCH in item)]
    if rule.is_set:
        return old + [value for value in patch if value not in old]
    if not rule.keys:
        return [_without_nulls(item) for item in patch]
    return _merge_keyed(old, patch, kind, rule)


def _merge_keyed(old: list[Any], patch: list[Any], kind: FieldType, rule: ListRule) -> list[Any]:
    key = rule.keys[0]
    merged = list(old)
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise status.bad_request(f"map: {item} does not contain declared merge key: {key}")
        at = next((i for i, each in enumerate(merged) if _has(each, key, item[key])), None)
        if item.get(_PATCH) == "delete":
            if at is not None:
                del merged[at]
        elif at is None:
            merged.append(_merge_map({}, item, kind.item()))
        else:
            merged[at] = _merge_map(merged[at], item, kind.item())
    return merged


def _has(item: Any, key: str, value: Any) -> bool:
    return isinstance(item, dict) and item.get(key) == value


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        name: _without_nulls(inner)
        for name, inner in value.items()
        if inner is not None and not name.startswith("$")
    }


def _delete_values(merged: Json, field: str, values: list[Any]) -> None:
    if isinstance(merged.get(field), list):
        merged[field] = [value for value in merged[field] if value not in values]


def _ordered(items: list[Any], order: list[Any], kind: FieldType) -> list[Any]:
    """Return items in the given order; those it does not name keep their place before the rest."""
    rule = kind.list_rule(items)

    def identity(item: Any) -> bytes:
        keyed = rule.keys and isinstance(item, dict)
        return msgspec.json.encode(item.get(rule.keys[0]) if keyed else item)

    rank = {identity(item): place for place, item in enumerate(order)}
    named = iter(sorted((i for i in items if identity(i) in rank), key=lambda i: rank[identity(i)]))
    return [next(named) if identity(item) in rank else item for item in items]
