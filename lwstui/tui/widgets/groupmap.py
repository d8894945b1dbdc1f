"""The group map: the whole set at a glance, at the zoom level that fits."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from lwstui.tui.actions import bindings
from lwstui.tui.marks import Marking
from lwstui.tui.widgets.cursorscroll import CursorScroll
from lwstui.tui.widgets.mapgrid import LEVELS, Level, fitting, grid, worst
from lwstui.tui.widgets.mappaint import Scene, map_row
from lwstui.tui.widgets.rules import heading
from lwstui.view.types import MapGroup, Ref, Span


class GroupMap(CursorScroll):
    """Groups as cells; the zoom level is chosen so that the whole set is visible.

    The cursor belongs to a group index and starts on the worst group. A click on a pod's cell
    puts it on that pod; any move puts it back on a group.

    Args:
        clock: Seconds on a clock that never goes back.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"map--point"}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list"), *bindings("map")]
    DEFAULT_CSS = """
    GroupMap {
        height: auto;
        max-height: 60%;
        .map--point {
            background: $point-background;
            color: $point-foreground;
            text-style: $point-style;
        }
    }
    """

    @dataclass
    class Highlighted(Message):
        """The cursor is on something else: a group or one of its pods."""

        map: GroupMap
        ref: Ref

        @property
        def control(self) -> GroupMap:
            """The map."""
            return self.map

    @dataclass
    class Opened(Message):
        """A group or pod was opened by key or double click."""

        map: GroupMap
        ref: Ref

        @property
        def control(self) -> GroupMap:
            """The map."""
            return self.map

    @dataclass
    class MarkAsked(Message):
        """The operator wants to change marks."""

        map: GroupMap
        what: Marking

        @property
        def control(self) -> GroupMap:
            """The map."""
            return self.map

    @dataclass
    class Zoomed(Message):
        """The operator chose a zoom level."""

        map: GroupMap

    @dataclass
    class FaultsAsked(Message):
        """The operator wants the list of what is not fine."""

        map: GroupMap

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(id=id, classes=classes, clock=clock)
        self._scene = Scene(fitting(0, 1, 0, (80, 1)))
        self._zoom: Level | None = None
        self._strips: dict[int, Strip] = {}

    # What the map shows.

    def set_groups(self, groups: Sequence[MapGroup], size: int) -> None:
        """Show groups in this order.

        Args:
            groups: The groups; equal ones are not repainted.
            size: Pods per group.
        """
        before, groups = self._scene, tuple(groups)
        at = self._position(groups)
        self._scene = replace(before, groups=groups, size=size, at=at)
        if size != before.size or len(groups) != len(before.groups):
            self._choose_grid()
        else:
            self._repaint_changes(before)
        self._announce(before)

    def dim_except(self, indexes: Collection[int] | None) -> None:
        """Dim all groups but these, so that the set keeps its shape; None dims nothing."""
        if indexes != self._scene.bright:
            self._scene = replace(self._scene, bright=indexes)
            self._repaint_all()

    def set_marks(self, indexes: Collection[int]) -> None:
        """Show which groups are marked, by their index."""
        if indexes != self._scene.marked:
            self._scene = replace(self._scene, marked=indexes)
            self._repaint_all()

    @property
    def zoom(self) -> int:
        """Zoom level chosen by the operator; 0 chooses the one that fits."""
        return self._zoom or 0

    @zoom.setter
    def zoom(self, level: int) -> None:
        self._zoom = next((known for known in LEVELS if known == level), None)
        self._choose_grid()

    @property
    def level(self) -> int:
        """The zoom level that is shown: 1 table, 2 pods, 3 wide cells, 4 groups or buckets."""
        return self._scene.grid.level

    # The cursor.

    @property
    def cursor_ref(self) -> Ref | None:
        """The group or pod under the cursor, None if there are no groups."""
        return _ref(self._scene)

    @property
    def cursor_groups(self) -> Sequence[MapGroup]:
        """The groups of the cell under the cursor: several where a cell is a bucket."""
        scene = self._scene
        return scene.bucket(scene.at // scene.grid.bucket) if scene.at >= 0 else ()

    def go_to(self, index: int) -> None:
        """Put the cursor on a group by its index, if there is such a group."""
        for at, group in enumerate(self._scene.groups):
            if group.index == index:
                self._move_to(at)

    def next_problem(self) -> bool:
        """Put the cursor on the next group that is not fine, wrapping; return if there is one."""
        count = len(self._scene.groups)
        for step in range(1, count + 1):
            at = (self._scene.at + step) % count
            if self._scene.groups[at].tone in {"warn", "bad"}:
                self._move_to(at)
                return True
        return False

    def _position(self, groups: tuple[MapGroup, ...]) -> int:
        """Return where the cursor is among new groups: on the same index, else the nearest."""
        if not groups:
            return -1
        scene = self._scene
        if scene.at < 0:
            return groups.index(worst(groups))
        wanted = scene.groups[scene.at].index
        at = min(range(len(groups)), key=lambda at: abs(groups[at].index - wanted))
        if groups[at].index != wanted:
            self.cursor_lost_at = self._clock()
        return at

    def _move_to(self, at: int, pod: int = -1) -> None:
        before = self._scene
        if not before.groups:
            return
        at = max(0, min(at, len(before.groups) - 1))
        self._scene = replace(before, at=at, pod=pod)
        for row in {before.row_of(before.at), before.row_of(at)}:
            self._repaint_row(row)
        self._show_cursor()
        self._announce(before)

    def _announce(self, before: Scene) -> None:
        ref = self.cursor_ref
        if ref is not None and ref != _ref(before):
            self.post_message(self.Highlighted(self, ref))

    def _show_cursor(self) -> None:
        self._show_line(self._scene.row_of(self._scene.at))

    # Keys and mouse.

    def _step(self, cells: int) -> None:
        """Move by cells; on a bucket the cursor stands for its worst group."""
        scene = self._scene
        if not scene.groups:
            return
        last = scene.grid.cells - 1
        cell = max(0, min(scene.at // scene.grid.bucket + cells, last))
        bucket = scene.bucket(cell)
        self._move_to(cell * scene.grid.bucket + list(bucket).index(worst(bucket)))

    def action_cursor_left(self) -> None:
        """Go to the previous cell."""
        self._step(-1)

    def action_cursor_right(self) -> None:
        """Go to the next cell."""
        self._step(1)

    def action_cursor_down(self) -> None:
        """Go one row down."""
        self._step(self._scene.grid.per_row)

    def action_cursor_up(self) -> None:
        """Go one row up."""
        self._step(-self._scene.grid.per_row)

    def action_page_down(self) -> None:
        """Go one page down."""
        self._step(self._scene.grid.per_row * self._page)

    def action_page_up(self) -> None:
        """Go one page up."""
        self._step(-self._scene.grid.per_row * self._page)

    def action_cursor_first(self) -> None:
        """Go to the first cell."""
        self._step(-len(self._scene.groups))

    def action_cursor_last(self) -> None:
        """Go to the last cell."""
        self._step(len(self._scene.groups))

    def action_open_cursor(self) -> None:
        """Open what is under the cursor."""
        if ref := self.cursor_ref:
            self.post_message(self.Opened(self, ref))

    def action_mark(self) -> None:
        """Ask to mark the group under the cursor, or to take its mark away."""
        self.post_message(self.MarkAsked(self, "one"))

    def action_mark_range(self) -> None:
        """Ask to mark from the last mark to the cursor."""
        self.post_message(self.MarkAsked(self, "range"))

    def action_clear_marks(self) -> None:
        """Ask to take all marks away."""
        self.post_message(self.MarkAsked(self, "none"))

    def action_faults(self) -> None:
        """Ask for the list of what is not fine."""
        self.post_message(self.FaultsAsked(self))

    def action_cycle_zoom(self) -> None:
        """Show the next zoom level: after the last one the table again."""
        self.zoom = self.level + 1 if self.level < LEVELS[-1] else LEVELS[0]
        self.post_message(self.Zoomed(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on what was clicked; open it on the second click."""
        event.stop()
        if event.y == 0:
            return
        hit = self._scene.hit(event.x + self.scroll_offset.x, event.y - 1 + self.scroll_offset.y)
        if hit is not None:
            self._move_to(*hit)
            if event.chain == 2:
                self.action_open_cursor()

    # Painting.

    def on_resize(self) -> None:
        """Choose the zoom level again."""
        self._choose_grid()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines that the zoom level for this width needs, heading included."""
        del viewport
        room = (width, max(1, container.height * 6 // 10 - 1))
        measures = (len(self._scene.groups), self._scene.size, self._highest, room)
        chosen = grid(self._zoom, *measures) if self._zoom else fitting(*measures)
        return 1 + chosen.rows

    @property
    def _highest(self) -> int:
        return max((group.index for group in self._scene.groups), default=0)

    def _choose_grid(self) -> None:
        width, height = self.scrollable_content_region.size
        measures = (len(self._scene.groups), self._scene.size, self._highest, (width, height - 1))
        chosen = grid(self._zoom, *measures) if self._zoom else fitting(*measures)
        self._scene = replace(self._scene, grid=chosen)
        used = chosen.label + chosen.per_row * chosen.cell
        self.virtual_size = Size(used, 1 + chosen.rows)
        self.refresh(layout=True)
        self._repaint_all()
        if self._scene.at >= 0:
            self._show_cursor()

    def forget_strips(self) -> None:
        """Drop cached rows."""
        self._strips.clear()

    def _repaint_all(self) -> None:
        self._strips.clear()
        self.refresh()

    def _repaint_changes(self, before: Scene) -> None:
        moved = {before.row_of(before.at), self._scene.row_of(self._scene.at)}
        for row in range(self._scene.grid.rows):
            if self._scene.in_row(row) != before.in_row(row) or (
                before.at != self._scene.at and row in moved
            ):
                self._repaint_if_other(row)

    def _repaint_if_other(self, row: int) -> None:
        """Repaint a row if it looks otherwise: a group of many in one cell may not show."""
        before = self._strips.get(row)
        fresh = map_row(self.brushes, self._scene, row)
        if fresh != before:
            self._repaint_row(row)
        self._strips[row] = fresh

    def _repaint_row(self, row: int) -> None:
        self._strips.pop(row, None)
        self._repaint_line(row)

    def render_line(self, y: int) -> Strip:
        """Render one visible line."""
        self.lines_rendered += 1
        cells, left = self.cells, self.scroll_offset.x
        if y == 0:
            return self._heading(cells)
        row = y - 1 + self.scroll_offset.y
        if row >= self._scene.grid.rows:
            return Strip.blank(cells, self.brushes())
        strip = self._strips.get(row)
        if strip is None:
            strip = self._strips[row] = map_row(self.brushes, self._scene, row)
        return strip.crop_extend(left, left + cells, self.brushes())

    def _heading(self, cells: int) -> Strip:
        chosen = self._scene.grid
        marks = "   ~ old   * updating   ^ surge" if chosen.level <= 2 and self._has_marks else ""
        hint = f"zoom {chosen.level}/4  ctrl-w"
        title = Span("GROUP MAP", "bold")
        return heading(self.brushes, title, chosen.caption + marks, hint, cells)

    @property
    def _has_marks(self) -> bool:
        return any(group.mark.strip() for group in self._scene.groups)


def _ref(scene: Scene) -> Ref | None:
    if scene.at < 0:
        return None
    group = scene.groups[scene.at]
    return group.cells[scene.pod].ref if 0 <= scene.pod < len(group.cells) else group.ref
