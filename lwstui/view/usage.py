"""CPU and memory of pods and nodes as text, where the cluster tells them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf
from typing import Final

from lwstui.state.telemetry import FRESH_PERIODS, OLD_PERIODS, Telemetry, freshness
from lwstui.telemetry.usage import GROUP, Usage
from lwstui.view.ages import age, bytes_, changes_in
from lwstui.view.tables import shared
from lwstui.view.telemetry import NO_DATA
from lwstui.view.types import Cell, Column, Line, Row, Span

COLUMNS: Final = (
    Column("cpu", "CPU", 6, "right", min_screen=152),
    Column("memory", "MEMORY", 9, "right", min_screen=152),
)
NOTHING: Final = (Cell(NO_DATA, "dim"), Cell(NO_DATA, "dim"))
"""Cells of ``COLUMNS`` where nothing is known."""
UNKNOWN: Final = (-1.0, -1.0)
"""Sort keys of ``NOTHING``."""


def cores(amount: float) -> str:
    """Return ``0.25``, ``3.2``, ``48``."""
    if amount < 1:
        return f"{amount:.2f}"
    return f"{amount:.1f}" if amount < 10 else f"{amount:.0f}"


def cells(usage: Usage | None, now: float, period_s: float) -> tuple[Cell, Cell]:
    """Return the cells of ``COLUMNS``.

    Args:
        usage: What is known, None if nothing is.
        now: Epoch seconds.
        period_s: How often it is measured, which tells how old is too old.
    """
    if usage is None:
        return NOTHING
    how = freshness(usage.at, now, _news_s(usage, period_s))
    if how == "stale":
        return shared(f"stale {age(now - usage.at, coarse=True)}", "dim"), Cell(NO_DATA, "dim")
    old = "~" if how == "old" else ""
    cpu = NO_DATA if usage.cpu is None else f"{old}{cores(usage.cpu)}"
    memory = NO_DATA if usage.memory is None else f"{old}{bytes_(int(usage.memory))}"
    return (
        shared(cpu, "dim" if old or usage.cpu is None else ""),
        shared(memory, "dim" if old or usage.memory is None else ""),
    )


def sort_keys(usage: Usage | None) -> tuple[float, float]:
    """Return the sort keys of ``COLUMNS``; what is not known comes first."""
    if usage is None:
        return UNKNOWN
    return (
        -1.0 if usage.cpu is None else usage.cpu,
        -1.0 if usage.memory is None else usage.memory,
    )


def _news_s(usage: Usage, period_s: float) -> float:
    """Return how often there can be something new: no more often than it is measured."""
    return max(usage.window_s, period_s)


def changes_at(usage: Usage | None, now: float, period_s: float) -> float:
    """Return when the cells read differently by growing older."""
    if usage is None:
        return inf
    news_s = _news_s(usage, period_s)
    turns = (usage.at + periods * news_s + 0.001 for periods in (FRESH_PERIODS, OLD_PERIODS))
    ahead = next((turn for turn in turns if turn > now), None)
    return ahead if ahead is not None else now + changes_in(now - usage.at, coarse=True)


def lines(usage: Usage | None, now: float, telemetry: Telemetry) -> Iterator[Line]:
    """Yield what a pod uses, over which time and from where, if anything is known of it."""
    if usage is None:
        return
    cpu, memory = cells(usage, now, telemetry.period_s)
    window = f" over {age(usage.window_s)}" if usage.window_s else ""
    yield (
        Span("uses ", "dim"),
        Span(f"cpu {cpu.text}, memory {memory.text}", cpu.tone),
        Span(f"   {GROUP}, measured{window} until {age(now - usage.at)} ago", "dim"),
    )


def widened(row: Row, at: int, usage: Usage | None, now: float, telemetry: Telemetry) -> Row:
    """Return a row with the cells of ``COLUMNS`` before one of its own.

    Args:
        row: The row without them.
        at: Index of that cell.
        usage: What is known, None if nothing is.
        now: Epoch seconds.
        telemetry: Tells how old is too old.
    """
    shown = cells(usage, now, telemetry.period_s)
    return replace(
        row,
        cells=(*row.cells[:at], *shown, *row.cells[at:]),
        sort=(*row.sort[:at], *sort_keys(usage), *row.sort[at:]),
    )
