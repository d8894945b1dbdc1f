"""OpenAPI documents: enough for ``kubectl apply``, ``diff``, ``edit`` and ``explain``."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from lwstui.sandbox.builtinschemas import OBJECT_META, builtin_components, reference
from lwstui.sandbox.kinds import KindInfo
from lwstui.sandbox.objects import Json
from lwstui.sandbox.registry import Resource

V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
# The protobuf message Document{swagger: "2.0"}: a schema without definitions, which makes kubectl
# use the types it was built with.
V2_DOCUMENT = b"\x0a\x032.0"

_GVK = "x-kubernetes-group-version-kind"
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


def index(documents: Mapping[str, bytes]) -> Json:
    """Return ``/openapi/v3``: where each document is, by path and content hash."""
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={content_hash(document)}"}
            for path, document in documents.items()
        }
    }


def content_hash(document: bytes) -> str:
    """Return what identifies a document's content."""
    return hashlib.sha256(document).hexdigest().upper()


def documents(resources: Iterable[Resource]) -> dict[str, bytes]:
    """Return the encoded document of every group and version, by path."""
    grouped: dict[str, list[Resource]] = {}
    for each in resources:
        root = "apis/" if each.kind.group else "api/"
        grouped.setdefault(root + each.kind.api_version, []).append(each)
    return {path: msgspec.json.encode(_document(found)) for path, found in grouped.items()}


def _document(resources: list[Resource]) -> Json:
    paths: Json = {}
    schemas: Json = {}
    for each in resources:
        paths |= _paths(each.kind)
        schemas |= _components(each)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _components(resource: Resource) -> Json:
    """Return the schemas of a kind and of what it refers to, by component name."""
    kind = resource.kind
    name = f"{_prefix(kind)}.{kind.kind}"
    meta = builtin_components("ObjectMeta", "") or {}
    if resource.custom is not None:
        described: Json = resource.custom.schema
        return meta | {name: _object_schema(kind, described)}
    # A view's fields have other names than those of the kind it is a view of.
    components = builtin_components(kind.kind, _prefix(kind)) if not resource.to_view else None
    if components is None:
        free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        return meta | {name: _object_schema(kind, free)}
    return components | {name: _object_schema(kind, components[name])}


def _prefix(kind: KindInfo) -> str:
    if kind.custom:
        return ".".join([*reversed(kind.group.split(".")), kind.version])
    return f"io.k8s.api.{kind.group or 'core'}.{kind.version}"


def _paths(kind: KindInfo) -> Json:
    base = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
    scope = f"{base}/namespaces/{{namespace}}" if kind.namespaced else base
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {
        f"{scope}/{kind.plural}": {
            "get": _operation("list", gvk, ()),
            "post": _operation("post", gvk, _WRITE_PARAMETERS[:3]),
        },
        f"{scope}/{kind.plural}/{{name}}": {
            "get": _operation("get", gvk, ()),
            "put": _operation("put", gvk, _WRITE_PARAMETERS[:3]),
            "patch": _operation("patch", gvk, _WRITE_PARAMETERS),
            "delete": _operation("delete", gvk, ("dryRun",)),
        },
    }


def _operation(action: str, gvk: Json, parameters: tuple[str, ...]) -> Json:
    return {
        "x-kubernetes-action": action,
        _GVK: gvk,
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
            for name in parameters
        ],
        "responses": {"200": {"description": "OK"}},
    }


def _object_schema(kind: KindInfo, described: Json) -> Json:
    """Return the schema of whole objects: what is described, with what every object has."""
    own: Json = described.get("properties") or {}
    properties = own | {
        "apiVersion": {"type": "string", "description": "The versioned schema of this object."},
        "kind": {"type": "string", "description": "The resource this object represents."},
        "metadata": {
            "description": "Name, labels, owners and versions of the object.",
            **reference(OBJECT_META),
        },
    }
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {**described, "properties": properties, _GVK: [gvk]}
