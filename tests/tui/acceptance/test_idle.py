"""Idle: a cluster in which nothing happens costs neither requests nor lines."""

from __future__ import annotations

import pytest

from tests.runtime.bench import running
from tests.tui.acceptance.written import Written
from tests.tui.support import FakeBackend, console, keys, settled, shown, until
from tests.tui.worlds import NOW, busy
from tests.view.build import pod

MINUTES = 2
READS = ("get", "list")


@pytest.mark.parametrize("pressed", [(), ("enter",), ("z",)], ids=["fleet", "map", "rollout"])
async def test_minutes_without_change_draw_fewer_than_ten_lines_a_second(pressed):
    now = [NOW]
    app = console(FakeBackend(first=busy().snapshot()), clock=lambda: now[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, *pressed)
        await settled(pilot, app)
        written = Written(app)
        for _ in range(MINUTES * 60):
            now[0] += 1
            app.tick()
            await pilot.pause()
        await settled(pilot, app)
        assert 0 < written.lines < 10 * MINUTES * 60


async def test_minutes_without_change_ask_the_server_nothing():
    async with running() as bench:
        await bench.live(pod())
        runs = {watch.spec: watch.runs for watch in bench.link.watches}
        asked = len([call for call in bench.link.cluster.calls if call[0] in READS])
        for _ in range(MINUTES * 60):
            await bench.time.advance(1)
        assert {watch.spec: watch.runs for watch in bench.link.watches} == runs
        assert not any(watch.refreshed or watch.reopened for watch in bench.link.watches)
        assert len([call for call in bench.link.cluster.calls if call[0] in READS]) == asked
