"""The timeline of a rollout: one line per group, from its leader's creation until it is ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lwstui.state.manner import Times
from lwstui.state.starts import Usual
from lwstui.view.ages import age, clock
from lwstui.view.health import Health
from lwstui.view.types import Line, Span

MANY: Final = 20
"""Sets with more groups show the groups in progress and the last ones that ended."""
LAST: Final = 8
_NAME: Final = 6
_REST: Final = 28
_WORDY: Final = 48
_WIDE: Final = 110
_LEAST: Final = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One group's start.

    Attributes:
        began_at: When its leader was created.
        ready_at: When it was ready, None if it is not.
        health: How it is.
        note: What is known of its pods, such as ``5/8 pods``.
    """

    group: int
    surge: bool
    began_at: float
    ready_at: float | None
    health: Health
    note: str = ""


def ordered(bars: Sequence[Bar], groups: int) -> tuple[Bar, ...]:
    """Return the bars to show: what is in progress first, then what ended, the last first.

    Args:
        bars: All of them.
        groups: Groups of the set.
    """
    active = sorted((b for b in bars if b.ready_at is None), key=lambda bar: -bar.group)
    ended = sorted((b for b in bars if b.ready_at), key=lambda bar: -(bar.ready_at or 0.0))
    return (*active, *(ended[:LAST] if groups > MANY else ended))


def title(since: float, now: float, cells: int, times: Times = "absolute") -> str:
    """Return the heading: from when to when, and how long a column is."""
    step = (now - since) / columns(cells)
    scale = age(step) if step >= 1 else f"{step:.1f}s"
    return f"TIMELINE   {clock(since, times)[:5]} → {clock(now, times)[:5]}   one column = {scale}"


def columns(cells: int) -> int:
    """Return how many columns the bars have on a screen of so many cells."""
    return max(cells - _NAME - (_WORDY if cells >= _WIDE else _REST), _LEAST)


def timeline(
    bars: Sequence[Bar], since: float, now: float, cells: int, known: Usual | None
) -> tuple[Line, ...]:
    """Return one line per bar.

    Args:
        bars: In the order they are shown.
        since: When the rollout began: the first column.
        now: Epoch seconds: the last column.
        cells: Width of the screen.
        known: The usual start of a group, None if too few were seen.
    """
    wide = columns(cells)
    return tuple(_line(bar, since, now, wide, known) for bar in bars)


def _line(bar: Bar, since: float, now: float, wide: int, known: Usual | None) -> Line:
    name = f"{bar.group}{'^' if bar.surge else ''}"
    end = bar.ready_at if bar.ready_at is not None else now
    first, last = (_column(at, since, now, wide) for at in (bar.began_at, end))
    ready, health = bar.ready_at is not None, bar.health
    return (
        Span(name.ljust(_NAME - 2)),
        Span("|", "dim"),
        Span(" " * first),
        Span("▒" * (last - first), "dim" if ready else "busy"),
        Span("█", "ok") if ready else Span(health.glyph, health.tone),
        Span(" " * (wide - last - 1)),
        Span("| ", "dim"),
        Span(age(max(end - bar.began_at, 0))),
        *_state(bar, now, known),
    )


def _column(at: float, since: float, now: float, wide: int) -> int:
    share = (at - since) / (now - since) if now > since else 1.0
    return min(max(int(share * wide), 0), wide - 1)


def _state(bar: Bar, now: float, known: Usual | None) -> Line:
    if bar.ready_at is not None:
        return ()
    spans = [Span(f"  {bar.health.word} {bar.note}".rstrip(), bar.health.tone)]
    late = now - bar.began_at - known.p90_s if known is not None else 0.0
    if late > 0:
        spans.append(Span(f", p90 passed {age(late)} ago", "warn"))
    return tuple(spans)
