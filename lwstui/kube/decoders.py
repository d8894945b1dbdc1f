"""Bytes of an object to a record, with foreign text cleaned as it enters the process."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from controller.api import core, devices, lws, names, pods
from controller.api.names import Resource
from controller.leases import decode_lease
from lwstui.kube.clean import clean

Raw = bytes | msgspec.Raw
# JSON that can hold what must be removed: control characters (always escaped in JSON, the
# escapes of <, > and & are not among them), DEL, or anything beyond ASCII.
_SUSPECT: Final = re.compile(rb"\\u(?!00(?:3[ceCE]|2[67]))|\\[bfr]|[\x7f-\xff]")

_UNUSUAL: Final = (rb"\u", rb"\b", rb"\f", rb"\r")


def _scrub(value: Any) -> Any:
    """Return decoded JSON with every text cleaned, keys included."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    if isinstance(value, dict):
        return {clean(str(key)): _scrub(item) for key, item in value.items()}
    return value


def safe(raw: Raw) -> Raw:
    """Return the JSON of an object with all its text cleaned; the same bytes if it is clean."""
    text = bytes(raw)
    if _plain(text) or _SUSPECT.search(text) is None:
        return raw
    return msgspec.json.encode(_scrub(msgspec.json.decode(raw)))


def _plain(text: bytes) -> bool:
    """Tell at the speed of memory whether nothing in a text can be suspect, as is usual."""
    if not text.isascii() or b"\x7f" in text:
        return False
    return b"\\" not in text or not any(part in text for part in _UNUSUAL)


def _cleaning(decode: Callable[[Raw], Any]) -> Callable[[Raw], Any]:
    def read(raw: Raw) -> Any:
        return decode(safe(raw))

    return read


def _set(raw: Raw) -> lws.LeaderWorkerSet:
    """Return a set whose metadata and status are clean and whose spec is as it was written.

    Pods are built from the spec, so it is not ours to change; what shows parts of it cleans them.
    """
    found = lws.decode(bytes(raw))
    cleaned = safe(raw)
    if cleaned is raw:
        return found
    return msgspec.structs.replace(lws.decode(bytes(cleaned)), spec=found.spec)


_DECODERS: Final[dict[Resource, Callable[[Raw], Any]]] = {
    names.LEADERWORKERSETS: _set,
    names.PODS: _cleaning(pods.decode_pod),
    names.SERVICES: _cleaning(core.decode_service),
    names.NODES: _cleaning(core.decode_node),
    names.REVISIONS: core.decode_revision,
    names.EVENTS: _cleaning(core.decode_event),
    names.CLAIMS: _cleaning(core.decode_claim),
    names.LEASES: _cleaning(decode_lease),
    names.DEVICE_SLICES: _cleaning(devices.decode_slice),
    names.DEVICE_CLASSES: _cleaning(devices.decode_device_class),
    names.DEVICE_CLAIMS: _cleaning(devices.decode_device_claim),
    names.CLAIM_TEMPLATES: _cleaning(devices.decode_claim_template),
}


def decoder(resource: Resource) -> Callable[[Raw], Any]:
    """Return the decode function of a resource.

    Revisions keep their data as it is: templates are written back, never shown unread.

    Raises:
        KeyError: If nothing is known about the resource.
    """
    return _DECODERS[resource]
