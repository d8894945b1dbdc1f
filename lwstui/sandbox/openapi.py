"""OpenAPI documents: enough for ``kubectl apply`` and ``kubectl explain``."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from lwstui.sandbox.kinds import KindInfo
from lwstui.sandbox.objects import Json
from lwstui.sandbox.registry import Resource

V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
# The protobuf message Document{swagger: "2.0"}: a schema without definitions, which makes kubectl
# use the types it was built with.
V2_DOCUMENT = b"\x0a\x032.0"

_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_GVK = "x-kubernetes-group-version-kind"
_OBJECT_META: Json = {
    "description": "ObjectMeta is metadata that all persisted resources must have.",
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "Unique within a namespace."},
        "namespace": {"type": "string", "description": "The space the name is unique in."},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "generateName": {"type": "string"},
        "generation": {"type": "integer", "format": "int64"},
        "resourceVersion": {"type": "string"},
        "uid": {"type": "string"},
        "creationTimestamp": {"type": "string", "format": "date-time"},
        "deletionTimestamp": {"type": "string", "format": "date-time"},
        "deletionGracePeriodSeconds": {"type": "integer", "format": "int64"},
        "managedFields": {"type": "array", "items": {"type": "object"}},
        "ownerReferences": {"type": "array", "items": {"type": "object"}},
    },
}
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
    schemas: Json = {_META: _OBJECT_META}
    for each in resources:
        paths |= _paths(each.kind)
        schemas[_schema_name(each.kind)] = _schema(each)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schema_name(kind: KindInfo) -> str:
    group = kind.group or "core"
    prefix = ".".join(reversed(group.split("."))) if kind.custom else f"io.k8s.api.{group}"
    return f"{prefix}.{kind.version}.{kind.kind}"


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


def _schema(resource: Resource) -> Json:
    kind = resource.kind
    described: Json = resource.custom.schema if resource.custom else {"type": "object"}
    properties = {
        "apiVersion": {"type": "string", "description": "The versioned schema of this object."},
        "kind": {"type": "string", "description": "The resource this object represents."},
        "metadata": {
            "description": "Standard object's metadata.",
            "default": {},
            "allOf": [{"$ref": f"#/components/schemas/{_META}"}],
        },
    }
    if resource.custom is None:
        free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        properties |= {"spec": free, "status": free}
    own: Json = described.get("properties") or {}
    own = {name: inner for name, inner in own.items() if name not in properties}
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {**described, "properties": properties | own, _GVK: [gvk]}
