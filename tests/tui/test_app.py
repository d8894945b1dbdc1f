"""The application: first frame, hand-off of snapshots, covered screens, failures."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from lwstui.tui.screens.fleet import FleetScreen
from lwstui.tui.screens.lws import LwsScreen
from lwstui.tui.screens.nodes import NodesScreen
from lwstui.tui.widgets.keyed_table import KeyedTable
from tests.tui.support import FakeBackend, console, settled, shown, until
from tests.tui.worlds import World, busy


async def test_the_first_frame_is_painted_before_the_engine_starts():
    frames: list[bool] = []

    class Late(FakeBackend):
        def start(self, publish):
            frames.append("connecting" in shown(app))
            super().start(publish)

    app = console(Late(first=busy().snapshot()))
    async with app.run_test() as pilot:
        await until(pilot, lambda: frames)
        assert frames == [True]
        await until(pilot, lambda: "llama405b" in shown(app))


async def test_snapshots_from_another_thread_conflate_to_the_newest():
    backend = FakeBackend()
    app = console(backend)
    world = World()
    world.add_set("first", "·", size=1)
    async with app.run_test() as pilot:
        await until(pilot, lambda: backend.started)
        taken: list[int] = []
        app.watch(app, "snapshot", lambda snapshot: taken.append(snapshot.version), init=False)

        def flood():
            for version in range(1, 501):
                backend.publish(world.snapshot(version))

        thread = threading.Thread(target=flood)
        thread.start()
        thread.join()
        await until(pilot, lambda: app.snapshot.version == 500)
        assert len(taken) < 500
        assert "first" in shown(app)


async def test_a_covered_screen_does_nothing_and_catches_up(monkeypatch):
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        calls: list[str] = []
        show = FleetScreen.show

        def counted(self, snapshot, now):
            calls.append("fleet")
            show(self, snapshot, now)

        monkeypatch.setattr(FleetScreen, "show", counted)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, NodesScreen))
        await pilot.pause()
        calls.clear()
        world = busy()
        world.add_set("brand-new", "X", size=1)
        for version in range(2, 6):
            backend.publish(world.snapshot(version))
        await until(pilot, lambda: app.snapshot.version == 5)
        await pilot.pause()
        assert calls == []
        await pilot.press("q")
        await until(pilot, lambda: "brand-new" in shown(app))
        assert calls


async def test_a_screen_behind_a_dialog_stays_live():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await pilot.press("s")
        await until(pilot, lambda: "SCALE SET" in shown(app))
        world = busy()
        world.add_set("aaa-new", "X", size=1)
        backend.publish(world.snapshot(2))
        table = app.front.query_one("#main", KeyedTable)
        await until(pilot, lambda: any(r.ref.name == "aaa-new" for r in table.rows))


async def test_ages_tick_without_new_snapshots():
    world = World()
    world.add_set("young", "o", size=1, age=5)
    now = [world.now]
    app = console(FakeBackend(first=world.snapshot()), clock=lambda: now[0])
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: " 5s" in shown(app))
        now[0] += 7
        app.tick()
        await until(pilot, lambda: " 12s" in shown(app))


async def test_an_unchanged_snapshot_rebuilds_no_rows():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await settled(pilot, app)
        built = app.memo.built
        backend.publish(replace(app.snapshot, version=2))
        await until(pilot, lambda: app.snapshot.version == 2)
        # The digests are gathered for each snapshot; none of them is made.
        assert app.memo.built == built + 1


async def test_a_failing_screen_says_so_and_lives(expected_defects, monkeypatch, caplog):
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))

        def broken(self, snapshot, now):
            raise ValueError("[red]boom[/]")

        monkeypatch.setattr(LwsScreen, "show", broken)
        await pilot.press("enter")
        await until(pilot, lambda: "drawing the screen failed: ValueError" in shown(app))
        assert "Traceback" not in shown(app)
        assert any(record.exc_info for record in caplog.records)
        await pilot.press("escape", "q")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))


async def test_a_failing_key_says_so_and_lives(expected_defects, monkeypatch):
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))

        def broken(self):
            raise RuntimeError

        monkeypatch.setattr(FleetScreen, "action_nodes", broken)
        await pilot.press("m")
        await until(pilot, lambda: "the key failed: RuntimeError" in shown(app))


@pytest.mark.parametrize("wanted", [(120, 40), (80, 24)])
async def test_events_are_watched_only_while_they_are_shown(wanted):
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend)
    async with app.run_test(size=wanted) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        assert backend.events_wanted == (wanted[1] >= 28)
        await pilot.press("E")
        await until(pilot, lambda: backend.events_wanted)
        await pilot.press("q", "m")
        await until(pilot, lambda: isinstance(app.screen, NodesScreen))
        await until(pilot, lambda: not backend.events_wanted)
