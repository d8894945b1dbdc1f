"""Errors that name a field, and structural checks of raw JSON.

A spec reaches us as whatever JSON an API server stored. ``misshapen`` proves once that the
parts we touch have the types we expect, so builders further on need no defence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from controller.errors import ControllerError


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with an object.

    Attributes:
        field: Path, such as ``spec.replicas``.
        value: What was found there, None if nothing.
        message: What is expected instead.
    """

    field: str
    value: object
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {_shorten(self.value)}: {self.message}"


class InvalidSpec(ControllerError):
    """A spec that must not be acted on.

    Attributes:
        errors: Everything found wrong, in the order of the fields.
    """

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


def _shorten(value: object) -> str:
    if value is None:
        return "not set"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."


STRINGS: Final = {"*": str}
"""Shape of a map of strings, such as labels."""

_ENV: Final = {"name": str, "value": str}
_RESOURCES: Final = {"limits": {"*": (str, int, float)}, "requests": {"*": (str, int, float)}}
_CONTAINER: Final[dict[str, Any]] = {
    "name": str,
    "command": [str],
    "args": [str],
    "env": [_ENV],
    "resources": _RESOURCES,
}
_TERMS: Final = {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": str}]}
METADATA: Final[dict[str, Any]] = {"labels": STRINGS, "annotations": STRINGS, "finalizers": [str]}
POD_TEMPLATE: Final[dict[str, Any]] = {
    "metadata": METADATA,
    "spec": {
        "containers": [_CONTAINER],
        "initContainers": [_CONTAINER],
        "volumes": [{"name": str}],
        "nodeSelector": STRINGS,
        "affinity": {"podAffinity": _TERMS, "podAntiAffinity": _TERMS},
    },
}
CLAIM: Final[dict[str, Any]] = {
    "metadata": {"name": str, **METADATA},
    "spec": {
        "accessModes": [str],
        "storageClassName": str,
        "volumeMode": str,
        "resources": _RESOURCES,
    },
}
GROUP: Final[dict[str, Any]] = {
    "leaderTemplate": POD_TEMPLATE,
    "workerTemplate": POD_TEMPLATE,
    "subGroupPolicy": {},
    "volumeClaimTemplates": [CLAIM],
    "persistentVolumeClaimRetentionPolicy": {},
}
"""Shape of the parts of ``leaderWorkerTemplate`` that are read."""

_KINDS: Final = {str: "a string", int: "a number", float: "a number"}


def misshapen(value: object, shape: Any, path: str) -> Iterator[FieldError]:
    """Yield an error for every part of ``value`` that does not fit ``shape``.

    Shapes: a dict for objects (``"*"`` stands for every key, unnamed keys are free), a list
    of one shape for lists, a type or tuple of types for scalars. Null counts as absent, except
    in lists and maps of scalars.
    """
    if isinstance(shape, dict):
        yield from _misshapen_object(value, shape, path)
    elif isinstance(shape, list):
        yield from _misshapen_list(value, shape[0], path)
    elif isinstance(value, bool) or not isinstance(value, shape):
        kinds = shape if isinstance(shape, tuple) else (shape,)
        wanted = " or ".join(dict.fromkeys(_KINDS[kind] for kind in kinds))
        yield FieldError(path, value, f"must be {wanted}")


def _misshapen_object(value: object, shape: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    if not isinstance(value, dict):
        yield FieldError(path, value, "must be an object")
        return
    every = shape.get("*")
    if every is not None:
        for key, item in value.items():
            yield from misshapen(item, every, f"{path}.{key}")
        return
    for key, part in shape.items():
        item = value.get(key)
        if item is not None:
            yield from misshapen(item, part, f"{path}.{key}")


def _misshapen_list(value: object, shape: Any, path: str) -> Iterator[FieldError]:
    if not isinstance(value, list):
        yield FieldError(path, value, "must be a list")
        return
    for i, item in enumerate(value):
        yield from misshapen(item, shape, f"{path}[{i}]")


def is_integer(value: object) -> TypeGuard[int]:
    """Tell whether a JSON value is an integer; true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)


_PERCENT: Final = re.compile(r"^[0-9]+%$")


def is_percent(value: object) -> TypeGuard[str]:
    """Tell whether a value is text such as ``25%``."""
    return isinstance(value, str) and value.isascii() and _PERCENT.match(value) is not None


def scaled(value: int | str, total: int, *, round_up: bool) -> int:
    """Return an int-or-percent as groups out of ``total``.

    Raises:
        ValueError: If text is not a percentage.

    Source: k8s.io/apimachinery pkg/util/intstr, GetScaledValueFromIntOrPercent.
    """
    if isinstance(value, int):
        return value
    if not is_percent(value):
        raise ValueError(f"{value!r} is not a percentage")
    product = int(value[:-1]) * total
    return -(-product // 100) if round_up else product // 100
