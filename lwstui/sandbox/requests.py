"""What a request asks for: its path, its parameters and its body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from lwstui.sandbox import gojson, protobuf, status
from lwstui.sandbox.objects import Json, deep_copy

JSON = "application/json"
YAML_TYPES = frozenset({"application/yaml", "application/apply-patch+yaml"})
PROTOBUF = "application/vnd.kubernetes.protobuf"
_MANAGER_BYTES = 128
_VALIDATIONS = '"", "Ignore", "Strict", "Warn"'
_OPTIONS = {"POST": "Create", "PUT": "Update", "PATCH": "Patch", "DELETE": "Delete"}
BODY_TYPES = (JSON, "application/yaml", PROTOBUF)
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_VERSION = re.compile(r"[0-9]{1,40}")
_LEAST, _MOST = -(2**63), 2**63 - 1
_MOST_VALUES = 400_000
_PATCH_PREFIXES = {
    "application/json-patch+json": "error decoding patch: ",
    "application/merge-patch+json": "error decoding patch: ",
    "application/strategic-merge-patch+json": "",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a resource path names; empty strings where the path names nothing."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def parse_path(path: str) -> Target | None:
    """Return what a path below ``/api`` or ``/apis`` names; None when it names no resource."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"] and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not _is_subresource(group, rest):
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource = (*rest, "", "")[:3]
    if len(rest) > 3:
        return None
    return Target(group, version, plural, namespace, name, subresource)


def _is_subresource(group: str, rest: list[str]) -> bool:
    """Tell ``namespaces/x/status`` from the namespaced resource of a path."""
    return not group and len(rest) == 3 and rest[2] in ("status", "finalize")


def announced_type(headers: Mapping[str, str], content_type: str) -> str:
    """Return the media type of a body: JSON where the request names none."""
    return content_type if headers.get("Content-Type") else JSON


def decode_body(raw: bytes, content_type: str, *, kind: str = "") -> Any:
    """Return the body of a request as JSON values.

    Args:
        raw: The body.
        content_type: What it is announced as.
        kind: Name of the kind it should be of, for the words of a refusal.

    Raises:
        StatusError: 400 it cannot be read, 415 its format is not known.
    """
    if content_type == PROTOBUF:
        return protobuf.decode(raw)
    try:
        if content_type in YAML_TYPES:
            return _decode_yaml(raw)
        if not content_type.endswith("json"):
            raise status.unsupported_media_type(BODY_TYPES)
        return _decode_json(raw, kind)
    except RecursionError:
        raise status.bad_request("the object provided is unrecognized: too deep") from None
    except (msgspec.DecodeError, yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        message = f"the object provided is unrecognized (must be of type {JSON}): {error}"
        raise status.bad_request(message) from error


def _decode_json(raw: bytes, kind: str) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise status.bad_request(gojson.unrecognized(raw, kind or "Object")) from None


def decode_patch(raw: bytes, content_type: str) -> Any:
    """Return a patch as JSON values.

    Raises:
        StatusError: 400 it cannot be read, 415 its format is not known.
    """
    if content_type not in _PATCH_PREFIXES:
        return decode_body(raw, content_type)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        why = _PATCH_PREFIXES[content_type] + gojson.json_fault(raw)
        raise status.bad_request(why) from None


class _YamlLoader(yaml.CSafeLoader):
    """Reads YAML as the API server does: what looks like a time is a text."""


_YamlLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _decode_yaml(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        pass
    loaded = yaml.load(raw.decode(), _YamlLoader)
    if _written_out(loaded, {}) > _MOST_VALUES:
        raise ValueError("yaml: document contains excessive aliasing")
    try:
        # As JSON has it: keys are texts, and there are no sets, bytes or numbers that are none.
        return deep_copy(loaded)
    except TypeError as error:
        raise ValueError(f"the YAML is no JSON: {error}") from error


def _written_out(value: Any, known: dict[int, float]) -> float:
    """Return how many values a value is with its aliases written out; infinite if in itself."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = float("inf")
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_written_out(each, known) for each in inner)
    return known[id(value)]


def object_body(body: Any) -> Json:
    """Return a body that must be an object with metadata.

    Raises:
        StatusError: 400, it is not.
    """
    if not isinstance(body, dict):
        raise status.bad_request("the object provided is unrecognized: it is not a JSON object")
    if body.get("metadata") is None:
        body["metadata"] = {}
    if not isinstance(body["metadata"], dict):
        raise status.bad_request("the object provided is unrecognized: metadata is no object")
    return body


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The parameters of a write, and what is to be said of keys that its body has twice."""

    dry_run: bool
    manager: str
    validation: str
    force: bool
    duplicates: tuple[str, ...] = ()


def write_options(
    query: Mapping[str, str], user_agent: str, *, method: str = "POST", applies: bool = False
) -> WriteOptions:
    """Return the options of a create, update or patch.

    Args:
        query: The request's parameters.
        user_agent: Who a write belongs to that names no manager.
        method: HTTP method, after which the options are named in a refusal.
        applies: The body is a configuration to apply, which needs a named manager.

    Raises:
        StatusError: 422, a parameter has a value that does not exist or does not go with the rest.
    """
    dry_run, named = query.get("dryRun", ""), query.get("fieldManager", "")
    validation, force = query.get("fieldValidation") or "Warn", flag(query, "force")
    causes = []
    if applies and not named:
        why = "Required value: is required for apply patch"
        causes.append(status.Cause("fieldManager", why, "FieldValueRequired"))
    if force and not applies:
        why = "Forbidden: may not be specified for non-apply patch"
        causes.append(status.Cause("force", why, "FieldValueForbidden"))
    if len(named.encode()) > _MANAGER_BYTES:
        why = f"Too long: may not be more than {_MANAGER_BYTES} bytes"
        causes.append(status.Cause("fieldManager", why, "FieldValueTooLong"))
    if dry_run not in ("", "All"):
        causes.append(_unsupported("dryRun", dry_run, '"All"'))
    if validation not in ("Ignore", "Warn", "Strict"):
        causes.append(_unsupported("fieldValidation", validation, _VALIDATIONS))
    if causes:
        raise status.invalid(f"{_OPTIONS[method]}Options", "meta.k8s.io", "", causes)
    manager = named or user_agent.partition("/")[0] or "unknown"
    return WriteOptions(dry_run == "All", manager, validation, force)


def _unsupported(field: str, value: str, supported: str) -> status.Cause:
    message = f'Unsupported value: "{value}": supported values: {supported}'
    return status.Cause(field, message, "FieldValueNotSupported")


def flag(query: Mapping[str, str], name: str) -> bool:
    """Return a boolean parameter."""
    return query.get(name, "") in ("1", "true", "True", "TRUE")


def whole(query: Mapping[str, str], name: str) -> int | None:
    """Return a whole number parameter, None when it is absent.

    Raises:
        StatusError: 400, it is no number.
    """
    text = query.get(name, "")
    if not text:
        return None
    number = int(text) if _WHOLE.fullmatch(text) else None
    if number is None:
        raise status.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if not _LEAST <= number <= _MOST:
        raise status.bad_request(f'strconv.ParseInt: parsing "{text}": value out of range')
    return number


def version(query: Mapping[str, str], name: str = "resourceVersion") -> int | None:
    """Return a resource version parameter, None when it is absent.

    Raises:
        StatusError: 400, it is no version.
    """
    text = query.get(name, "")
    if not text:
        return None
    if not _VERSION.fullmatch(text) or int(text) > _MOST:
        raise status.bad_request(f'Invalid value: "{text}": strconv.ParseUint: invalid syntax')
    return int(text)
