"""Values of settings as files and the command line give them: taken, or refused with what fits.

Each of these functions raises ``Unfit`` for a value that does not fit.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any, Final

import yaml

from lwstui.config.prometheus import SERVICE_FORM, is_address, service

_DURATION: Final = re.compile(r"[1-9]\d{0,5}[smh]")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}|[a-z][a-z0-9_-]{1,30}")


class Unfit(Exception):
    """A value does not fit its setting; the text says what it must be."""


def unreadable(error: Exception) -> str:
    """Return why a YAML file cannot be read, with the line where that is seen."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def boolean(value: Any) -> bool:
    """Return whether a value means yes."""
    if isinstance(value, bool):
        return value
    if value in ("true", "on", "yes", "false", "off", "no"):
        return value in ("true", "on", "yes")
    raise Unfit("must be true or false")


def text(value: Any) -> str:
    """Return a text."""
    if isinstance(value, str):
        return value
    raise Unfit("must be text")


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of texts, also of one with commas or blanks."""
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[,\s]+", value) if part)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise Unfit("must be a list of texts")


def count(least: int, most: int) -> Callable[[Any], int]:
    """Return what takes a whole number in these bounds."""

    def parse(value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise Unfit(f"must be a number from {least} to {most}")

    return parse


def number(least: float, most: float) -> Callable[[Any], float]:
    """Return what takes a number in these bounds."""

    def parse(value: Any) -> float:
        try:
            found = float(value) if not isinstance(value, bool) else least - 1
        except (TypeError, ValueError):
            found = least - 1
        if least <= found <= most:
            return found
        raise Unfit(f"must be a number from {least:g} to {most:g}")

    return parse


def one_of(*known: str) -> Callable[[Any], str]:
    """Return what takes one of some words."""

    def parse(value: Any) -> str:
        if value in known:
            return str(value)
        near = difflib.get_close_matches(str(value), known, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise Unfit(f"must be one of {', '.join(known)}{hint}")

    return parse


def duration(value: Any) -> str:
    """Return a duration as it is written."""
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return value
    raise Unfit("must be a duration such as 90s, 15m or 1h")


def lasting(least_s: int, most_s: int, *, none: bool = False) -> Callable[[Any], str]:
    """Return what takes a duration in these bounds, and, if ``none``, an empty one."""

    def parse(value: Any) -> str:
        if none and value == "":
            return ""
        written = duration(value)
        if least_s <= int(written[:-1]) * _SECONDS[written[-1]] <= most_s:
            return written
        raise Unfit(f"must be from {least_s} to {most_s} seconds long")

    return parse


def expressions(value: Any) -> tuple[str, ...]:
    """Return regular expressions; a text with blanks is several."""
    found = texts(value)
    for one in found:
        try:
            re.compile(one)
        except re.error as error:
            raise Unfit(f"must be regular expressions ({one}: {error})") from None
    return found


def selector(value: Any) -> str:
    """Return labels as a filter takes them; empty for none."""
    if isinstance(value, str) and not re.search(r"\s", value):
        return value
    raise Unfit("must be labels without blanks, such as team=search,tier=gold")


def colour(value: Any) -> str:
    """Return the name or the code of a colour; empty for none."""
    if isinstance(value, str) and (not value or _COLOUR.fullmatch(value)):
        return value
    raise Unfit("must be a colour such as red or #c0392b")


def address(value: Any) -> str:
    """Return an address; empty for none."""
    if isinstance(value, str) and (not value or is_address(value)):
        return value.rstrip("/")
    raise Unfit("must be an address such as https://prometheus.example, without a password")


def service_name(value: Any) -> str:
    """Return a service as the API server names it; empty for none."""
    if isinstance(value, str) and (not value or service(value) is not None):
        return value
    raise Unfit(f"must be {SERVICE_FORM}")


def keys_by_action(value: Any) -> dict[str, str]:
    """Return keys by action id."""
    if isinstance(value, dict) and all(isinstance(keys, str) for keys in value.values()):
        return {str(action): keys for action, keys in value.items()}
    raise Unfit("must map action ids to keys")
