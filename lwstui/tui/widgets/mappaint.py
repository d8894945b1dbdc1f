"""Painting of group map rows, and which cell is where."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from textual.strip import Strip

from lwstui.tui.widgets.mapgrid import Grid, body_width, worker_column, worst
from lwstui.tui.widgets.painting import Brushes, fit_spans
from lwstui.view.types import MapCell, MapGroup, Span, Tone

_MOST_READY: Final = 9
_MARK: Final = "●"
_Painted = tuple[str, str, Tone]
"""Text, component class laid over it, tone."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a map shows.

    Attributes:
        grid: Its geometry.
        groups: All groups in order.
        size: Pods per group.
        at: Position of the cursor's group, -1 if there is none.
        pod: The cursor's worker index, -1 if it is on the group as a whole.
        bright: Group indexes that are not dimmed; None dims nothing.
        marked: Indexes of the groups that the operator marked.
    """

    grid: Grid
    groups: Sequence[MapGroup] = ()
    size: int = 1
    at: int = -1
    pod: int = -1
    bright: Collection[int] | None = None
    marked: Collection[int] = frozenset()

    def bucket(self, cell: int) -> Sequence[MapGroup]:
        """Return the groups that one cell stands for."""
        return self.groups[cell * self.grid.bucket : (cell + 1) * self.grid.bucket]

    def row_of(self, at: int) -> int:
        """Return the row in which a group is."""
        return at // self.grid.bucket // self.grid.per_row

    def in_row(self, row: int) -> Sequence[MapGroup]:
        """Return the groups of one row."""
        per_row = self.grid.per_row * self.grid.bucket
        return self.groups[row * per_row : (row + 1) * per_row]

    def tone(self, group: MapGroup, tone: Tone) -> Tone:
        """Return a tone of a group, dimmed unless the group is among the bright ones."""
        return tone if self.bright is None or group.index in self.bright else "dim"

    def hit(self, x: int, row: int) -> tuple[int, int] | None:
        """Return (position, worker index or -1) of what is at a column of a row."""
        grid = self.grid
        column = (x - grid.label) // grid.cell
        cell = row * grid.per_row + column
        if x < grid.label or column >= grid.per_row or not 0 <= cell < grid.cells:
            return None
        if grid.level > 2:
            bucket = self.bucket(cell)
            return cell * grid.bucket + bucket.index(worst(bucket)), -1
        inner = (x - grid.label) % grid.cell - (grid.digits + 2)
        columns = {worker_column(worker, self.size): worker for worker in range(self.size)}
        return cell, columns.get(inner, -1)


def map_row(brushes: Brushes, scene: Scene, row: int) -> Strip:
    """Return one row of a map; runs of equal style are one segment."""
    painted = _pod_row(scene, row) if scene.grid.level <= 2 else _group_row(scene, row)
    segments = [
        Segment(text, brushes.tone(tone, base, text=text)) for text, base, tone in painted if text
    ]
    return Strip(segments).simplify()


def _pod_row(scene: Scene, row: int) -> Iterator[_Painted]:
    grid = scene.grid
    yield " " * grid.label, "", ""
    first = row * grid.per_row
    for at, group in enumerate(scene.in_row(row), first):
        here = at == scene.at
        label = "map--point" if here and scene.pod < 0 else ""
        marked = group.index in scene.marked
        yield ("▶" if here else " "), "", "title"
        tone: Tone = "title" if marked else scene.tone(group, "dim")
        yield f"{group.index:0{grid.digits}}", label, "" if label else tone
        yield group.mark[:1] or " ", "", scene.tone(group, "info")
        yield from _pods(scene, group, scene.pod if here else -1)
        yield (f"{_MARK} ", "", "title") if marked else ("  ", "", "")
        if grid.level == 1:
            yield from _words(scene, group)


def _words(scene: Scene, group: MapGroup) -> Iterator[_Painted]:
    """Yield what is the matter with a group, cut at the end of its line."""
    grid = scene.grid
    room = grid.cell - (grid.digits + 4 + body_width(scene.size))
    spans = (
        Span(f"{group.ready}/{group.size} ready  "),
        Span(f"{group.glyph} ", scene.tone(group, group.tone)),
        Span(group.note, scene.tone(group, "")),
    )
    yield from ((span.text, "", span.tone) for span in fit_spans(spans, max(0, room)))


def _pods(scene: Scene, group: MapGroup, pod: int) -> Iterator[_Painted]:
    """Yield leader, bar and workers, padded to the width of a full group."""
    used = 0
    for worker, cell in enumerate(group.cells[: scene.size]):
        column = worker_column(worker, scene.size)
        if worker == 1:
            yield "│", "", "dim"
            used += 1
        yield " " * (column - used), "", ""
        yield _glyph(scene, group, cell, here=worker == pod)
        used = column + 1
    yield " " * (body_width(scene.size) - used), "", ""


def _glyph(scene: Scene, group: MapGroup, cell: MapCell, *, here: bool) -> _Painted:
    if here:
        return cell.glyph, "map--point", ""
    return cell.glyph, "", scene.tone(group, cell.tone)


def _group_row(scene: Scene, row: int) -> Iterator[_Painted]:
    grid = scene.grid
    first = row * grid.per_row
    here = scene.at // grid.bucket if scene.at >= 0 else -1
    on_row = first <= here < first + grid.per_row
    index = scene.groups[first * grid.bucket].index
    yield ("▶" if on_row else " "), "", "title"
    yield f"{index:>{grid.digits}}  ", "", "dim"
    for cell in range(first, min(first + grid.per_row, grid.cells)):
        group = worst(scene.bucket(cell))
        marked = any(one.index in scene.marked for one in scene.bucket(cell))
        base = "map--point" if cell == here else "paint--match" if marked else ""
        tone = "" if base else scene.tone(group, group.tone)
        yield group.glyph, base, tone
        if grid.level == 3:
            ready = str(group.ready) if group.ready <= _MOST_READY else f"{_MOST_READY}+"
            ready = f"{ready[0]}{_MARK}" if marked else f"{ready:<2}"
            yield ready, "", scene.tone(group, "" if group.ready else "dim")
