"""The cursor stays on its object: a verb hits what was looked at, or nothing."""

from __future__ import annotations

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.widgets import keyed_table
from tests.tui.support import FakeBackend, console, keys, opened, settled, shown, until
from tests.tui.worlds import World, rolling


def calm(states: str = "·") -> World:
    """Return three sets; the letters are the groups of the one in the middle."""
    world = World()
    world.sandbox = True
    world.add_nodes(8)
    for name, groups in (("aaa", "·"), ("mmm", states), ("zzz", "·")):
        world.add_set(name, groups, size=1)
    return world


async def test_an_order_that_changes_under_the_cursor_changes_no_target(monkeypatch):
    monkeypatch.setattr(keyed_table, "_HOLD_S", 0.0)
    backend = FakeBackend(first=calm().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "zzz" in shown(app))
        await keys(pilot, "S", "g", "j", "j")
        assert app.front.selected().name == "zzz"
        before = [row.key for row in app.front.main.rows]
        # The set in the middle fails, which makes it the first row.
        backend.publish(calm("X").snapshot(version=2))
        await until(pilot, lambda: [row.key for row in app.front.main.rows] != before)
        await pilot.press("s")
        await opened(pilot, app, "SCALE SET")
        await pilot.press("up")
        await until(pilot, lambda: backend.dry_runs)
        assert {intent.target.name for intent in backend.dry_runs} == {"zzz"}


@pytest.mark.parametrize("key", ["s", "r", "ctrl+d", "i", "less_than_sign"])
async def test_no_verb_hits_what_slid_under_the_cursor(key):
    world = calm()
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "zzz" in shown(app))
        await keys(pilot, "g", "j")
        assert app.front.selected().name == "mmm"
        del world.sets[Key("llm-prod", "mmm")]
        backend.publish(world.snapshot(version=2))
        await until(pilot, lambda: "mmm" not in {row.ref.name for row in app.front.main.rows})
        await keys(pilot, key)
        await until(pilot, lambda: "look again before acting" in shown(app))
        assert not isinstance(app.screen, Dialog)
        assert backend.dry_runs == []
        assert backend.submitted == []


@pytest.mark.parametrize("tab", ["1", "2"], ids=["map", "list"])
async def test_no_verb_hits_another_group_when_the_one_under_the_cursor_goes(tab):
    world, key = rolling()
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: key.name in shown(app))
        await keys(pilot, "enter", tab, "exclamation_mark")
        await settled(pilot, app)
        at = app.front.selected().group
        lws = world.sets[key]
        world.sets[key] = msgspec.structs.replace(lws, spec={**lws.spec, "replicas": at})
        world.pods = {name: pod for name, pod in world.pods.items() if pod.group < at}
        backend.publish(world.snapshot(version=2))
        await until(pilot, lambda: app.snapshot.version == 2)
        await keys(pilot, "r")
        await until(pilot, lambda: "look again before acting" in shown(app))
        assert backend.dry_runs == []
        assert backend.submitted == []


async def test_an_object_that_goes_while_its_dialog_is_open_cannot_be_confirmed():
    world = calm()
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "zzz" in shown(app))
        await keys(pilot, "g", "j", "r")
        await opened(pilot, app, "mmm")
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        world.sets[Key("llm-prod", "mmm")] = replace_uid(world, "another")
        backend.publish(world.snapshot(version=2))
        app.tick()
        await until(pilot, lambda: app.screen.query_one("#confirm").disabled)
        await keys(pilot, "y")
        assert backend.submitted == []


def replace_uid(world: World, uid: str):
    """Return the set in the middle as another of the same name."""
    lws = world.sets[Key("llm-prod", "mmm")]
    return msgspec.structs.replace(lws, metadata=msgspec.structs.replace(lws.metadata, uid=uid))
