"""What the engine is asked for: only what a screen shows, and only while somebody looks."""

from __future__ import annotations

import pytest

from lwstui.tui.demand import AWAY_S, Demand
from lwstui.tui.routes import NODES, Route
from tests.tui.support import FakeBackend, console, shown, until
from tests.tui.worlds import busy


class Wristwatch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def watch():
    return Wristwatch()


@pytest.fixture
def backend():
    return FakeBackend()


@pytest.fixture
def demand(backend, watch):
    found = Demand(backend, watch)
    found.start()
    return found


def test_a_screen_that_shows_nothing_measured_wants_nothing(demand, backend):
    demand.metrics(shown=False)
    assert not backend.metrics_wanted
    demand.metrics(shown=True)
    assert backend.metrics_wanted


def test_nobody_there_for_five_minutes_and_then_a_key(demand, backend, watch):
    watch.time += AWAY_S - 1
    demand.metrics(shown=True)
    assert backend.metrics_wanted
    watch.time += 1
    demand.metrics(shown=True)
    assert not backend.metrics_wanted
    demand.touched()
    assert backend.metrics_wanted


def test_a_key_on_a_screen_that_shows_nothing_measured_changes_nothing(demand, backend):
    demand.metrics(shown=False)
    demand.touched()
    assert not backend.metrics_wanted


def test_events_wanted_before_the_start_are_asked_for_then(backend, watch):
    demand = Demand(backend, watch)
    demand.events(wanted=True)
    assert not backend.events_wanted
    demand.start()
    assert backend.events_wanted


async def test_help_wants_nothing_measured_and_nodes_do():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.goto(Route("help"))
        await until(pilot, lambda: not app.backend.metrics_wanted)
        app.goto(NODES)
        await until(pilot, lambda: app.backend.metrics_wanted)
