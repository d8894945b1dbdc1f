"""Sizes: useful at 80 by 24, one sentence when there is too little room, nothing lost between."""

from __future__ import annotations

import pytest

from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy, large, rolling


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 15)])
async def test_the_fault_is_visible_at_every_size(size):
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        assert "CrashLoop" in shown(app) or size[0] == 60
        assert "group 7" in shown(app)
        assert "? Help" in shown(app)
        assert len(shown(app).splitlines()) <= size[1]


@pytest.mark.parametrize("size", [(59, 24), (80, 14), (20, 5)])
async def test_too_small_is_one_sentence(size):
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "lwstui needs" in shown(app))
        assert "llama405b" not in shown(app)


async def test_growing_brings_the_screen_back():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(50, 10)) as pilot:
        await until(pilot, lambda: "lwstui needs" in shown(app))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "llama405b" in shown(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "EVENTS" not in shown(app))
        assert "llama405b" in shown(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_two_thousand_groups_show_the_planted_faults(size):
    world, _ = large()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "embed-fleet" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "GROUP MAP" in shown(app))
        await until(pilot, lambda: "acting on: embed-fleet group 413" in shown(app))
        await keys(pilot, "exclamation_mark")
        await until(pilot, lambda: "group 1201" in shown(app))


async def test_a_set_is_useful_at_80_by_24():
    world, _ = rolling()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "GROUP MAP" in shown(app))
        text = shown(app)
        assert "45/48" in text
        assert "EXCEPTIONS" in text
        assert "llama70b-29-2" in text
