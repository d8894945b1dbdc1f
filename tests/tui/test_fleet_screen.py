"""The fleet by width and by number of sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lwstui.tui.widgets import seeing
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import World, busy


async def test_wide_screens_show_the_set_under_the_cursor():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(150, 34)) as pilot:
        await until(pilot, lambda: "─ llama405b ─" in shown(app))
        assert "restarts  12" in shown(app)
        await keys(pilot, "j")
        await until(pilot, lambda: "─ mixtral ─" in shown(app))
        assert "too few nvidia.com/gpu" in shown(app)
        await pilot.resize_terminal(120, 34)
        await until(pilot, lambda: "─ mixtral ─" not in shown(app))


async def test_the_widest_screens_show_events_beside_it():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(200, 26)) as pilot:
        await until(pilot, lambda: "10:41:58 BackOff ×6 llama405b-7" in shown(app))
        assert app.backend.events_wanted
        assert shown(app).count("─ EVENTS ─") == 1


def two(states_a, states_b, version):
    world = World()
    world.add_nodes(4)
    world.add_set("a", states_a, size=1, gpus=0)
    world.add_set("b", states_b, size=1, gpus=0)
    return replace(world.snapshot(), version=version)


async def test_the_cursor_stays_on_the_worst_set_until_it_is_moved():
    backend = FakeBackend(first=two("·", "·", 1))
    app = console(backend)
    async with app.run_test(size=(120, 34)) as pilot:
        await until(pilot, lambda: "all 2 groups ready" in shown(app))
        assert app.front.selected().name == "a"
        backend.publish(two("·", "X", 2))
        await until(pilot, lambda: app.front.selected().name == "b")
        assert not app.front.settled
        await keys(pilot, "j")
        await until(pilot, lambda: app.front.selected().name == "a")
        backend.publish(two("X", "·", 3))
        backend.publish(two("·", "X", 4))
        await until(pilot, lambda: "failed" in shown(app) or "X" in shown(app))
        assert app.front.selected().name == "a"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("s", "llm-prod / a     context"),
        ("w", "why llm-prod/a"),
        ("enter", "llm-prod / a   1 group"),
    ],
    ids=["scale", "why", "open"],
)
async def test_a_key_is_about_the_set_that_was_seen_under_the_cursor(key, says, monkeypatch):
    monkeypatch.setattr(seeing, "REACTION_S", 60.0)
    backend = FakeBackend(first=two("·", "·", 1))
    app = console(backend)
    async with app.run_test(size=(120, 34)) as pilot:
        await until(pilot, lambda: "▶ ·  a " in shown(app))
        backend.publish(two("·", "X", 2))
        await until(pilot, lambda: app.front.selected().name == "b")
        await keys(pilot, key)
        await until(pilot, lambda: says in shown(app))


async def test_from_the_first_key_on_the_cursor_stays_with_its_set():
    backend = FakeBackend(first=two("·", "·", 1))
    app = console(backend)
    async with app.run_test(size=(120, 34)) as pilot:
        await until(pilot, lambda: "▶ ·  a " in shown(app))
        await keys(pilot, "ctrl+e")
        backend.publish(two("·", "X", 2))
        await until(pilot, lambda: app.snapshot.version == 2 and "X  b " in shown(app))
        assert app.front.selected().name == "a"


def seen(version, namespaces, *names):
    world = World()
    world.add_nodes(4)
    for name in names:
        world.add_set(name, "·", namespace=f"ns-{name[0]}", size=1, gpus=0)
    found = replace(world.snapshot(), version=version)
    return replace(found, cluster=replace(found.cluster, namespaces=namespaces))


async def test_what_is_out_of_view_is_not_called_gone():
    backend = FakeBackend(first=seen(1, (), "a1", "b1", "b2"))
    app = console(backend)
    async with app.run_test(size=(120, 34)) as pilot:
        await until(pilot, lambda: "3 of 3" in shown(app))
        assert app.front.selected().name == "a1"
        await keys(pilot, "j", "k")
        backend.publish(seen(2, ("ns-b",), "b1", "b2"))
        await until(pilot, lambda: "2 of 2" in shown(app))
        assert app.front.selected().name == "b1"
        assert "is gone" not in shown(app)
        backend.publish(seen(3, ("ns-b",), "b2"))
        await until(pilot, lambda: "b1 is gone" in shown(app))


async def test_names_are_whole_where_panels_stand_beside_the_table():
    world, name = World(), "deepseek-r1-distill-llama-70b-eu"
    world.add_nodes(4)
    world.add_set(name, "··", size=1, gpus=0)
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(200, 60)) as pilot:
        await until(pilot, lambda: f"· {name}" in " ".join(shown(app).split()))


async def test_very_many_sets_are_shown_by_namespace_and_enter_looks_into_one():
    world = World()
    world.add_nodes(4)
    for number in range(210):
        states = "X" if number == 7 else "·"
        name = f"m{number:03d}"
        world.add_set(name, states, namespace=f"team-{number % 3}", size=1, gpus=0)
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 34)) as pilot:
        await until(pilot, lambda: "by namespace   1 of 210" in shown(app))
        await until(pilot, lambda: app.front.selected() is not None)
        assert app.front.selected().name == "m007"
        await keys(pilot, "j", "enter")
        await until(pilot, lambda: "/ ns:team-0" in shown(app))
        await until(pilot, lambda: "70 of 210" in shown(app))
        await keys(pilot, "escape")
        await until(pilot, lambda: "by namespace" in shown(app))
