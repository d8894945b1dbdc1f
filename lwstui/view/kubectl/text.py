"""Tab-separated lines as kubectl writes them: columns of neighbouring lines are aligned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from controller.api.core import Event
from controller.api.meta import parse_time
from lwstui.kube.clean import clean_line
from lwstui.view.ages import age

Json = Mapping[str, Any]
NONE: Final = "<none>"
_PADDING: Final = 2
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def aligned(lines: Iterable[str]) -> list[str]:
    """Return tab-separated lines with aligned columns, as Go's tabwriter aligns them.

    A column is what is ended by a tab in neighbouring lines; what follows a line's last tab
    belongs to none.
    """
    rows = [[clean_line(cell) for cell in line.split("\t")] for line in lines]
    widths = [[0] * len(row) for row in rows]
    for column in range(max((len(row) for row in rows), default=0)):
        start = 0
        while start < len(rows):
            end = start
            while end < len(rows) and len(rows[end]) - 1 > column:
                end += 1
            wide = max((len(row[column]) for row in rows[start:end]), default=0) + _PADDING
            for at in range(start, end):
                widths[at][column] = wide
            start = end + 1
    return [
        "".join(f"{cell:<{wide}}" for cell, wide in zip(row, width, strict=True))
        for row, width in zip(rows, widths, strict=True)
    ]


def part(of: Json, *path: str) -> Json:
    """Return an object deep in another, an empty one if it is not there."""
    found: Any = of
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def parts(of: Json, *path: str) -> Sequence[Json]:
    """Return a list of objects deep in another, an empty one if it is not there."""
    *before, last = path
    found = part(of, *before).get(last)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def moment(value: object) -> str:
    """Return a timestamp as ``Fri, 20 Nov 2026 23:23:40 +0000``, as it is if it is none."""
    at = parse_time(value) if isinstance(value, str) else None
    if at is None:
        return str(value or "")
    return datetime.fromtimestamp(at, UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def pairs(title: str, found: Json, separator: str = "=") -> list[str]:
    """Return labels or annotations, one a line; what kubectl keeps for itself is left out."""
    found = {key: value for key, value in found.items() if key != _APPLIED}
    if not found:
        return [f"{title}:\t{NONE}"]
    written = [f"{key}{separator}{value}" for key, value in sorted(found.items())]
    return [f"{title}:\t{written[0]}", *(f"\t{text}" for text in written[1:])]


def events(found: Iterable[Event], now: float) -> list[str]:
    """Return the table of events, oldest first."""
    ordered = sorted(found, key=lambda event: event.last_at)
    if not ordered:
        return [f"Events:\t{NONE}"]
    rows = [
        f"  {e.type}\t{e.reason}\t{_when(e, now)}\t{e.reporter}\t{e.note.strip()}" for e in ordered
    ]
    return [
        "Events:",
        "  Type\tReason\tAge\tFrom\tMessage",
        "  ----\t------\t----\t----\t-------",
        *rows,
    ]


def _when(event: Event, now: float) -> str:
    last = age(now - event.last_at)
    return f"{last} (x{event.count} over {age(now - event.first_at)})" if event.count > 1 else last
