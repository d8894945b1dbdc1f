"""Structural schemas of custom kinds: defaults, pruning and validation."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lwstui.sandbox.objects import Json, deep_copy
from lwstui.sandbox.status import Cause

_EMBEDDED = frozenset({"apiVersion", "kind", "metadata"})
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_FORMAT_LIMITS = {"int32": 2**31, "int64": 2**63}


def properties(schema: Json) -> Json:
    """Return the described fields of an object schema."""
    found: Json = schema.get("properties") or {}
    return found


def child(schema: Json, name: str) -> Json | None:
    """Return the schema of a field; None when the schema does not describe it."""
    found = properties(schema).get(name)
    if found is not None:
        return dict(found)
    extra = schema.get("additionalProperties")
    return extra if isinstance(extra, dict) else None


def apply_defaults(schema: Json, value: Any) -> None:
    """Fill in the schema's defaults where fields are absent, in place."""
    if isinstance(value, dict):
        for name, inner in properties(schema).items():
            if "default" in inner and value.get(name, inner.get("nullable")) is None:
                value[name] = _copied(inner["default"])
        for name in value:
            inner = child(schema, name)
            if inner is not None:
                apply_defaults(inner, value[name])
    elif isinstance(value, list) and schema.get("items"):
        for item in value:
            apply_defaults(schema["items"], item)


def _copied(value: Any) -> Any:
    return deep_copy({"": value})[""]


def prune(schema: Json, value: Any, path: str = "", *, is_root: bool = True) -> list[str]:
    """Remove fields the schema does not describe, in place, and return their paths."""
    if isinstance(value, list):
        items = schema.get("items") or {}
        return [
            each
            for index, item in enumerate(value)
            for each in prune(items, item, f"{path}[{index}]", is_root=False)
        ]
    if not isinstance(value, dict) or _keeps_everything(schema):
        return []
    embedded = is_root or schema.get("x-kubernetes-embedded-resource")
    removed: list[str] = []
    for name in list(value):
        if embedded and name in _EMBEDDED:
            continue
        where = f"{path}.{name}" if path else name
        inner = child(schema, name)
        if inner is not None:
            removed += prune(inner, value[name], where, is_root=False)
        elif not schema.get(_PRESERVE) and not schema.get("additionalProperties"):
            del value[name]
            removed.append(where)
    return removed


def _keeps_everything(schema: Json) -> bool:
    return bool(schema.get(_PRESERVE)) and not schema.get("properties")


def validate(schema: Json, value: Any, path: str = "") -> Iterator[Cause]:
    """Yield what is wrong with a value."""
    where = path or "<nil>"
    if value is None and schema.get("nullable"):
        return
    wrong_type = _type_cause(schema, value, where)
    if wrong_type is not None:
        yield wrong_type
        return
    yield from _enum_causes(schema, value, where)
    if isinstance(value, dict):
        yield from _object_causes(schema, value, path)
    elif isinstance(value, list):
        yield from _list_causes(schema, value, path)
    elif isinstance(value, str):
        yield from _string_causes(schema, value, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_causes(schema, value, where)


def _type_cause(schema: Json, value: Any, where: str) -> Cause | None:
    wanted = schema.get("type")
    if schema.get(_INT_OR_STRING):
        if isinstance(value, int | str) and not isinstance(value, bool):
            return None
        wanted = "integer,string"
    elif wanted is None or _has_type(value, wanted):
        return None
    found = _type_name(value)
    return Cause(
        where,
        f'Invalid value: "{found}": {where} in body must be of type {wanted}: "{found}"',
        "FieldValueTypeInvalid",
    )


def _has_type(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    if wanted == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[wanted])


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return next(name for name, types in _TYPES.items() if isinstance(value, types))


def shown(value: Any) -> str:
    """Return a value as error messages show it."""
    return msgspec.json.encode(value).decode()


def _enum_causes(schema: Json, value: Any, where: str) -> Iterator[Cause]:
    allowed = schema.get("enum")
    if allowed is not None and value not in allowed:
        supported = ", ".join(shown(each) for each in allowed)
        message = f"Unsupported value: {shown(value)}: supported values: {supported}"
        yield Cause(where, message, "FieldValueNotSupported")


def _object_causes(schema: Json, value: Json, path: str) -> Iterator[Cause]:
    for name in schema.get("required") or ():
        if name not in value:
            yield Cause(_join(path, name), "Required value", "FieldValueRequired")
    for name, inner in value.items():
        inner_schema = child(schema, name)
        if inner_schema is not None:
            yield from validate(inner_schema, inner, _join(path, name))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _list_causes(schema: Json, value: list[Any], path: str) -> Iterator[Cause]:
    where = path or "<nil>"
    most, least = schema.get("maxItems"), schema.get("minItems")
    if most is not None and len(value) > most:
        message = f"Too many: {len(value)}: must have at most {most} items"
        yield Cause(where, message, "FieldValueTooMany")
    if least is not None and len(value) < least:
        yield Cause(
            where,
            f"Invalid value: {len(value)}: {where} in body should have at least {least} items",
        )
    yield from _duplicate_causes(schema, value, path)
    for index, item in enumerate(value):
        yield from validate(schema.get("items") or {}, item, f"{path}[{index}]")


def _duplicate_causes(schema: Json, value: list[Any], path: str) -> Iterator[Cause]:
    kind = schema.get("x-kubernetes-list-type")
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    seen: list[Any] = []
    for index, item in enumerate(value):
        if kind == "map" and isinstance(item, dict):
            identity: Any = {key: item[key] for key in keys if key in item}
        elif kind == "set":
            identity = item
        else:
            continue
        if identity in seen:
            message = f"Duplicate value: {shown(identity)}"
            yield Cause(f"{path}[{index}]", message, "FieldValueDuplicate")
        seen.append(identity)


def _string_causes(schema: Json, value: str, where: str) -> Iterator[Cause]:
    most, least, pattern = schema.get("maxLength"), schema.get("minLength"), schema.get("pattern")
    if most is not None and len(value) > most:
        message = f"Too long: may not be more than {most} bytes"
        yield Cause(where, message, "FieldValueTooLong")
    if least is not None and len(value) < least:
        yield _should(where, value, f"be at least {least} chars long")
    if pattern is not None and not re.search(pattern, value):
        yield _should(where, value, f"match '{pattern}'")


def _number_causes(schema: Json, value: float, where: str) -> Iterator[Cause]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and value < least:
        yield _should(where, value, f"be greater than or equal to {least}")
    if most is not None and value > most:
        yield _should(where, value, f"be less than or equal to {most}")
    multiple = schema.get("multipleOf")
    if multiple and value % multiple:
        yield _should(where, value, f"be a multiple of {multiple}")
    limit = _FORMAT_LIMITS.get(schema.get("format", ""))
    if limit and not -limit <= value < limit:
        yield _should(where, value, f"be of type {schema['format']}")


def _should(where: str, value: Any, demand: str) -> Cause:
    return Cause(where, f"Invalid value: {shown(value)}: {where} in body should {demand}")
