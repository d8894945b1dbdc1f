"""What the API server demands of a container's ports, probes and environment."""

import re
from collections.abc import Iterator
from typing import Any

from lwstui.sandbox.objects import Json
from lwstui.sandbox.schema import shown
from lwstui.sandbox.status import Cause

_PORT_NAME_LENGTH = 15
_LETTERS = re.compile(r"[-a-z0-9]+")
_ENV_NAME = re.compile(r"[\x20-\x3c\x3e-\x7e]+")
_ENV_RULE = (
    "a valid environment variable name must consist only of printable ASCII characters other than "
    "'='"
)
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_ORIGINS = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_POD_FIELDS = frozenset(
    {"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "status.hostIP"}
    | {"spec.serviceAccountName", "status.hostIPs", "status.podIP", "status.podIPs"}
)
_KEYED = re.compile(r"metadata\.(labels|annotations)\['.+'\]")


def required(path: str, why: str = "") -> Cause:
    """Return the cause of an absent field."""
    return Cause(path, f"Required value: {why}" if why else "Required value", "FieldValueRequired")


def port_causes(container: Json, where: str, *, shares_host: bool = False) -> Iterator[Cause]:
    """Yield what is wrong with a container's ports.

    Args:
        container: The container.
        where: Its path.
        shares_host: Its pod uses the network of its node.
    """
    names: set[str] = set()
    for index, port in enumerate(container.get("ports") or ()):
        path, number, name = f"{where}.ports[{index}]", port.get("containerPort"), port.get("name")
        if name:
            yield from _port_name_causes(name, f"{path}.name")
            if name in names:
                message = f"Duplicate value: {shown(name)}"
                yield Cause(f"{path}.name", message, "FieldValueDuplicate")
            names.add(name)
        if not isinstance(number, int) or not 0 < number < 65536:
            message = f"Invalid value: {shown(number or 0)}: must be between 1 and 65535, inclusive"
            yield Cause(f"{path}.containerPort", message)
        elif shares_host and port.get("hostPort", number) != number:
            why = "must match `hostPort` when `hostNetwork` is true"
            yield Cause(f"{path}.containerPort", f"Invalid value: {number}: {why}")


def _port_name_causes(name: str, path: str) -> Iterator[Cause]:
    rules = (
        (len(name) > _PORT_NAME_LENGTH, "must be no more than 15 characters"),
        (
            not _LETTERS.fullmatch(name),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (not re.search("[a-z]", name), "must contain at least one letter (a-z)"),
        ("--" in name, "must not contain consecutive hyphens"),
        (name[0] == "-" or name[-1] == "-", "must not begin or end with a hyphen"),
    )
    for broken, rule in rules:
        if broken:
            yield Cause(path, f"Invalid value: {shown(name)}: {rule}")


def probe_causes(container: Json, where: str) -> Iterator[Cause]:
    """Yield what is wrong with a container's probes."""
    for kind in _PROBES:
        probe: Any = container.get(kind)
        if probe is None:
            continue
        path = f"{where}.{kind}"
        chosen = [name for name in _HANDLERS if probe.get(name) is not None]
        if not chosen:
            yield required(path, "must specify a handler type")
        for name in chosen[1:]:
            why = "Forbidden: may not specify more than 1 handler type"
            yield Cause(f"{path}.{name}", why, "FieldValueForbidden")
        successes = probe.get("successThreshold", 1)
        if kind != "readinessProbe" and successes != 1:
            yield Cause(f"{path}.successThreshold", f"Invalid value: {successes}: must be 1")


def env_causes(container: Json, where: str) -> Iterator[Cause]:
    """Yield what is wrong with a container's environment variables."""
    for index, env in enumerate(container.get("env") or ()):
        path, name, origin = f"{where}.env[{index}]", env.get("name"), env.get("valueFrom")
        if not name:
            yield required(f"{path}.name")
        elif not _ENV_NAME.fullmatch(name):
            yield Cause(f"{path}.name", f"Invalid value: {shown(name)}: {_ENV_RULE}")
        if origin is not None:
            yield from _origin_causes(env, origin, f"{path}.valueFrom")


def _origin_causes(env: Json, origin: Json, path: str) -> Iterator[Cause]:
    chosen = [name for name in _ORIGINS if origin.get(name) is not None]
    nothing = f"Invalid value: {shown('')}: "
    if not chosen:
        named = ", ".join(f"`{each}`" for each in _ORIGINS[:-1])
        yield Cause(path, f"{nothing}must specify one of: {named} or `{_ORIGINS[-1]}`")
    elif env.get("value"):
        yield Cause(path, f"{nothing}may not be specified when `value` is not empty")
    elif len(chosen) > 1:
        yield Cause(path, f"{nothing}may not have more than one field specified at a time")
    field = (origin.get("fieldRef") or {}).get("fieldPath", "metadata.name")
    if field not in _POD_FIELDS and not _KEYED.fullmatch(field):
        why = f"error converting fieldPath: field label not supported: {field}"
        yield Cause(f"{path}.fieldRef.fieldPath", f"Invalid value: {shown(field)}: {why}")
