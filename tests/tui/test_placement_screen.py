"""The placement screen: opened by t, cycled by t, the cursor on what is wrong."""

from __future__ import annotations

from lwstui.tui.routes import Route
from lwstui.tui.screens.group import GroupScreen
from lwstui.tui.screens.placement import PlacementScreen
from lwstui.view.types import Ref
from tests.tui.places import racks
from tests.tui.support import FakeBackend, console, keys, shown, until


async def test_t_opens_the_placement_of_a_set_on_the_worst_group():
    snapshot, _ = racks()
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b-eu" in shown(app))
        await keys(pilot, "t")
        await until(pilot, lambda: isinstance(app.screen, PlacementScreen))
        await until(pilot, lambda: "acting on: llama70b-eu group 2" in shown(app))
        text = shown(app)
        assert "by topology.kubernetes.io/rack" in text
        assert "! 1 split" in text
        assert "+ 1 shared" in text
        await keys(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, GroupScreen))


async def test_t_again_shows_the_next_key_and_the_screen_remembers_it():
    snapshot, key = racks()
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b-eu" in shown(app))
        app.goto(Route("placement", Ref("set", *key)))
        await until(pilot, lambda: "by topology.kubernetes.io/rack" in shown(app))
        await keys(pilot, "t")
        await until(pilot, lambda: "by topology.kubernetes.io/zone" in shown(app))
        await keys(pilot, "q")
        app.goto(Route("placement", Ref("set", *key)))
        await until(pilot, lambda: "by topology.kubernetes.io/zone" in shown(app))
        await keys(pilot, "t", "t")
        await until(pilot, lambda: "by topology.kubernetes.io/rack" in shown(app))


async def test_next_problem_goes_over_what_is_split_or_shared():
    snapshot, key = racks()
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b-eu" in shown(app))
        app.goto(Route("placement", Ref("set", *key)))
        await until(pilot, lambda: "acting on: llama70b-eu group 2" in shown(app))
        await keys(pilot, "exclamation_mark")
        await until(pilot, lambda: "acting on: llama70b-eu group 3" in shown(app))
        await keys(pilot, "exclamation_mark")
        await until(pilot, lambda: "acting on: llama70b-eu group 2" in shown(app))
