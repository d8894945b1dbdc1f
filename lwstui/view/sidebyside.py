"""Two texts next to each other, row by row. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, NamedTuple

from lwstui.kube.clean import clean_line
from lwstui.view.types import Line, Span, Tone

CONTEXT: Final = 3
"""Unchanged rows shown around a change."""


class Pair(NamedTuple):
    """A row: a line of the first text, one of the second; empty where there is none."""

    left: Line
    right: Line


def side_by_side(
    old: Sequence[str], new: Sequence[str], context: int | None = CONTEXT
) -> tuple[Pair, ...]:
    """Return two texts as rows; lines that differ begin with ``-`` and ``+``.

    Args:
        old: Lines of the first text.
        new: Lines of the second.
        context: Unchanged rows around a change; None for all.
    """
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    around = max(len(old), len(new)) if context is None else context
    rows: list[Pair] = []
    for number, group in enumerate(matcher.get_grouped_opcodes(around)):
        if number or group[0][1] or group[0][3]:
            gap = (Span("  ⋯", "dim"),)
            rows.append(Pair(gap, gap))
        for tag, a, b, c, d in group:
            rows += _rows(tag, old[a:b], new[c:d])
    return tuple(rows)


def _rows(tag: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    before, after = (" ", " ") if tag == "equal" else ("-", "+")
    for left, right in zip_longest(old, new):
        yield Pair(_side(left, before, "bad"), _side(right, after, "ok"))


def _side(text: str | None, mark: str, tone: Tone) -> Line:
    if text is None:
        return ()
    return (Span(f"{mark} {clean_line(text)}", "dim" if mark == " " else tone),)
