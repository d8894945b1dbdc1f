"""The group screen: which pod holds the group up, at which stage, since when."""

from __future__ import annotations

import pytest

from lwstui.runtime.backend import LogEntry
from lwstui.tui.routes import Route, group_route
from lwstui.tui.screens.events import EventsScreen
from lwstui.tui.screens.group import GroupScreen
from lwstui.tui.screens.pods import PodsScreen
from lwstui.tui.screens.text import TextScreen
from tests.tui.groups import pulling, waiting_for_leader
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import NOW, rolling


async def _open(pilot, app, key, group=0):
    await until(pilot, lambda: key.name in shown(app))
    app.goto(group_route(key, group))
    await until(pilot, lambda: "STARTUP" in shown(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_pod_that_holds_the_group_up_is_seen_at_every_size(size):
    snapshot, key = pulling()
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=size) as pilot:
        await _open(pilot, app, key)
        text = shown(app)
        assert "STARTING 3/8 pods ready" in text
        assert "3m47s so far" in text
        assert "usual 6m10s" in text
        (row,) = [line for line in text.splitlines() if "▶ o" in line]
        assert "nemotron-0-6" in row
        assert "o 3m44s" in row
        assert len(text.splitlines()) <= size[1]


async def test_the_pod_under_the_cursor_is_explained():
    snapshot, key = pulling()
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app, key)
        await until(pilot, lambda: "POD nemotron-0-6" in shown(app))
        assert "2 getting the image for 3m44s, 3 waiting for readiness for 2m14s" in shown(app)
        await keys(pilot, "G")
        await until(pilot, lambda: "POD nemotron-0-7" in shown(app))
        text = shown(app)
        assert "worker 7 of 7" in text
        assert "rack-2" in text
        assert "same image: gpu-008 took 1m33s, gpu-007 took 44s" in text
        assert "acting on: nemotron-0-7" in text
        assert "assigned to gpu-009" in text


async def test_workers_that_do_not_exist_yet_have_rows_and_say_why():
    snapshot, key = waiting_for_leader()
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app, key)
        text = shown(app)
        assert "POD llama70b-0 " in text
        assert "3 wait for the leader" in text
        assert text.count("waits for leader") == 3
        assert "wait until the leader is ready" in text
        await keys(pilot, "j", "enter")
        await until(pilot, lambda: "this pod does not exist yet" in shown(app))
        assert app.front.selected().kind == "group"


async def test_digits_open_what_is_about_the_group():
    world, key = rolling()
    app = console(FakeBackend(first=world.snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app, key, 29)
        for digit, screen in (("3", PodsScreen), ("6", EventsScreen), ("7", TextScreen)):
            await keys(pilot, digit)
            await until(pilot, lambda screen=screen: isinstance(app.screen, screen))
            await keys(pilot, "q")
            await until(pilot, lambda: isinstance(app.screen, GroupScreen))


async def test_the_last_lines_of_the_leader_are_read_only_while_they_are_seen():
    snapshot, key = pulling()
    backend = FakeBackend(first=snapshot)
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, app, key)
        await until(pilot, lambda: backend.logs_opened)
        log = backend.logs_opened[-1]
        assert (log.request.group, log.request.role) == (0, "leader")
        log.sink(
            [LogEntry("leader", NOW - 60 + i, "Waiting for 8 nodes, have 6") for i in range(9)]
        )
        await until(pilot, lambda: "Waiting for 8 nodes, have 6   (×9 in 8s)" in shown(app))
        app.goto(Route("pods"))
        await until(pilot, lambda: log.closed)
        await keys(pilot, "q")
        await until(pilot, lambda: len(backend.logs_opened) == 2)


async def test_a_group_that_is_gone_says_so():
    snapshot, key = pulling()
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: key.name in shown(app))
        app.goto(group_route(key, 7))
        await until(pilot, lambda: "group 7 is gone" in shown(app))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("set nemotron/0", "nemotron / group 0"),
        ("set nemotron/0/6", "w6 of group 0 of nemotron"),
        ("placement nemotron", "placement of nemotron"),
        ("placement nemotron/0", "placement of nemotron"),
    ],
)
async def test_the_command_bar_opens_groups_pods_and_placements(line, said):
    snapshot, key = pulling()
    app = console(FakeBackend(first=snapshot))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: key.name in shown(app))
        app.run_command(line)
        await until(pilot, lambda: said in shown(app))
