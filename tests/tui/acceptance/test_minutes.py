"""Idle and disconnected for minutes: the real watches, on a clock that is moved on by hand."""

from __future__ import annotations

import asyncio
import functools
import random
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lwstui.kube.connect import Target
from lwstui.kube.reflector import Reflector, Timing
from lwstui.runtime import headless, kubelink
from lwstui.runtime.core import Core
from lwstui.runtime.engine import EngineOptions
from lwstui.sandbox.cluster import SandboxOptions
from tests.e2e.cli import demo
from tests.e2e.conftest import World, world_of
from tests.support.gate import gated
from tests.support.virtualtime import VirtualTime
from tests.tui.acceptance.written import Written
from tests.tui.support import FakeBackend, console, keys, settled, shown, until

IDLE_S = 300
LOST_S = 600
ROW = re.compile(r"· +demo +default +3/3 ")


@dataclass
class OnThisLoop(FakeBackend):
    """A real core on the test's own loop, connected by ``lwstui.kube``."""

    kubeconfig: Path = Path()
    clock: VirtualTime | None = None
    link: kubelink.KubeLink | None = None
    work: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, publish) -> None:
        """Start the core."""
        factory = kubelink.KubeFactory("test", history_limit=1, lease_namespace="default")
        connect = factory.connect

        async def connected(target, told):
            self.link = await connect(target, told)
            return self.link

        factory.connect = connected  # type: ignore[method-assign]
        options = EngineOptions(Target(str(self.kubeconfig)))
        self.core = Core(options, factory, self.clock, publish)
        self.work.append(asyncio.create_task(self.core.run()))

    def want_metrics(self, wanted: bool) -> None:
        """Pass it on."""
        self.core.want_metrics(wanted=wanted)

    def want_events(self, wanted: bool) -> None:
        """Pass it on."""
        self.core.want_events(wanted=wanted)

    def asked(self) -> dict[str, int]:
        """Return how often each thing was asked of the server."""
        return dict(self.link._connection.rest.requests)


class Soonest(random.Random):
    """Chance that always takes the least: watches end as early as they may."""

    def random(self) -> float:
        """Return the least."""
        return 0.0

    def randint(self, a: int, b: int) -> int:
        """Return the least."""
        return min(a, b)


@pytest.fixture
async def clock(monkeypatch) -> VirtualTime:
    """The time of the loop, for the console, its watches and the controller."""
    made = VirtualTime(asyncio.get_running_loop())
    monkeypatch.setattr(headless, "SystemClock", lambda: made)
    return made


@pytest.fixture
async def world(clock) -> AsyncIterator[World]:
    """A sandbox with a set of three groups that all serve, and a controller."""
    async with world_of(SandboxOptions(speed=200)) as made:
        await made.apply([demo()])
        await made.ready("demo", 3)
        yield made


@pytest.fixture
def watching(clock, monkeypatch) -> Callable[[random.Random], None]:
    """Give the console's watches the clock, and a kind of chance."""

    def give(chance: random.Random) -> None:
        timing = Timing(clock.now, clock.monotonic, rng=chance)
        timed = functools.partial(Reflector, timing=timing)
        monkeypatch.setattr(kubelink, "Reflector", timed)

    return give


async def ended(backend: OnThisLoop) -> None:
    """End the core, which a pilot does not."""
    for task in backend.work:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_idle_minutes_ask_for_no_list_and_draw_few_lines(world, clock, watching):
    watching(Soonest())
    backend = OnThisLoop(kubeconfig=Path(world.sandbox.kubeconfig), clock=clock)
    app = console(backend, clock=clock.now)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "3/3" in shown(app) and "LIVE" in shown(app))
        for _ in range(30):  # exporters are looked for when the nodes are known
            await clock.second()
        await until(pilot, lambda: backend.asked().get("GET scrape"))
        await settled(pilot, app)
        before, written = backend.asked(), Written(app)
        for _ in range(IDLE_S):
            await clock.second()
            app.tick()
            await pilot.pause()
        more = {what: times - before.get(what, 0) for what, times in backend.asked().items()}
        lists = {what for what, times in more.items() if "list" in what and times}
        # What is measured cannot be watched; it is asked for in rounds.
        assert {what for what in lists if "metrics.k8s.io" not in what} == set()
        # Each watch came to its end meanwhile, and went on from where it was.
        assert {times for what, times in more.items() if "watch" in what} == {1}
        assert "LIVE" in shown(app)
        assert 0 < written.lines < 10 * IDLE_S
    await ended(backend)


async def test_ten_minutes_without_a_server_block_no_key_and_end_by_themselves(
    world, clock, watching, tmp_path
):
    watching(random.Random(7))
    with gated(Path(world.sandbox.kubeconfig), tmp_path / "config") as gate:
        backend = OnThisLoop(kubeconfig=tmp_path / "config", clock=clock)
        app = console(backend, clock=clock.now)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: ROW.search(shown(app)) and "LIVE" in shown(app))
            await until(pilot, lambda: "CTL ◇" in shown(app))
            lost_at = time.strftime("%H:%M", time.localtime(clock.now()))
            gate.shut()
            for second in range(LOST_S):
                await clock.second()
                if second % 120 == 60:
                    app.tick()
                    await local_keys_work(pilot, app)
            app.tick()
            await until(pilot, lambda: "RECONNECTING" in shown(app))
            assert f"connection lost, data as of {lost_at}" in shown(app)
            assert app.front.has_class("-stale")
            # What was seen last stays what is shown, and nothing is made up about the rest.
            assert ROW.search(shown(app))
            assert "CTL ◇" in shown(app)
            assert "no controller" not in shown(app)

            gate.open()
            for _ in range(40):  # the longest wait between two attempts is half a minute
                await clock.second()
            await until(pilot, lambda: "LIVE" in shown(app))
            await until(pilot, lambda: not app.front.has_class("-stale"))
            assert ROW.search(shown(app))
            assert app.is_running
        await ended(backend)


async def local_keys_work(pilot, app) -> None:
    """Look at a set, a group, help, through a filter and back, without an answer from anywhere."""
    await keys(pilot, "enter")
    await until(pilot, lambda: app.front.route.screen == "lws")
    await keys(pilot, "enter")
    await until(pilot, lambda: app.front.route.screen == "group")
    await keys(pilot, "question_mark")
    await until(pilot, lambda: app.front.route.screen == "help")
    await keys(pilot, "q", "q", "q")
    await until(pilot, lambda: app.front.route.screen == "fleet")
    await keys(pilot, "slash", *"zzz", "enter")
    await until(pilot, lambda: "0 of 1" in shown(app))
    await keys(pilot, "escape")
    await until(pilot, lambda: "1 of 1" in shown(app))
