"""Decoding of the protobuf bodies that ``kubectl`` sends for its typed requests.

Only the messages such commands need are described; clients in other languages send JSON.
"""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from lwstui.sandbox import status
from lwstui.sandbox.objects import Json

_MAGIC = b"k8s\x00"
_Field = tuple[str, str]

_META: Mapping[int, _Field] = {
    1: ("name", "string"),
    2: ("generateName", "string"),
    3: ("namespace", "string"),
    5: ("uid", "string"),
    6: ("resourceVersion", "string"),
    11: ("labels", "map"),
    12: ("annotations", "map"),
    14: ("finalizers", "strings"),
}
_MESSAGES: Mapping[str, Mapping[int, _Field]] = {
    "ObjectMeta": _META,
    "Namespace": {1: ("metadata", "ObjectMeta")},
    "ConfigMap": {
        1: ("metadata", "ObjectMeta"),
        2: ("data", "map"),
        3: ("binaryData", "bytesmap"),
        4: ("immutable", "bool"),
    },
    "Secret": {
        1: ("metadata", "ObjectMeta"),
        2: ("data", "bytesmap"),
        3: ("type", "string"),
        4: ("stringData", "map"),
        5: ("immutable", "bool"),
    },
    "ServiceAccount": {1: ("metadata", "ObjectMeta")},
    "Preconditions": {1: ("uid", "string"), 2: ("resourceVersion", "string")},
    "DeleteOptions": {
        1: ("gracePeriodSeconds", "int"),
        2: ("preconditions", "Preconditions"),
        3: ("orphanDependents", "bool"),
        4: ("propagationPolicy", "string"),
        5: ("dryRun", "strings"),
    },
    "Eviction": {1: ("metadata", "ObjectMeta"), 2: ("deleteOptions", "DeleteOptions")},
    "ObjectReference": {
        1: ("kind", "string"),
        2: ("namespace", "string"),
        3: ("name", "string"),
        4: ("uid", "string"),
        5: ("apiVersion", "string"),
    },
    "Binding": {1: ("metadata", "ObjectMeta"), 2: ("target", "ObjectReference")},
    "ScaleSpec": {1: ("replicas", "int")},
    "Scale": {1: ("metadata", "ObjectMeta"), 2: ("spec", "ScaleSpec")},
    "ResourceAttributes": {
        1: ("namespace", "string"),
        2: ("verb", "string"),
        3: ("group", "string"),
        4: ("version", "string"),
        5: ("resource", "string"),
        6: ("subresource", "string"),
        7: ("name", "string"),
    },
    "NonResourceAttributes": {1: ("path", "string"), 2: ("verb", "string")},
    "SelfSubjectAccessReviewSpec": {
        1: ("resourceAttributes", "ResourceAttributes"),
        2: ("nonResourceAttributes", "NonResourceAttributes"),
    },
    "SelfSubjectAccessReview": {
        1: ("metadata", "ObjectMeta"),
        2: ("spec", "SelfSubjectAccessReviewSpec"),
    },
    "SelfSubjectRulesReviewSpec": {1: ("namespace", "string")},
    "SelfSubjectRulesReview": {
        1: ("metadata", "ObjectMeta"),
        2: ("spec", "SelfSubjectRulesReviewSpec"),
    },
    "SelfSubjectReview": {1: ("metadata", "ObjectMeta")},
    "CrossVersionObjectReference": {
        1: ("kind", "string"),
        2: ("name", "string"),
        3: ("apiVersion", "string"),
    },
    "HorizontalPodAutoscalerSpec": {
        1: ("scaleTargetRef", "CrossVersionObjectReference"),
        2: ("minReplicas", "int"),
        3: ("maxReplicas", "int"),
        4: ("targetCPUUtilizationPercentage", "int"),
    },
    "HorizontalPodAutoscaler": {
        1: ("metadata", "ObjectMeta"),
        2: ("spec", "HorizontalPodAutoscalerSpec"),
    },
    "MetricTarget": {1: ("type", "string"), 4: ("averageUtilization", "int")},
    "ResourceMetricSource": {1: ("name", "string"), 2: ("target", "MetricTarget")},
    "MetricSpec": {1: ("type", "string"), 4: ("resource", "ResourceMetricSource")},
    "HorizontalPodAutoscalerSpec2": {
        1: ("scaleTargetRef", "CrossVersionObjectReference"),
        2: ("minReplicas", "int"),
        3: ("maxReplicas", "int"),
        4: ("metrics", "[]MetricSpec"),
    },
    "autoscaling/v2 HorizontalPodAutoscaler": {
        1: ("metadata", "ObjectMeta"),
        2: ("spec", "HorizontalPodAutoscalerSpec2"),
    },
    "TypeMeta": {1: ("apiVersion", "string"), 2: ("kind", "string")},
    "Unknown": {1: ("typeMeta", "TypeMeta"), 2: ("raw", "bytes")},
}


def decode(body: bytes) -> Json:
    """Return a protobuf body as JSON.

    Raises:
        StatusError: 400 it cannot be read, 415 the message is not one of those described.
    """
    if not body.startswith(_MAGIC):
        raise status.bad_request("the body is not a Kubernetes protobuf message")
    try:
        envelope = _message("Unknown", body[len(_MAGIC) :])
        types = envelope["typeMeta"]
        name = types["kind"]
        versioned = f"{types.get('apiVersion', '')} {name}"
        if versioned in _MESSAGES:
            name = versioned
        if name not in _MESSAGES:
            raise status.unsupported_media_type(("application/json", "application/yaml"))
        return {**types, **_message(name, envelope.get("raw", b""))}
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise status.bad_request(f"the protobuf body cannot be read: {error}") from error


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        elif wire == 2:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise IndexError("the message ends early")
            yield number, data[at : at + size]
            at += size
        else:
            raise KeyError(f"wire type {wire}")


def _message(name: str, data: bytes) -> Json:
    described = _MESSAGES[name]
    decoded: Json = {}
    for number, value in _fields(data):
        if number in described:
            field, kind = described[number]
            _store(decoded, field, kind, value)
    return decoded


def _store(decoded: Json, field: str, kind: str, value: Any) -> None:
    match kind:
        case "string":
            if value:
                decoded[field] = value.decode()
        case "int":
            decoded[field] = value - (1 << 64) if value >> 63 else value
        case "bool":
            decoded[field] = bool(value)
        case "bytes":
            decoded[field] = value
        case "strings":
            decoded.setdefault(field, []).append(value.decode())
        case "map" | "bytesmap":
            key, inner = _pair(value)
            decoded.setdefault(field, {})[key] = _text(inner, encoded=kind == "bytesmap")
        case _ if kind.startswith("[]"):
            decoded.setdefault(field, []).append(_message(kind[2:], value))
        case _:
            decoded[field] = _message(kind, value)


def _pair(data: bytes) -> tuple[str, bytes]:
    parts = dict(_fields(data))
    return parts.get(1, b"").decode(), parts.get(2, b"")


def _text(value: bytes, *, encoded: bool) -> str:
    return base64.b64encode(value).decode() if encoded else value.decode()
