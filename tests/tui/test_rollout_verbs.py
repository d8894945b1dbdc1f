"""The keys and commands of a rollout: what each asks of the engine, and when it refuses."""

from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import Hold, Outcome, PauseRollout, ResumeRollout, SetPartition, Undo
from lwstui.state.partition import PAUSED_PARTITION
from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.view.rollouts import annotate, native, partition, running, settled, snapshot

KEY = Key("default", "sample")


def updating(*, paused=False):
    """Return a set whose update is stuck at group 2."""
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=2)
    if paused:
        partition(cluster, 3)
        annotate(cluster, PAUSED_PARTITION, "0")
    return cluster


async def asked(pilot, app, backend, *pressed):
    """Press keys, confirm the dialog, and return what was submitted and what it showed."""
    await until(pilot, lambda: "sample" in shown(app))
    await keys(pilot, *pressed)
    await until(pilot, lambda: isinstance(app.screen, Dialog))
    dialog = app.screen
    await until(pilot, lambda: not dialog.locked and not dialog.query_one("#confirm").disabled)
    text = shown(app)
    dialog.query_one("#confirm").press()
    await until(pilot, lambda: backend.submitted)
    return backend.submitted[0], text


@pytest.mark.parametrize(
    ("paused", "pressed", "kind", "more", "says"),
    [
        pytest.param(False, ["<"], Hold, (), "0 → 2, where the rollout is", id="hold"),
        pytest.param(True, [">"], ResumeRollout, (), "back from 3 to 0", id="resume"),
        pytest.param(True, ["."], SetPartition, (1,), "1 of 3 recreated", id="next"),
        pytest.param(False, ["ctrl+l"], Undo, None, "b -> img:v1", id="undo"),
        pytest.param(
            False, ["colon", *"pause sample", "enter"], PauseRollout, (), "PAUSE", id="pause"
        ),
        pytest.param(
            False, ["colon", *"hold sample", "enter"], Hold, (), "HOLD ROLLOUT", id="command"
        ),
        pytest.param(
            False, ["colon", *"undo sample 1", "enter"], Undo, None, "revision 1", id="undo to"
        ),
    ],
)
async def test_asks_and_submits_what_was_shown(paused, pressed, kind, more, says):
    cluster = updating(paused=paused)
    if more is None:
        old = next(r for r in cluster.revisions.values() if r.number == 1)
        more = (old.name, 1)
    backend = FakeBackend(first=snapshot(cluster))
    app = console(backend)
    meta = cluster.lws.metadata
    async with app.run_test(size=(120, 40)) as pilot:
        intent, text = await asked(pilot, app, backend, *pressed)
    assert intent == kind(KEY, meta.uid, meta.generation, *more)
    assert says in text


@pytest.mark.parametrize(
    ("pressed", "says"),
    [
        (["."], "holds no group back"),
        (["ctrl+l"], "no revision before the present one is kept"),
        (["colon", *"undo sample 9", "enter"], "there is no revision 9"),
    ],
)
async def test_what_is_not_possible_is_said_without_a_dialog(pressed, says):
    backend = FakeBackend(first=snapshot(running(3)))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, *pressed)
        await until(pilot, lambda: says in shown(app))
        assert not isinstance(app.screen, Dialog)
        assert backend.dry_runs == []


async def test_a_spec_that_changes_while_it_is_asked_is_shown_and_asked_about_anew():
    cluster = updating()
    backend = FakeBackend(first=snapshot(cluster))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await pilot.press("<")
        await opened(pilot, app, "HOLD ROLLOUT")
        cluster.edit(lambda spec: spec.update(replicas=4))
        settled(cluster, broken=2)
        backend.publish(replace(snapshot(cluster), version=99))
        await until(pilot, lambda: "spec.replicas: 3 -> 4" in shown(app))
        await until(pilot, lambda: "Hold anyway" in shown(app))
        await until(pilot, lambda: not app.screen.locked)
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        await pilot.press("y")
        await until(pilot, lambda: backend.submitted)
    meta = cluster.lws.metadata
    assert backend.submitted == [Hold(KEY, meta.uid, meta.generation)]
    assert backend.dry_runs[-1] == backend.submitted[0]
    assert backend.dry_runs[0].generation < meta.generation


async def test_a_change_that_came_too_late_is_asked_about_again_with_what_changed():
    cluster = updating()
    backend = FakeBackend(first=snapshot(cluster))
    backend.outcome = Outcome(False, "hold: its spec was changed meanwhile", moved=True)
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await pilot.press("<")
        await opened(pilot, app, "HOLD ROLLOUT")
        first = app.screen
        await until(pilot, lambda: not first.query_one("#confirm").disabled)
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, Dialog) and app.screen is not first)
        await until(pilot, lambda: "its spec was changed meanwhile" in shown(app))
        cluster.edit(lambda spec: spec.update(replicas=4))
        settled(cluster, broken=2)
        backend.publish(replace(snapshot(cluster), version=99))
        await until(pilot, lambda: "Hold anyway" in shown(app))
        assert len(backend.submitted) == 1


NATIVE_LEADERS = {
    "metadata": {
        "name": "sample",
        "ownerReferences": [
            {"kind": "LeaderWorkerSet", "name": "sample", "uid": "set-1", "controller": True}
        ],
    },
    "spec": {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
}


@pytest.mark.parametrize(
    ("objects", "at"),
    [
        pytest.param({("statefulsets", "sample"): NATIVE_LEADERS}, 1, id="its StatefulSet"),
        pytest.param({}, 2, id="its pods, where that cannot be read"),
    ],
)
async def test_of_a_native_set_the_dialog_says_what_tells_where_it_is(objects, at):
    cluster = updating()
    observed = native(cluster.observe())
    pods = {KEY: observed.pods}
    first = replace(snapshot(cluster), sets={KEY: observed.lws}, by_set=pods)
    backend = FakeBackend(first=first, objects=objects)
    app = console(backend)
    meta = cluster.lws.metadata
    async with app.run_test(size=(120, 40)) as pilot:
        intent, text = await asked(pilot, app, backend, "<")
    assert intent == Hold(KEY, meta.uid, meta.generation, at)
    assert f"0 → {at}, where the rollout is" in text


@pytest.mark.parametrize(
    ("floor", "says"),
    [
        (0, "A change of the template would update every group."),
        (2, "A change of the template would update group 2 and, by the partition, no other."),
        (5, "A change of the template would update no group: the partition is 5."),
    ],
)
async def test_without_a_rollout_a_hold_says_what_a_change_would_update(floor, says):
    backend = FakeBackend(first=snapshot(running(3, partition=floor)))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await pilot.press("<")
        await opened(pilot, app, says)
        assert "there is nothing to hold" in shown(app)
        assert app.screen.query_one("#confirm").disabled
        assert backend.dry_runs == []


async def test_a_resume_of_what_is_not_paused_cannot_be_confirmed():
    backend = FakeBackend(first=snapshot(running(3)))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await pilot.press(">")
        await opened(pilot, app, "not paused")
        assert app.screen.query_one("#confirm").disabled


@pytest.mark.parametrize("key", ["<", ">", ".", "ctrl+l"])
async def test_read_only_refuses(key):
    backend = FakeBackend(first=snapshot(updating()))
    app = console(backend, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await pilot.press(key)
        await until(pilot, lambda: "read-only" in shown(app))
        assert backend.dry_runs == []
