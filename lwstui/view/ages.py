"""Numbers and times as text: ages, clock times, ratios, percentages, bytes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from lwstui.state.manner import Times

NONE: Final = "—"
"""Shown where there is no value."""

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400
_UNITS: Final = {"s": 1, "m": _MINUTE, "h": _HOUR, "d": _DAY, "w": 7 * _DAY}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_AGE: Final = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_BINARY: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def age(seconds: float, *, coarse: bool = False) -> str:
    """Return a duration as ``12s``, ``4m12s``, ``3h`` or ``21d``; negative ones as ``0s``.

    Args:
        seconds: The duration.
        coarse: Whether whole minutes are enough, for long tables that would otherwise
            change every second in every line.
    """
    total = max(0, int(seconds))
    if total < _MINUTE:
        return f"{total}s"
    if total < _HOUR:
        minutes, rest = divmod(total, _MINUTE)
        return f"{minutes}m" if coarse or not rest else f"{minutes}m{rest:02d}s"
    if total < 2 * _DAY:
        return f"{total // _HOUR}h"
    return f"{total // _DAY}d"


def changes_in(seconds: float, *, coarse: bool = False) -> float:
    """Return after how many seconds ``age`` gives another text, always above 0."""
    if seconds < 0:
        return 1.0 - seconds
    if seconds < _MINUTE or (seconds < _HOUR and not coarse):
        step = 1
    elif seconds < _HOUR:
        step = _MINUTE
    elif seconds < 2 * _DAY:
        step = _HOUR
    else:
        step = _DAY
    return step - seconds % step


def parse_age(text: str) -> float | None:
    """Return ``90s``, ``4m12s`` or ``3d`` in seconds, or None if it is not a duration."""
    if not _AGE.fullmatch(text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _at(epoch_s: float, times: Times) -> datetime:
    moment = datetime.fromtimestamp(epoch_s, UTC)
    return moment if times == "utc" else moment.astimezone()


def clock(epoch_s: float | None, times: Times = "absolute") -> str:
    """Return a moment as ``HH:MM:SS``, local unless UTC is wanted; a dash if there is none."""
    return _at(epoch_s, times).strftime("%H:%M:%S") if epoch_s else NONE


def moment(epoch_s: float | None, now: float, times: Times, *, coarse: bool = False) -> str:
    """Return a moment for a column of moments: a clock time, or how long ago it was.

    Args:
        epoch_s: The moment; None reads as a dash.
        now: Epoch seconds.
        times: How moments are written.
        coarse: As for ``age``.
    """
    if not epoch_s or times != "relative":
        return clock(epoch_s, times)
    return age(now - epoch_s, coarse=coarse)


def stamp(epoch_s: float | None, times: Times = "absolute") -> str:
    """Return a moment as ``YYYY-MM-DD HH:MM:SS``, which says UTC if it is; a dash for none."""
    if not epoch_s:
        return NONE
    text = _at(epoch_s, times).strftime("%Y-%m-%d %H:%M:%S")
    return f"{text} UTC" if times == "utc" else text


def ratio(part: int, whole: int) -> str:
    """Return ``11/12``."""
    return f"{part}/{whole}"


def percent(part: float, whole: float) -> str:
    """Return ``66%`` rounded down, so that 100% means all; a dash if there is no whole."""
    return f"{int(100 * part / whole)}%" if whole else NONE


def bytes_(amount: int) -> str:
    """Return an amount in binary units with at most one decimal: ``512 B``, ``37.2 GiB``."""
    value, unit = float(amount), 0
    while abs(value) >= 1024 and unit < len(_BINARY) - 1:
        value, unit = value / 1024, unit + 1
    text = f"{value:.1f}".removesuffix(".0") if value < 100 else f"{value:.0f}"
    return f"{text} {_BINARY[unit]}"


def count(amount: int, one: str, many: str = "") -> str:
    """Return ``1 group``, ``3 groups``, ``2,000 pods``."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def short(text: str, width: int) -> str:
    """Return a name cut in the middle to ``width`` characters, its end (the index) kept."""
    if len(text) <= width or width < 5:
        return text
    tail = min(len(text) - 1, width // 2)
    return f"{text[: width - tail - 1]}…{text[-tail:]}"
