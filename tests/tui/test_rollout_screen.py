"""The rollout screen: how it is reached, what it names, what its keys ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import Hold, ResumeRollout, SetPartition, Undo
from lwstui.tui.screens.rollout import RolloutScreen
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.view.rollouts import annotate, midway, partition, running, settled, snapshot

KEY = Key("default", "sample")


def on(cluster, **options):
    """Return backend and console on a set."""
    backend = FakeBackend(first=snapshot(cluster))
    return backend, console(backend, clock=lambda: cluster.now + 30, **options)


@pytest.mark.parametrize(
    "pressed",
    [
        pytest.param(["z"], id="fleet"),
        pytest.param(["enter", "z"], id="map"),
        pytest.param(["enter", "3", "z"], id="pods"),
        pytest.param(["enter", "4"], id="tab"),
        pytest.param(["colon", *"rollout sample", "enter"], id="command"),
        pytest.param(["colon", *"ro sample", "enter"], id="alias"),
    ],
)
async def test_ways_to_it(pressed):
    _, app = on(midway())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, *pressed)
        await until(pilot, lambda: isinstance(app.screen, RolloutScreen))
        await until(pilot, lambda: "BLOCKED 4m30s by 5" in shown(app))
        assert "group 5 is not ready" in shown(app)


async def test_it_follows_the_cluster():
    cluster = midway()
    backend, app = on(cluster)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, "z")
        await until(pilot, lambda: "BLOCKED" in shown(app))
        settled(cluster)
        backend.publish(replace(snapshot(cluster), version=99))
        await until(pilot, lambda: "DONE" in shown(app))
        assert "all 12 groups are ready" in shown(app)
        backend.publish(replace(snapshot(cluster), version=100, sets={}))
        await until(pilot, lambda: "is gone" in shown(app))


async def test_logs_are_those_of_the_group_that_holds_it():
    backend, app = on(midway())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, "z", "l")
        await until(pilot, lambda: backend.logs_opened)
        assert (backend.logs_opened[0].request.group, backend.logs_opened[0].request.role) == (
            5,
            "all",
        )


def paused(to=0):
    cluster = midway()
    partition(cluster, 13)
    annotate(cluster, "lwstui.dev/paused-partition", str(to))
    return cluster


def held():
    cluster = running(6)
    partition(cluster, 4)
    cluster.set_image("b")
    settled(cluster)
    return cluster


@pytest.mark.parametrize(
    ("cluster", "key", "kind", "more"),
    [
        pytest.param(midway, "<", Hold, (), id="hold"),
        pytest.param(held, ".", SetPartition, (3,), id="one more"),
        pytest.param(held, ">", SetPartition, (0,), id="all of a floor"),
        pytest.param(paused, ">", ResumeRollout, (), id="all of a pause"),
        pytest.param(lambda: paused(2), ">", SetPartition, (0,), id="all of a pause at a floor"),
    ],
)
async def test_keys_that_move_the_partition(cluster, key, kind, more):
    made = cluster()
    backend, app = on(made)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, "z", key)
        await opened(pilot, app, "sample")
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.submitted)
    meta = made.lws.metadata
    assert backend.submitted == [kind(KEY, meta.uid, meta.generation, *more)]


async def test_nothing_to_release():
    backend, app = on(midway())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, "z", ">")
        await until(pilot, lambda: "holds no group back" in shown(app))
    assert not backend.submitted


@pytest.mark.parametrize("moves", [[], ["down"], ["down", "down"]])
async def test_undo_goes_back_to_the_revision_under_the_cursor(moves):
    cluster = running(2)
    for image in ("b", "c"):
        cluster.now += 60
        cluster.set_image(image)
        settled(cluster)
    backend, app = on(cluster)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, "z", *moves, "ctrl+l")
        await opened(pilot, app, "UNDO")
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.submitted)
    # On the revision in force undo means the one before it.
    number = {0: 2, 1: 2, 2: 1}[len(moves)]
    assert isinstance(backend.submitted[0], Undo)
    assert backend.submitted[0].number == number


async def test_read_only_changes_nothing():
    backend, app = on(midway(), read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        for key in ("<", ">", ".", "ctrl+l"):
            await keys(pilot, "z", key)
            await until(pilot, lambda: "read-only" in shown(app))
    assert not backend.submitted
    assert not backend.dry_runs
