"""A group that is created again and again has failed, whatever its new pods are about to do."""

from __future__ import annotations

import re

from controller.api.names import PODS
from tests.runtime.bench import running
from tests.tui.support import FakeBackend, console, keys, settled, shown, until
from tests.view.build import LLAMA, lws, pod, starting

RECREATIONS = 3
APART_S = 240
"""Three recreations within twelve minutes."""


async def recreated(bench, times: int) -> None:
    """Let the leader and the worker of group 1 be replaced so many times."""
    watch = bench.link.of(PODS)
    for number in range(1, times + 1):
        await bench.time.advance(APART_S)
        for worker in (0, 1):
            now = bench.time.now()
            changes = {"uid": f"uid-{worker}-{number}", "created_at": now}
            new = starting(1, worker, ready_changed_at=now, scheduled_at=now, **changes)
            watch.sink.apply("DELETED", new)
            watch.sink.apply("ADDED", new)
        await bench.time.advance(0.2)


async def seen(times: int) -> tuple[str, str, str]:
    """Return what the first screen, the map and the list of groups show then."""
    async with running() as bench:
        await bench.live(*(pod(g, w) for g in (0, 1) for w in (0, 1)), sets=(lws(2, 2),))
        await recreated(bench, times)
        now, snapshot = bench.time.now(), bench.last
    app = console(FakeBackend(first=snapshot), clock=lambda: now)
    shots = []
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: LLAMA.name in shown(app))
        shots.append(shown(app))
        await keys(pilot, "enter")
        await until(pilot, lambda: "GROUP MAP" in shown(app))
        shots.append(shown(app))
        await keys(pilot, "2")
        await settled(pilot, app)
        shots.append(shown(app))
    return tuple(shots)


async def test_three_recreations_in_a_quarter_of_an_hour_are_a_failure_on_every_screen():
    first, as_map, as_list = await seen(RECREATIONS)
    assert re.search(r"X prod/llama +group 1 +recreate loop ×3", first)
    assert re.search(r"X +llama +prod +1/2 .* ·X ", first)
    assert re.search(r"01 o│o +0/2 ready +X failed +recreate loop ×3", as_map)
    assert re.search(r"X +1 +0/2 .* recreate loop ×3", as_list)


async def test_fewer_are_a_start():
    first, as_map, as_list = await seen(RECREATIONS - 1)
    assert "NOTHING NEEDS ATTENTION" in first
    assert re.search(r"o +llama +prod +1/2 .* ·o ", first)
    assert re.search(r"01 o│o +0/2 ready +o ", as_map)
    assert re.search(r"o +1 +0/2 ", as_list)
    assert "recreate loop" not in first + as_map + as_list
