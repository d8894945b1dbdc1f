"""Decoding of the protobuf bodies that ``kubectl`` sends for its typed requests.

Only the messages such commands need are described; clients in other languages send JSON.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lwstui.sandbox import status
from lwstui.sandbox.objects import Json
from lwstui.sandbox.protomessages import COMPLETE, MESSAGES

_MAGIC = b"k8s\x00"


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
        if versioned in MESSAGES:
            name = versioned
        if name not in MESSAGES:
            raise status.unsupported_media_type(("application/json", "application/yaml"))
        return {**types, **_message(name, envelope.get("raw", b""))}
    except (AttributeError, IndexError, KeyError, TypeError, UnicodeDecodeError) as error:
        # Also what is of another wire type than it should be, in the parts of maps and quantities.
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
    described = MESSAGES[name]
    decoded: Json = {}
    for number, value in _fields(data):
        if number in described:
            field, kind = described[number]
            _store(decoded, field, kind, value)
        elif name in COMPLETE:
            raise status.unsupported_media_type(("application/json", "application/yaml"))
    return decoded


def _store(decoded: Json, field: str, kind: str, value: Any) -> None:
    if isinstance(value, int) is not (kind in _NUMBERS):
        raise KeyError(f"wire type of {field or kind}")
    if kind in _LEFT_OUT_WHEN_ZERO and not value:
        return
    if kind in _VALUES:
        decoded[field] = _VALUES[kind](value)
    elif kind in _MAPS:
        parts = dict(_fields(value))
        key = parts.get(1, b"").decode()
        decoded.setdefault(field, {})[key] = _MAPS[kind](parts.get(2, b""))
    elif kind in _LISTS:
        decoded.setdefault(field, []).append(_LISTS[kind](value))
    elif kind.startswith("[]"):
        decoded.setdefault(field, []).append(_message(kind[2:], value))
    elif field:
        decoded[field] = _message(kind, value)
    else:
        decoded.update(_message(kind, value))


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _quantity(value: bytes) -> str:
    text: bytes = dict(_fields(value)).get(1, b"0")
    return text.decode()


def _int_or_string(value: bytes) -> int | str:
    parts = dict(_fields(value))
    return parts.get(3, b"").decode() if parts.get(1) == 1 else _signed(parts.get(2, 0))


_NUMBERS = frozenset({"int", "ints", "count", "bool", "flag"})
_LEFT_OUT_WHEN_ZERO = frozenset({"string", "count", "flag"})
_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "string": bytes.decode,
    "int": _signed,
    "count": _signed,
    "bool": bool,
    "flag": bool,
    "bytes": bytes,
    "quantity": _quantity,
    "IntOrString": _int_or_string,
}
_LISTS: Mapping[str, Callable[[Any], Any]] = {"strings": bytes.decode, "ints": _signed}
_MAPS: Mapping[str, Callable[[bytes], str]] = {
    "map": bytes.decode,
    "bytesmap": _base64,
    "quantities": _quantity,
}
