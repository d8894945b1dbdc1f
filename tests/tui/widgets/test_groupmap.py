"""The group map: geometry, zoom, cursor, and how little it repaints."""

from dataclasses import replace

import pytest

from lwstui.tui.widgets.groupmap import GroupMap
from lwstui.tui.widgets.mapgrid import body_width, fitting, grid, worker_column, worst
from lwstui.view.types import MapCell, MapGroup, Ref, Tone
from tests.tui.widgets.samples import Harness, cells_of, run, text_of

TONES: dict[str, Tone] = {"·": "ok", ":": "ok", "o": "busy", "!": "warn", "X": "bad", "P": "warn"}


def group(index: int, pods: str = "····", mark: str = " ") -> MapGroup:
    """A group whose pods have these glyphs, leader first."""
    glyph = min(pods, key="XP!-?ou:·_".index)
    cells = tuple(
        MapCell(pod, TONES[pod], Ref("pod", "ns", f"big-{index}-{worker}", index, worker))
        for worker, pod in enumerate(pods)
    )
    ready = sum(pod in "·:" for pod in pods)
    ref = Ref("group", "ns", "big", index)
    return MapGroup(index, mark, glyph, TONES[glyph], ready, cells, ref)


def groups(count: int, pods: str = "····", **special: str) -> tuple[MapGroup, ...]:
    """Groups 0 to count-1; ``g7="X···"`` makes group 7 special."""
    return tuple(group(index, special.get(f"g{index}", pods)) for index in range(count))


@pytest.mark.parametrize(
    ("count", "size", "room", "level", "bucket"),
    [
        pytest.param(48, 4, (100, 20), 2, 1, id="pods-fit"),
        pytest.param(400, 8, (100, 25), 3, 1, id="wide-cells"),
        pytest.param(2000, 8, (100, 25), 4, 1, id="a-cell-per-group"),
        pytest.param(20_000, 8, (100, 25), 4, 10, id="buckets"),
        pytest.param(1, 4, (100, 20), 1, 1, id="one-group"),
        pytest.param(8, 4, (100, 20), 1, 1, id="few-groups-get-lines"),
        pytest.param(9, 4, (100, 20), 2, 1, id="a-group-more"),
        pytest.param(0, 4, (100, 20), 1, 1, id="no-group"),
        pytest.param(9, 200, (80, 20), 3, 1, id="a-group-wider-than-the-screen"),
    ],
)
def test_the_most_detailed_level_that_shows_the_whole_set(count, size, room, level, bucket):
    found = fitting(count, size, count - 1, room)
    assert (found.level, found.bucket) == (level, bucket)
    assert found.rows <= room[1]
    assert found.label + found.per_row * found.cell <= room[0]


@pytest.mark.parametrize("width", [30, 80, 100, 137, 200])
def test_rows_start_at_round_indexes(width):
    found = grid(4, 2000, 8, 1999, (width, 100))
    assert found.per_row % 10 == 0
    assert grid(2, 100, 4, 99, (100, 20)).per_row == 8


@pytest.mark.parametrize("count", [1, 7, 999, 4321, 100_000])
@pytest.mark.parametrize("rows", [1, 3, 24])
def test_buckets_hold_every_group(count, rows):
    found = grid(4, count, 8, count, (80, rows))
    assert found.cells * found.bucket >= count
    assert found.rows <= rows


def test_big_groups_draw_workers_in_blocks_of_eight():
    assert body_width(1) == 1
    assert body_width(4) == 5
    assert body_width(17) == 1 + 1 + 16 + 1
    assert [worker_column(worker, 17) for worker in (0, 1, 8, 9, 16)] == [0, 2, 9, 11, 18]


def test_the_worst_group_decides():
    assert worst((group(0), group(1, "o···"), group(2, "·X··"), group(3, "X···"))).index == 2


async def shown(view: GroupMap, content, size, screen=(100, 30)):
    app = Harness(view)
    async with run(app, screen) as pilot:
        view.set_groups(content, size)
        await pilot.pause()
        return text_of(view)


async def test_pods_are_drawn_as_leader_and_workers():
    lines = await shown(GroupMap(), groups(12, g3="o·X·"), 4)
    assert "one cell = one pod" in lines[0]
    assert "zoom 2/4" in lines[0]
    assert lines[1].startswith("  00 ·│···   01 ·│···  ")
    assert "▶03 o│·X·" in lines[1]
    assert lines[2].startswith("  08 ·│···")


async def test_marks_are_explained_only_when_there_are_any():
    old = (group(0, "::::", "~"), group(1, "····", "*"))
    lines = await shown(GroupMap(), old, 4)
    assert "~ old" in lines[0]
    assert "00~:│:::" in lines[1]
    lines = await shown(GroupMap(), groups(2), 4)
    assert "~ old" not in lines[0]


async def test_wide_cells_show_the_worst_state_and_ready_pods():
    lines = await shown(GroupMap(), groups(400, "·" * 12, g1="X" + "·" * 11), 12)
    assert "zoom 3/4" in lines[0]
    assert lines[1].startswith("▶  0  ·9+X9+·9+")


async def test_two_thousand_groups_are_one_cell_each():
    lines = await shown(GroupMap(), groups(2000, g413="X···"), 4, (100, 50))
    assert "one cell = one group" in lines[0]
    assert lines[1].startswith("    0  ····")
    assert sum(line.count("·") for line in lines[1:]) == 1999
    assert sum(line.count("X") for line in lines[1:]) == 1
    assert any(line.startswith("▶ 360") for line in lines)


async def test_more_groups_than_cells_share_cells_and_the_title_says_so():
    lines = await shown(GroupMap(), groups(20_000, "·", g777="X"), 1)
    assert "1 cell = " in lines[0]
    assert "".join(lines[1:]).count("X") == 1


async def test_the_cursor_starts_on_the_worst_group_and_moves():
    view = GroupMap()
    app = Harness(view)
    async with run(app) as pilot:
        view.set_groups(groups(48, g29="o·X·"), 4)
        await pilot.pause()
        assert view.cursor_ref.group == 29
        for key, index in (
            ("h", 28),
            ("right", 29),
            ("j", 37),
            ("k", 29),
            ("g", 0),
            ("up", 0),
            ("G", 47),
            ("j", 47),
        ):
            await pilot.press(key)
            assert view.cursor_ref.group == index, key
        moved = [message.ref.group for message in app.of(GroupMap.Highlighted)]
        assert moved == [29, 28, 29, 37, 29, 0, 47]


async def test_enter_opens_a_group_and_a_click_selects_a_pod():
    view = GroupMap()
    app = Harness(view)
    async with run(app) as pilot:
        view.set_groups(groups(16), 4)
        await pilot.pause()
        await pilot.press("enter")
        # " ▶00 ·│···": leader in column 5, worker 2 in column 8, next group 11 columns on
        await pilot.click(GroupMap, offset=(11 + 8, 2))
        assert view.cursor_ref.kind == "pod"
        assert (view.cursor_ref.group, view.cursor_ref.worker) == (9, 2)
        await pilot.press("enter", "h")
        assert view.cursor_ref.kind == "group"
        await pilot.pause()
        opened = [(message.ref.kind, message.ref.group) for message in app.of(GroupMap.Opened)]
        assert opened == [("group", 0), ("pod", 9)]


async def test_the_cursor_follows_its_index_and_a_lost_one_blocks_verbs():
    now = [10.0]
    view = GroupMap(clock=lambda: now[0])
    app = Harness(view)
    async with run(app) as pilot:
        view.set_groups(groups(10), 4)
        view.go_to(7)
        view.set_groups(groups(10)[2:], 4)
        await pilot.pause()
        assert view.cursor_ref.group == 7
        assert view.settled
        view.set_groups(groups(5), 4)
        assert view.cursor_ref.group == 4
        assert not view.settled
        now[0] += 0.5
        assert view.settled


async def test_zoom_cycles_and_can_be_chosen():
    view = GroupMap()
    async with run(Harness(view)) as pilot:
        view.set_groups(groups(48), 4)
        await pilot.pause()
        levels = [view.level]
        for _ in range(4):
            await pilot.press("ctrl+w")
            levels.append(view.level)
        assert levels == [2, 3, 4, 1, 2]
        view.zoom = 3
        assert (view.zoom, view.level) == (3, 3)
        view.zoom = 0
        assert view.level == 2


async def test_the_next_problem_wraps():
    view = GroupMap()
    async with run(Harness(view)):
        view.set_groups(groups(20, g3="X···", g12="!···"), 4)
        found = []
        for _ in range(3):
            assert view.next_problem()
            found.append(view.cursor_ref.group)
        assert found == [12, 3, 12]
        view.set_groups(groups(20), 4)
        assert not view.next_problem()


async def test_one_changed_group_repaints_one_row():
    view = GroupMap()
    async with run(Harness(view)) as pilot:
        view.set_groups(groups(48), 4)
        await pilot.pause()
        view.lines_rendered = 0
        view.set_groups(groups(48, g20="o···"), 4)
        await pilot.pause()
        assert view.lines_rendered == 1
        view.lines_rendered = 0
        view.set_groups(groups(48, g20="o···"), 4)
        await pilot.pause()
        assert view.lines_rendered == 0


async def test_runs_of_equal_cells_are_one_segment():
    view = GroupMap()
    async with run(Harness(view)) as pilot:
        view.set_groups(groups(2000, g150="X···"), 4)
        await pilot.pause()
        assert len(list(view.render_line(1))) <= 6


async def test_a_filter_dims_the_others_and_keeps_the_shape():
    view = GroupMap()
    async with run(Harness(view)) as pilot:
        view.set_groups(groups(20, g3="X···"), 4)
        await pilot.pause()
        before = text_of(view)
        view.dim_except({5})
        await pilot.pause()
        assert text_of(view) == before
        dimmed = [s for s in view.render_line(1) if "X" in s.text]
        assert not any(segment.style.reverse for segment in dimmed)


async def test_a_small_screen_keeps_every_line_straight():
    view = GroupMap()
    async with run(Harness(view), (24, 8)) as pilot:
        view.set_groups(groups(300, g299="X···"), 4)
        await pilot.pause()
        assert cells_of(view) == {view.cells}
        view.set_groups((), 4)
        await pilot.pause()
        await pilot.press("j", "enter", "ctrl+w")
        assert view.cursor_ref is None


async def test_a_line_per_group_says_what_is_the_matter():
    view = GroupMap()
    async with run(Harness(view), size=(60, 20)) as pilot:
        ill = replace(group(1, "X···"), size=4, note="failed   w0 exit 1   gpu-7")
        view.set_groups((replace(group(0, "····"), size=4, note="ready"), ill), 4)
        await pilot.pause()
        assert view.level == 1
        lines = [view.render_line(y).text for y in (1, 2)]
        assert lines[0].startswith("  00 ·│···  4/4 ready  · ready")
        assert lines[1].startswith(" ▶01 X│···  3/4 ready  X failed   w0 exit 1   gpu-7")


async def test_a_bucket_tells_its_groups():
    view = GroupMap()
    async with run(Harness(view), size=(40, 10)) as pilot:
        view.set_groups(groups(2000, "·", g700="X"), 1)
        await pilot.pause()
        found = [one.index for one in view.cursor_groups]
        assert len(found) > 1
        assert 700 in found
