"""OpenAPI schemas of the built-in kinds, in the form that kubectl reads."""

from collections.abc import Mapping

from lwstui.sandbox.builtintypes import BuiltinStruct, Field, TypeRef, builtin_structs
from lwstui.sandbox.listrules import BuiltinType
from lwstui.sandbox.objects import Json

_REFS = "#/components/schemas/"
META_PREFIX = "io.k8s.apimachinery.pkg.apis.meta.v1"
OBJECT_META = f"{META_PREFIX}.ObjectMeta"
_META = frozenset({"ObjectMeta", "ManagedFieldsEntry", "OwnerReference", "LabelSelector"})
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_NAMED_SCALARS: Mapping[str, tuple[str, Json]] = {
    "quantity": (_QUANTITY, {"oneOf": [{"type": "string"}, {"type": "number"}]}),
    "IntOrString": (
        _INT_OR_STRING,
        {"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"},
    ),
}
_SCALARS: Mapping[str, Json] = {
    "string": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "bool": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "number": {"type": "number", "format": "double"},
    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}
# Replaced as a whole but for the fields a patch names, so that one source can follow another.
_RETAINS_KEYS = frozenset({"volumes"})


def builtin_components(kind: str, prefix: str) -> dict[str, Json] | None:
    """Return the schemas of a kind and of every type in it, by component name.

    Args:
        kind: Name of the kind, whose own schema is ``<prefix>.<kind>``.
        prefix: Component names' prefix, such as ``io.k8s.api.core.v1``.

    Returns:
        None for a kind whose fields are not described.
    """
    if kind not in builtin_structs():
        return None
    components: dict[str, Json] = {}
    waiting = [kind, "ObjectMeta"]
    while waiting:
        base = waiting.pop()
        name = component_name(base, prefix)
        if name in components or base in _SCALARS:
            continue
        if base in _NAMED_SCALARS:
            components[name] = _NAMED_SCALARS[base][1]
            continue
        struct = builtin_structs()[base]
        components[name] = _struct_schema(struct, prefix)
        waiting += [field.type.base for field in struct.fields.values()]
    return components


def component_name(base: str, prefix: str) -> str:
    """Return the name under which documents have a type."""
    if base in _NAMED_SCALARS:
        return _NAMED_SCALARS[base][0]
    return f"{META_PREFIX if base in _META else prefix}.{base}"


def reference(name: str) -> Json:
    """Return a field's schema that is another one's."""
    return {"default": {}, "allOf": [{"$ref": _REFS + name}]}


def _struct_schema(struct: BuiltinStruct, prefix: str) -> Json:
    fields = struct.fields.values()
    schema: Json = {
        "type": "object",
        "description": struct.description,
        "properties": {field.name: _field_schema(field, prefix) for field in fields},
    }
    required = [field.name for field in fields if field.required]
    return schema | {"required": required} if required else schema


def _field_schema(field: Field, prefix: str) -> Json:
    described = {"description": field.description} if field.description else {}
    merging = _merging(field) if field.type.shape == "[]" else {}
    return described | _type_schema(field.type, prefix) | merging


def _type_schema(held: TypeRef, prefix: str) -> Json:
    if held.shape.startswith("[]"):
        return {"type": "array", "items": _type_schema(held.inner, prefix)}
    if held.shape:
        return {"type": "object", "additionalProperties": _type_schema(held.inner, prefix)}
    if held.base in _SCALARS:
        return dict(_SCALARS[held.base])
    return reference(component_name(held.base, prefix))


def _merging(field: Field) -> Json:
    """Return how the list merges, as kubectl must know to work out patches."""
    struct = builtin_structs().get(field.type.base)
    # Lists of one name differ by what their items must have.
    item = {each.name: None for each in struct.fields.values() if each.required} if struct else {}
    rule = BuiltinType(field.name, strategic=True).list_rule([item])
    if rule.is_set:
        return {"x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge"}
    if not rule.keys or struct is None:
        return {"x-kubernetes-list-type": "atomic"}
    return {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": list(rule.keys),
        "x-kubernetes-patch-merge-key": rule.keys[0],
        "x-kubernetes-patch-strategy": (
            "merge,retainKeys" if field.name in _RETAINS_KEYS else "merge"
        ),
    }
