"""The keys and commands of a rollout: what each asks of the engine, and when it refuses."""

import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import PauseRollout, ResumeRollout, SetPartition, Undo
from lwstui.state.partition import PAUSED_PARTITION
from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.view.rollouts import annotate, partition, running, settled, snapshot

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
        pytest.param(False, ["<"], PauseRollout, (), "No further group is replaced", id="pause"),
        pytest.param(True, [">"], ResumeRollout, (), "back from 3 to 0", id="resume"),
        pytest.param(True, ["."], SetPartition, (1,), "1 of 3 recreated", id="next"),
        pytest.param(False, ["ctrl+l"], Undo, None, "b -> img:v1", id="undo"),
        pytest.param(
            False, ["colon", *"pause sample", "enter"], PauseRollout, (), "PAUSE", id="command"
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
