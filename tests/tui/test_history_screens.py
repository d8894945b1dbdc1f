"""The revisions screen and the diff screen: how they are reached, and what their keys ask for."""

from __future__ import annotations

import json

import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import Undo
from lwstui.tui.screens.diff import DiffScreen
from lwstui.tui.screens.revisions import RevisionsScreen
from lwstui.tui.screens.rollout import RolloutScreen
from lwstui.view.template_diff import LAST_APPLIED
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.view.rollouts import annotate, midway, snapshot

KEY = Key("default", "sample")


def on(cluster, **options):
    """Return backend and console on a set."""
    backend = FakeBackend(first=snapshot(cluster))
    return backend, console(backend, clock=lambda: cluster.now + 30, **options)


@pytest.mark.parametrize(
    "pressed",
    [
        pytest.param(["enter", "5"], id="tab"),
        pytest.param(["z", "5"], id="rollout"),
        pytest.param(["colon", *"rev sample", "enter"], id="command"),
        pytest.param(["colon", *"history sample", "enter"], id="alias"),
    ],
)
async def test_ways_to_the_revisions(pressed):
    _, app = on(midway())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, *pressed)
        await until(pilot, lambda: isinstance(app.screen, RevisionsScreen))
        await until(pilot, lambda: "image v1 → v2" in shown(app))
        assert "CHANGE of revision 2" in shown(app)
        await keys(pilot, "down")
        await until(pilot, lambda: "CHANGE of revision 1" in shown(app))
        await keys(pilot, "4")
        await until(pilot, lambda: isinstance(app.screen, RolloutScreen))


async def test_undo_to_the_revision_under_the_cursor():
    backend, app = on(midway())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, "enter", "5", "down", "ctrl+l")
        await opened(pilot, app, "replicas and the rollout strategy stay")
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.submitted)
    assert isinstance(backend.submitted[0], Undo)
    assert backend.submitted[0].number == 1


@pytest.mark.parametrize(
    ("size", "columns"), [pytest.param((120, 30), True), pytest.param((119, 30), False)]
)
@pytest.mark.parametrize(
    "pressed",
    [
        pytest.param(["D"], id="set"),
        pytest.param(["z", "enter"], id="rollout"),
        pytest.param(["enter", "5", "D"], id="revisions"),
        pytest.param(["colon", *"diff sample", "enter"], id="command"),
    ],
)
async def test_a_diff_has_two_columns_where_there_is_room(pressed, size, columns):
    _, app = on(midway())
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, *pressed)
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await until(pilot, lambda: "1 field differs" in shown(app))
        old = next(line for line in shown(app).splitlines() if "image: img:v1" in line)
        assert ("image: img:v2" in old) == columns
        assert old.strip().startswith("- ")


async def test_a_diff_can_show_everything_and_what_was_applied():
    cluster = midway()
    annotate(cluster, LAST_APPLIED, json.dumps({"spec": {**cluster.lws.spec, "replicas": 99}}))
    _, app = on(cluster)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, "D")
        await until(pilot, lambda: "1 field differs" in shown(app))
        assert "leaderWorkerTemplate:" not in shown(app)
        await keys(pilot, "3")
        await until(pilot, lambda: "leaderWorkerTemplate:" in shown(app))
        await keys(pilot, "3", "2")
        await until(pilot, lambda: "replicas: 99" in shown(app))
        assert "last applied" in shown(app)
        await keys(pilot, "9")
        await until(pilot, lambda: "there is no choice 9" in shown(app))


async def test_digits_lead_to_the_same_tabs_from_every_screen_about_a_set():
    _, app = on(midway())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, "enter", "3")
        await until(pilot, lambda: "[3 Pods]" in shown(app))
        for pressed, seen in (
            ("4", "PARTITION"),
            ("6", "[6 Events]"),
            ("5", "CHANGE of revision"),
            ("1", "[1 Map]"),
            ("7", "yaml of sample"),
            ("2", "[2 Groups]"),
        ):
            await keys(pilot, pressed)
            await until(pilot, lambda seen=seen: seen in shown(app))
        await keys(pilot, "4", "9")
        await until(pilot, lambda: "there is no tab 9" in shown(app))
