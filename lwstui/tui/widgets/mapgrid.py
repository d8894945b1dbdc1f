"""Geometry of the group map: how many groups fit into a row at each zoom level.

Levels: 1 a line per group with what is the matter, 2 a cell per pod, 3 three columns per group,
4 a cell per group or, when there are more groups than cells, per bucket of groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from lwstui.view.types import MapGroup

Level = Literal[1, 2, 3, 4]
LEVELS: Final[tuple[Level, ...]] = (1, 2, 3, 4)
LINES_UP_TO: Final = 8
"""So many groups get a line each without being asked."""

_WORST_FIRST: Final = "XP!-?ou:·_"
_SCALES: Final = (1, 10, 100, 1_000, 10_000)
_BLOCK: Final = 8
_BLOCKS_ABOVE: Final = 16


@dataclass(frozen=True, slots=True)
class Grid:
    """A map's geometry.

    Attributes:
        level: Zoom level.
        bucket: Groups per cell; more than one only at level 4.
        per_row: Cells per row (groups per row at levels 2 and 3).
        cell: Columns per cell, gaps included.
        label: Columns left of the first cell.
        digits: Digits of the highest group index.
        cells: Cells in all.
    """

    level: Level
    bucket: int
    per_row: int
    cell: int
    label: int
    digits: int
    cells: int

    @property
    def rows(self) -> int:
        """Rows of the map."""
        return -(-self.cells // self.per_row)

    @property
    def caption(self) -> str:
        """What one cell stands for."""
        if self.level == 1:
            return "one line = one group   leader│workers"
        if self.level == 2:
            return "one cell = one pod   leader│workers"
        if self.level == 3:
            return "worst state and ready pods of each group"
        return "one cell = one group" if self.bucket == 1 else f"1 cell = {self.bucket} groups"


def body_width(size: int) -> int:
    """Return the columns of one group's pods: leader, bar, workers in blocks."""
    workers = max(0, size - 1)
    blanks = max(0, (workers - 1) // _BLOCK) if size > _BLOCKS_ABOVE else 0
    return 1 + (1 + workers + blanks if workers else 0)


def worker_column(worker: int, size: int) -> int:
    """Return the column of a pod within its group's body; worker 0 is the leader."""
    if not worker:
        return 0
    blanks = (worker - 1) // _BLOCK if size > _BLOCKS_ABOVE else 0
    return 1 + worker + blanks


def grid(level: Level, groups: int, size: int, highest: int, room: tuple[int, int]) -> Grid:
    """Return the geometry of one zoom level.

    Args:
        level: Zoom level.
        groups: Number of groups.
        size: Pods per group.
        highest: Highest group index.
        room: Columns and rows there are; rows matter at level 4 only, to choose the bucket.
    """
    width, height = room
    digits = max(2, len(str(max(0, highest))))
    if level == 1:
        return Grid(1, 1, 1, max(1, width - 1), 1, digits, groups)
    if level == 2:
        cell = 1 + digits + 1 + body_width(size) + 2
        return Grid(2, 1, _round(width // cell), cell, 1, digits, groups)
    cell = 3 if level == 3 else 1
    label = digits + 3
    per_row = _round(max(1, (width - label) // cell))
    bucket = 1 if level == 3 else _bucket(groups, per_row * max(1, height))
    return Grid(level, bucket, per_row, cell, label, digits, -(-groups // bucket))


def fitting(groups: int, size: int, highest: int, room: tuple[int, int]) -> Grid:
    """Return the most detailed geometry that shows all groups without scrolling."""
    width, height = room
    for level in LEVELS if groups <= LINES_UP_TO else LEVELS[1:]:
        found = grid(level, groups, size, highest, room)
        body_fits = level != 2 or found.cell <= width
        if found.rows <= height and body_fits:
            return found
    return grid(4, groups, size, highest, room)


def _round(fits: int) -> int:
    """Return a round number of cells per row, so that row labels are easy to read."""
    if fits >= 10:
        return fits - fits % 10
    return next(number for number in (8, 5, 4, 3, 2, 1) if number <= max(1, fits))


def _bucket(groups: int, capacity: int) -> int:
    """Return how many groups one cell must stand for: a round number, as small as can be."""
    for size in (factor * scale for scale in _SCALES for factor in (1, 2, 4, 5, 8)):
        if -(-groups // size) <= max(1, capacity):
            return size
    return groups


def worst(groups: Sequence[MapGroup]) -> MapGroup:
    """Return the group in the worst state, the first one of equals."""
    return min(groups, key=_severity)


def _severity(group: MapGroup) -> int:
    at = _WORST_FIRST.find(group.glyph)
    return at if at >= 0 else len(_WORST_FIRST)
