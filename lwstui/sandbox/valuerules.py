"""What the API server demands of data, budgets and priorities."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from lwstui.sandbox.fixedfields import immutable_data_causes
from lwstui.sandbox.objects import Json
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause

_MOST_BYTES = 1 << 20
_HIGHEST_PRIORITY = 1_000_000_000
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',"
    "  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_KEY_LENGTH = 253
_TYPED = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_PERCENT = re.compile(r"[0-9]+%")


def config_map_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    """Yield what is wrong with a config map."""
    plain, binary = new.get("data") or {}, new.get("binaryData") or {}
    for field, entries in (("data", plain), ("binaryData", binary)):
        for key in entries:
            yield from _key_causes(field, key)
            if field == "data" and key in binary:
                message = f"Invalid value: {shown(key)}: duplicate of key present in binaryData"
                yield Cause(f"data[{key}]", message)
    size = sum(len(text.encode()) for text in plain.values()) + _decoded_bytes(binary)
    if size > _MOST_BYTES:
        yield _too_long("[]")
    yield from immutable_data_causes(new, old)


def secret_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    """Yield what is wrong with a secret."""
    data = new.get("data") or {}
    for key in data:
        yield from _key_causes("data", key)
    if _decoded_bytes(data) > _MOST_BYTES:
        yield _too_long("data")
    for key in _TYPED.get(new.get("type", ""), ()):
        if key not in data:
            yield Cause(f"data[{key}]", "Required value", "FieldValueRequired")
    if old is not None and new.get("type") != old.get("type"):
        yield Cause("type", f"Invalid value: {shown(new.get('type'))}: field is immutable")
    yield from immutable_data_causes(new, old)


def _key_causes(field: str, key: str) -> Iterator[Cause]:
    rule = f"must be no more than {_KEY_LENGTH} characters" if len(key) > _KEY_LENGTH else _KEY_RULE
    if len(key) > _KEY_LENGTH or not _DATA_KEY.fullmatch(key):
        yield Cause(f"{field}[{key}]", f"Invalid value: {shown(key)}: {rule}")


def _too_long(path: str) -> Cause:
    return Cause(path, f"Too long: may not be more than {_MOST_BYTES} bytes", "FieldValueTooLong")


def _decoded_bytes(data: Json) -> int:
    total = 0
    for text in data.values():
        try:
            total += len(base64.b64decode(text or ""))
        except (binascii.Error, ValueError):
            total += len(text)
    return total


def budget_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    """Yield what is wrong with a disruption budget."""
    del old
    spec = new.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and most is not None:
        held = f"Invalid value: {shown(spec)}: minAvailable and maxUnavailable cannot be both set"
        yield Cause("spec", held)
    for field, value in (("minAvailable", least), ("maxUnavailable", most)):
        if value is not None:
            yield from _share_causes(f"spec.{field}", value)


def _share_causes(path: str, value: Any) -> Iterator[Cause]:
    if isinstance(value, int):
        if value < 0:
            message = f"Invalid value: {value}: must be greater than or equal to 0"
            yield Cause(path, message)
    elif not _PERCENT.fullmatch(str(value)):
        why = (
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',"
            "  or '93%', regex used for validation is '[0-9]+%')"
        )
        yield Cause(path, f"Invalid value: {shown(value)}: {why}")
    elif int(str(value)[:-1]) > 100:
        yield Cause(path, f"Invalid value: {shown(value)}: must not be greater than 100%")


def priority_class_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    """Yield what is wrong with a priority class."""
    name, value = new["metadata"].get("name", ""), new.get("value", 0)
    if old is not None:
        if value != old.get("value", 0):
            yield Cause("value", f"Invalid value: {value}: field is immutable")
        return
    if name.startswith("system-"):
        why = (
            "Forbidden: priority class names with 'system-' prefix are reserved for system use "
            f"only. error: {name} is not a known system priority class"
        )
        yield Cause("metadata.name", why, "FieldValueForbidden")
    elif value > _HIGHEST_PRIORITY:
        why = f"maximum allowed value of a user defined priority is {_HIGHEST_PRIORITY}"
        yield Cause("value", f"Forbidden: {why}", "FieldValueForbidden")
