"""How moments are written, and from when on things count as stuck: set, and changed live."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.config.settings import Config
from lwstui.state.manner import Manner
from lwstui.state.model import GroupStart, Snapshot
from lwstui.view.ages import clock
from lwstui.view.digest import digest
from lwstui.view.memo import Memo
from lwstui.view.pods import pods
from lwstui.view.types import Query
from lwstui.view.usualstart import slow_start_s
from tests.tui.support import FakeBackend, console, shown, until
from tests.tui.worlds import NOW, World, busy


def _starting(took: tuple[float, ...]) -> tuple[Key, Snapshot]:
    """Return a set whose second group has been starting for some minutes."""
    world = World()
    world.add_nodes(8)
    key = world.add_set("llama", "·o", size=2)
    starts = {key: tuple(GroupStart("vllm:1", seconds) for seconds in took)}
    return key, replace(world.snapshot(), starts=starts)


@pytest.mark.parametrize(
    ("took", "manner", "slow_s"),
    [
        ((), Manner(), 900.0),
        ((100.0,) * 4, Manner(), 900.0),
        ((100.0,) * 5, Manner(), 150.0),
        ((100.0,) * 5, Manner(stuck_factor=3.0), 300.0),
        ((10.0,) * 5, Manner(), 30.0),
        ((), Manner(stuck_default_s=120.0), 120.0),
    ],
)
def test_how_long_a_start_may_take_follows_what_was_usual(took, manner, slow_s):
    key, snapshot = _starting(took)
    snapshot = replace(snapshot, manner=manner)
    memo, pod = Memo(), snapshot.by_set[key][-1]
    assert slow_start_s(snapshot, key, memo, pod.created_at) == slow_s
    for now, glyph in ((pod.created_at + slow_s - 1, "o"), (pod.created_at + slow_s, "!")):
        assert digest(snapshot, snapshot.sets[key], memo, now).groups[1].health.glyph == glyph
        rows = pods(snapshot, Query(), now, memo).rows
        assert next(row.cells[0].text for row in rows if row.ref.name == pod.name) == glyph


def test_another_threshold_counts_at_once_and_leaves_groups_that_serve_alone():
    key, snapshot = _starting(())
    memo, pod = Memo(), snapshot.by_set[key][-1]
    now = pod.created_at + 300
    before = digest(snapshot, snapshot.sets[key], memo, now)
    later = replace(snapshot, manner=Manner(stuck_default_s=240.0))
    after = digest(later, later.sets[key], memo, now)
    assert [group.health.glyph for group in before.groups] == ["·", "o"]
    assert [group.health.glyph for group in after.groups] == ["·", "!"]
    assert after.groups[0] is before.groups[0]


async def test_times_change_on_every_screen_as_the_setting_does(tmp_path):
    (tmp_path / "config.yaml").write_text("ui: {time: utc}\n")
    config = Config({"LWSTUI_CONFIG_DIR": str(tmp_path)})
    settings = config.of("").settings
    app = console(FakeBackend(first=busy().snapshot()), config=config, settings=settings)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: f"{clock(NOW, 'utc')[:5]}Z" in shown(app))
        app.run_command("events")
        await until(pilot, lambda: clock(NOW - 29, "utc") in shown(app))
        app.run_command("opt time relative")
        await until(pilot, lambda: " W  29s " in shown(app) or "W 29s" in shown(app))
        assert clock(NOW - 29, "utc") not in shown(app)
        app.run_command("opt time local")
        await until(pilot, lambda: "must be one of absolute, utc, relative" in shown(app))
        (tmp_path / "config.yaml").write_text("health: {stuck_defualt: 1m}\n")
        app.tick()
        await until(pilot, lambda: "did you mean health.stuck_default?" in shown(app))
