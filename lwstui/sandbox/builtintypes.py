"""The types of built-in kinds: which fields there are, what they hold and what they mean.

Read once from ``lwstui/data/builtin_types.txt``; the kinds that are not in it take any field.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from lwstui.sandbox.amounts import canonical
from lwstui.sandbox.gojson import go_kind, go_value
from lwstui.sandbox.kinds import KindInfo
from lwstui.sandbox.objects import Json, StatusError, deep_copy

_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "time": (str,),
    "bool": (bool,),
    "int32": (int,),
    "int64": (int,),
    "number": (int, float),
    "quantity": (str, int, float),
    "IntOrString": (int, str),
}
_COMMON = frozenset({"apiVersion", "kind", "metadata"})
_LEFT_OUT_EMPTY = ("labels", "annotations", "finalizers", "ownerReferences")
_GO_NAMES = {
    "time": "v1.Time",
    "number": "float64",
    "quantity": "resource.Quantity",
    "IntOrString": "intstr.IntOrString",
}


@dataclass(frozen=True, slots=True)
class TypeRef:
    """What a field holds: a scalar or a named type, or a list or map of such.

    Attributes:
        base: ``string``, ``int32``, ..., ``any`` or the name of a type.
        shape: ``[]`` a list, ``{}`` a map by strings, ``{}[]`` a map of lists, empty neither.
    """

    base: str
    shape: str = ""

    @property
    def inner(self) -> "TypeRef":
        """Return what the list or map holds."""
        return TypeRef(self.base, self.shape[2:])

    def go_name(self) -> str:
        """Return the type as decoding errors name it."""
        base = _GO_NAMES.get(self.base, self.base)
        if self.base not in _SCALARS:
            base = f"v1.{base}"
        return self.shape.replace("{}", "map[string]") + base


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type."""

    name: str
    type: TypeRef
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class BuiltinStruct:
    """A type with its fields by name."""

    name: str
    description: str
    fields: Mapping[str, Field]


class Mismatch(Exception):
    """A field holds a value of another type; the message is the API server's.

    Args:
        message: What it says of JSON.
        converted: What it says of an object that is not read from JSON; the same by default.
    """

    def __init__(self, message: str, converted: str = "") -> None:
        super().__init__(message)
        self.converted = converted or message


@cache
def builtin_structs() -> Mapping[str, BuiltinStruct]:
    """Return every described type by name."""
    text = resources.files("lwstui.data").joinpath("builtin_types.txt").read_text(encoding="utf-8")
    blocks = text.split("\n\n")[1:]
    return {struct.name: struct for struct in map(_struct, blocks)}


def _struct(block: str) -> BuiltinStruct:
    head, *lines = block.strip("\n").split("\n")
    name, _, description = head.partition(" = ")
    fields = [_field(line.strip()) for line in lines]
    return BuiltinStruct(name, description, {field.name: field for field in fields})


def _field(line: str) -> Field:
    head, _, description = line.partition(" = ")
    name, _, spelled = head.partition(" ")
    base = spelled.lstrip("[]{}")
    held = TypeRef(base, spelled.removesuffix(base))
    return Field(name.rstrip("*"), held, name.endswith("*"), description)


def decode(kind: str, obj: Json, known: Json | None = None) -> list[str]:
    """Remove the fields of a built-in object that its type does not have, in place.

    Quantities are brought into the form they are stored in.

    Args:
        kind: Name of the kind.
        obj: The object.
        known: A stored object of the kind; parts that are its own are not looked at again.

    Returns:
        The removed fields' paths; none for a kind whose type is not described.

    Raises:
        Mismatch: A field holds a value of another type.
    """
    if kind not in builtin_structs():
        return decode_metadata(obj)
    fine = {name for name, value in obj.items() if known and value is known.get(name)}
    rest = {name: value for name, value in obj.items() if name not in _COMMON | fine}
    checked = [] if "metadata" in fine else decode_metadata(obj)
    removed = [*checked, *_changes(TypeRef(kind), rest, "")]
    for name in obj.keys() - rest.keys() - fine - _COMMON:
        del obj[name]
    return removed


def check_declared(kind: KindInfo, config: Json, namespace: str) -> None:
    """Refuse to apply a configuration with fields that the type of a built-in kind does not have.

    Raises:
        StatusError: 500, as the API server answers it.
    """
    if kind.custom:
        return
    try:
        unknown = decode(kind.kind, deep_copy(config))
        problem = ", ".join(f".{path}: field not declared in schema" for path in unknown)
    except Mismatch as error:
        problem = str(error)
    if problem:
        named = f"{namespace}/{config['metadata'].get('name', '')}".removeprefix("/")
        version = f"{kind.group}/{kind.version}, Kind={kind.kind}"
        message = f"failed to create typed patch object ({named}; {version}): {problem}"
        raise StatusError(500, "", message)


def decode_metadata(obj: Json) -> list[str]:
    """Remove the fields of an object's metadata that no object has, in place, and empty ones.

    Returns:
        The removed fields' paths.

    Raises:
        Mismatch: A field holds a value of another type.
    """
    metadata = obj.get("metadata") or {}
    removed = list(_changes(TypeRef("ObjectMeta"), metadata, "metadata"))
    for name in _LEFT_OUT_EMPTY:
        if name in metadata and not metadata[name]:
            del metadata[name]
    return removed


def _changes(held: TypeRef, value: Any, path: str) -> Iterator[str]:
    return iter(()) if _fits(held)(value) else _decode(held, value, _Place(path, path))


@cache
def _fits(held: TypeRef) -> Callable[[Any], bool]:
    """Return what tells whether a value can stay as it is; most can, and paths cost more."""
    if held.base == "any":
        return lambda value: value is not None
    if held.shape:
        inner = _fits(held.inner)
        if held.shape.startswith("[]"):
            return lambda value: type(value) is list and all(map(inner, value))
        return lambda value: type(value) is dict and all(map(inner, value.values()))
    if held.base == "quantity":
        return lambda value: type(value) is str and _is_canonical(value)
    if held.base in _SCALARS:
        none = (type(None),) if held.base == "time" else ()
        allowed = frozenset({*_SCALARS[held.base], *none})
        return lambda value: type(value) in allowed
    fields = builtin_structs()[held.base].fields
    checks = {name: _fits(field.type) for name, field in fields.items()}

    def fits(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for name, item in value.items():
            check = checks.get(name)
            if check is None or not check(item):
                return False
        return True

    return fits


@lru_cache(maxsize=4096)
def _is_canonical(quantity: str) -> bool:
    try:
        return canonical(quantity) == quantity
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value is: its path with indexes, its path of fields alone, and the type around it."""

    path: str
    fields: str
    owner: str = ""

    def field(self, name: str, owner: str) -> "_Place":
        dot = "." if self.path else ""
        return _Place(f"{self.path}{dot}{name}", f"{self.fields}{dot}{name}", owner)


def _decode(held: TypeRef, value: Any, place: _Place) -> Iterator[str]:
    if value is None or held.base == "any":
        return
    if held.shape:
        yield from _decode_many(held, value, place)
    elif held.base in _SCALARS:
        right = isinstance(value, _SCALARS[held.base])
        if not right or (isinstance(value, bool) and held.base != "bool"):
            raise _mismatch(held, value, place)
    else:
        yield from _decode_struct(held, value, place)


def _decode_many(held: TypeRef, value: Any, place: _Place) -> Iterator[str]:
    if held.shape.startswith("[]"):
        if not isinstance(value, list):
            raise _mismatch(held, value, place)
        items = [(f"[{index}]", item) for index, item in enumerate(value)]
    else:
        if not isinstance(value, dict):
            raise _mismatch(held, value, place)
        items = [(f".{name}", item) for name, item in value.items()]
    for step, item in items:
        if item is None and held.base != "any":
            raise _mismatch(held, item, replace(place, path=place.path + step))
        yield from _decode(held.inner, item, replace(place, path=place.path + step))


def _decode_struct(held: TypeRef, value: Any, place: _Place) -> Iterator[str]:
    if not isinstance(value, dict):
        raise _mismatch(held, value, place)
    struct = builtin_structs()[held.base]
    # A claim template is a claim, which says its kind and has metadata like any object.
    is_whole = bool(place.path) and struct.name == "PersistentVolumeClaim"
    for name in list(value):
        field = struct.fields.get(name)
        if field is not None and value[name] is None and field.type.base != "time":
            del value[name]  # null is the same as nothing, but for a time that has not come
        elif field is not None:
            yield from _decode(field.type, value[name], place.field(name, struct.name))
            value[name] = _stored(field.type, value[name])
        elif not (is_whole and name in _COMMON):
            yield f"{place.path}.{name}" if place.path else name
            del value[name]


def _stored(held: TypeRef, value: Any) -> Any:
    """Return a decoded value in the form it is stored in: quantities are canonical."""
    if held.base != "quantity":
        return value
    try:
        if held.shape:
            return {name: canonical(item) for name, item in value.items()}
        return canonical(value)
    except ValueError as error:
        raise Mismatch(str(error)) from error


def _mismatch(held: TypeRef, value: Any, place: _Place) -> Mismatch:
    owner = f"{place.owner}." if place.owner else ""
    message = (
        f"json: cannot unmarshal {go_value(value)} into Go struct field {owner}{place.fields} "
        f"of type {held.go_name()}"
    )
    return Mismatch(message, _unconvertible(held, go_kind(value)))


def _unconvertible(held: TypeRef, found: str) -> str:
    """Return why a value is not converted to a field's type; empty where JSON decides after all."""
    if held.shape:
        return f"cannot restore {'slice' if held.shape.startswith('[]') else 'map'} from {found}"
    if held.base not in _SCALARS:
        return f"cannot restore struct from: {found}"
    wanted = {"number": "float64"}.get(held.base, held.base)
    if wanted in _GO_NAMES:
        return ""
    if found == "int64" and wanted == "string":
        return f"cannot convert {found} to {wanted}"
    return f"unrecognized type: {wanted}"
