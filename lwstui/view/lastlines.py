"""The last lines of a log, repeated ones folded."""

from __future__ import annotations

from collections.abc import Sequence

from lwstui.view.ages import age
from lwstui.view.loglevels import level_of
from lwstui.view.loglines import Entry
from lwstui.view.types import Line, Span, Tone


def last_lines(entries: Sequence[Entry], keep: int) -> tuple[Line, ...]:
    """Return the last lines of one source; a line said again and again is one, with a count.

    Args:
        entries: Oldest first.
        keep: Lines at most.
    """
    folded: list[list[Entry]] = []
    for entry in entries:
        if folded and folded[-1][-1].text == entry.text:
            folded[-1].append(entry)
        else:
            folded.append([entry])
    return tuple(_line(alike) for alike in folded[-keep:])


def _line(alike: Sequence[Entry]) -> Line:
    last = alike[-1]
    tone: Tone = "warn" if level_of(last.text) == "error" else ""
    if last.kind != "line":
        tone = "dim"
    times = ""
    if len(alike) > 1:
        span = last.at - alike[0].at
        during = f" in {age(span)}" if last.at and alike[0].at else ""
        times = f"   (×{len(alike)}{during})"
    return (Span(last.text, tone), Span(times, "dim"))
