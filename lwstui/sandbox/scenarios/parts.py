"""The parts a scenario file is read into, and the one place that says what is wrong with one."""

from collections.abc import Iterable
from difflib import get_close_matches
from math import isfinite
from typing import Any, TypeVar

import msgspec

from lwstui.sandbox.scripts import seconds


class ScenarioError(Exception):
    """A scenario cannot be read or played; the text says where and why."""


class Seconds(float):
    """Simulated seconds, written as a number or as a duration such as ``1m30s``."""


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A mapping in a scenario file; its fields are the keys it may have."""


P = TypeVar("P", bound=Part)


def read(kind: type[P], data: Any, where: str) -> P:
    """Return a mapping as a part.

    Args:
        kind: The part.
        data: The mapping, as YAML gives it.
        where: Names the mapping in errors, such as ``oom.yaml: steps[2].oom-kill``.

    Raises:
        ScenarioError: It is no mapping, has an unknown key, lacks one or has a wrong value.
    """
    fields = {each.encode_name for each in msgspec.structs.fields(kind)}
    check_keys(data, fields, where)
    try:
        return msgspec.convert(data, kind, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{where}: {error}") from None


def check_keys(data: Any, known: Iterable[str], where: str) -> None:
    """Raise unless ``data`` is a mapping that has only known keys."""
    if not isinstance(data, dict):
        raise ScenarioError(f"{where}: expected a mapping, got {type(data).__name__}")
    for key in data:
        if key not in known:
            raise ScenarioError(f"{where}: unknown key {key!r}; {_nearest(str(key), known)}")


def _nearest(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, sorted(known), n=1)
    return f"did you mean {near[0]!r}?" if near else f"it may have {', '.join(sorted(known))}"


def _decode(kind: type, value: Any) -> Any:
    if kind is not Seconds:
        raise NotImplementedError(kind)
    read_s = None if isinstance(value, bool) else seconds(str(value))
    if read_s is None or not isfinite(read_s) or read_s < 0:
        raise ValueError(f"{value!r} is not a duration such as 90, 20s or 1m30s")
    return Seconds(read_s)
