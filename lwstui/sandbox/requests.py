"""What a request asks for: its path, its parameters and its body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from lwstui.sandbox import protobuf, status
from lwstui.sandbox.objects import Json, StatusError

JSON = "application/json"
YAML_TYPES = frozenset({"application/yaml", "application/apply-patch+yaml"})
PROTOBUF = "application/vnd.kubernetes.protobuf"
BODY_TYPES = (JSON, "application/yaml", PROTOBUF)


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


def decode_body(raw: bytes, content_type: str) -> Any:
    """Return the body of a request as JSON values.

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
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        message = f"the object provided is unrecognized (must be of type {JSON}): {error}"
        raise status.bad_request(message) from error


def _decode_yaml(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return yaml.safe_load(raw)


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
    """The parameters of a write."""

    dry_run: bool
    manager: str
    validation: str
    force: bool


def write_options(query: Mapping[str, str], user_agent: str) -> WriteOptions:
    """Return the options of a create, update or patch.

    Raises:
        StatusError: 422, a parameter has a value that does not exist.
    """
    dry_run = query.get("dryRun", "")
    if dry_run not in ("", "All"):
        raise _unsupported("dryRun", dry_run, '"All"')
    validation = query.get("fieldValidation") or "Warn"
    if validation not in ("Ignore", "Warn", "Strict"):
        raise _unsupported("fieldValidation", validation, '"", "Ignore", "Strict", "Warn"')
    manager = query.get("fieldManager") or user_agent.partition("/")[0] or "unknown"
    return WriteOptions(dry_run == "All", manager, validation, flag(query, "force"))


def _unsupported(field: str, value: str, supported: str) -> StatusError:
    message = f'Unsupported value: "{value}": supported values: {supported}'
    cause = status.Cause(field, message, "FieldValueNotSupported")
    return status.invalid("CreateOptions", "meta.k8s.io", "", [cause])


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
    try:
        return int(text)
    except ValueError:
        message = f'strconv.ParseInt: parsing "{text}": invalid syntax'
        raise status.bad_request(message) from None


def version(query: Mapping[str, str], name: str = "resourceVersion") -> int | None:
    """Return a resource version parameter, None when it is absent.

    Raises:
        StatusError: 400, it is no version.
    """
    text = query.get(name, "")
    if not text:
        return None
    if not text.isdigit():
        raise status.bad_request(f'Invalid value: "{text}": strconv.ParseUint: invalid syntax')
    return int(text)
