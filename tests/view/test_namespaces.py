"""A fleet of very many sets by namespace, and the set under the cursor in more words."""

from __future__ import annotations

from lwstui.state.model import GroupStart
from lwstui.view.aside import events_aside, set_aside
from lwstui.view.fleet import fleet
from lwstui.view.memo import Memo
from lwstui.view.types import Query
from tests.tui.building import NOW, World


def _many(count=260):
    world = World()
    world.add_nodes(4)
    for number in range(count):
        states = "·X" if number in (7, 205) else "··"
        world.add_set(f"m{number:03d}", states, namespace=f"team-{number % 7}", size=1, gpus=1)
    return world.snapshot()


def _names(view):
    return [row.ref.name if row.ref else row.cells[2].text for row in view.table.rows]


def test_namespaces_with_problems_come_first_and_show_only_what_is_wrong():
    view = fleet(_many(), Query(), NOW, Memo())
    assert _names(view)[:4] == ["team-0", "m007", "team-2", "m205"]
    assert _names(view)[4:] == ["team-1", "team-3", "team-4", "team-5", "team-6"]
    assert view.table.total == 260
    texts = [cell.text for cell in view.table.rows[0].cells]
    assert "38 sets" in texts
    assert "75/76" in texts
    assert "X1 ·37" in texts


def test_a_filter_an_order_or_few_sets_show_the_sets_themselves():
    snapshot = _many()
    for query in (Query(filter="ns:team-3"), Query(sort="name"), Query(faults_only=True)):
        view = fleet(snapshot, query, NOW, Memo())
        assert all(row.ref is not None for row in view.table.rows)
    assert len(fleet(_many(50), Query(), NOW, Memo()).table.rows) == 50


def test_rows_of_namespaces_are_built_once():
    snapshot, memo = _many(), Memo()
    first = fleet(snapshot, Query(), NOW, memo)
    again = fleet(snapshot, Query(), NOW, memo)
    assert all(a is b for a, b in zip(first.table.rows, again.table.rows, strict=True))


def _text(lines):
    return "\n".join("".join(span.text for span in line) for line in lines)


def test_the_set_beside_the_fleet_says_what_columns_leave_out():
    world = World()
    world.add_nodes(4)
    key = world.add_set("llama", "·X·", size=2, image="vllm:1")
    starts = {key: (GroupStart("vllm:1", 372.0),)}
    text = _text(set_aside(world.snapshot(starts=starts), key, NOW, Memo()))
    assert "X failed for 4m12s" in text
    assert "2/3 ready" in text
    assert "restarts  12" in text
    assert "starts in 6m12s, usually" in text
    assert "vllm-worker vllm:1" in text
    assert "X 1 4m12s  all 2 pods: OOMKilled" in text
    assert set_aside(world.snapshot(), key._replace(name="no"), NOW, Memo()) == ()


def test_groups_with_one_reason_are_one_line_beside_the_fleet():
    world = World()
    world.add_nodes(4)
    key = world.add_set("llama", "·PP·P", size=1, gpus=1)
    lines = _text(set_aside(world.snapshot(), key, NOW, Memo())).splitlines()
    (told,) = [line for line in lines if "too few" in line and "P " in line]
    assert told.startswith("P 1-2, 4 2m")


def test_events_in_a_narrow_column_are_the_newest_two_lines_each():
    world = World()
    world.add_event("a", "Old", "first", ago=90)
    world.add_event("b", "BackOff", "again", ago=5, count=3, warning=True)
    lines = events_aside(world.snapshot(), 1)
    assert _text(lines) == "10:41:55 BackOff ×3 b\n  again"
