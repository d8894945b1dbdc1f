"""Verbs for several objects that know more than one change each: numbers, images, drains, undo."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import Drain, Outcome, Scale, SetImage, SetPartition, Undo
from lwstui.state.patches import Unpatchable
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.verbs.bulkforms import wanted_of
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import busy, rolling
from tests.view.rollouts import partition, running, settled, snapshot


def on_fleet():
    world = busy()
    world.sandbox = True
    backend = FakeBackend(first=world.snapshot())
    return backend, console(backend)


async def ready(pilot, app, text="llama405b"):
    await until(pilot, lambda: text in shown(app))


async def asked(pilot, app):
    """Wait until the server has said its word about every object."""
    await opened(pilot, app, "OBJECT")
    await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)


async def confirmed(pilot, app, backend, count):
    app.screen.query_one("#confirm").press()
    await until(pilot, lambda: len(backend.submitted) == count)
    said = f"{count} object{'' if count == 1 else 's'} changed"
    await until(pilot, lambda: said in shown(app))


@pytest.mark.parametrize(
    ("text", "present", "wanted"),
    [("5", 3, 5), ("+2", 3, 5), ("-1", 3, 2), ("-3", 3, 0), ("0", 3, 0)],
)
def test_a_number_is_for_all_or_more_or_less_for_each(text, present, wanted):
    assert wanted_of(text, present) == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "waits for a number"),
        ("+", "no number"),
        ("+-1", "no number"),
        ("3x", "no number"),
        ("-4", "has 3, cannot have 4 fewer"),
    ],
)
def test_what_is_no_number_is_said(text, says):
    with pytest.raises(Unpatchable, match=says):
        wanted_of(text, 3)


async def test_marked_sets_are_scaled_by_what_each_has():
    backend, app = on_fleet()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "space", "j", "space", "s")
        await opened(pilot, app, "SCALE SETS")
        assert "waits for a number of groups" in shown(app)
        assert app.screen.query_one("#confirm").disabled
        await keys(pilot, "minus", "1")
        await asked(pilot, app)
        present = {key: lws.spec["replicas"] for key, lws in app.snapshot.sets.items()}
        assert all(i.replicas == present[i.target] - 1 for i in backend.dry_runs)
        assert "llm-stage/mixtral" in shown(app)
        assert "Stops in all" in shown(app)
        await confirmed(pilot, app, backend, 2)
    assert all(isinstance(intent, Scale) for intent in backend.submitted)
    assert {i.current for i in backend.submitted} == {present[i.target] for i in backend.submitted}


async def test_typing_goes_on_before_anything_can_be_confirmed():
    backend, app = on_fleet()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "space", "j", "space", "s")
        await opened(pilot, app, "SCALE SETS")
        await keys(pilot, "9")
        await asked(pilot, app)
        app.screen.query_one("#bulk-0").value = "99"
        await until(pilot, lambda: app.screen.query_one("#confirm").disabled)
        await asked(pilot, app)
        assert {intent.replicas for intent in backend.dry_runs[-2:]} == {99}
        await keys(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, Dialog))
    assert backend.submitted == []


async def test_marked_sets_get_images_where_they_differ():
    backend, app = on_fleet()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await keys(pilot, "space", "j", "space", "i")
        await opened(pilot, app, "SET IMAGES")
        assert "no image of it changes" in shown(app)
        app.screen.query_one("#bulk-0").value = "vllm:next"
        await asked(pilot, app)
        label = app.screen.query_one("#bulk-label-0").text.split()
        await confirmed(pilot, app, backend, 2)
    assert all(isinstance(intent, SetImage) for intent in backend.submitted)
    assert {intent.changes for intent in backend.submitted} == {((*label, "vllm:next"),)}


def two_sets(cluster, other):
    """Return a snapshot of two sets, the second one under the name ``other``."""
    first, second = snapshot(cluster), snapshot(other)
    name = Key("default", "other")
    metadata = msgspec.structs.replace(other.lws.metadata, name="other", uid="set-2")
    lws = msgspec.structs.replace(other.lws, metadata=metadata)
    pods = tuple(
        msgspec.structs.replace(pod, set_name="other", name=f"other-{pod.name}")
        for pod in second.by_set[other.lws.key]
    )
    return replace(
        first,
        sets={**first.sets, name: lws},
        by_set={**first.by_set, name: pods},
    )


def canary():
    """Return a set whose update the partition holds at group 2."""
    cluster = running(3)
    partition(cluster, 2)
    cluster.set_image("b")
    settled(cluster)
    return cluster


@pytest.mark.parametrize(
    ("key", "title", "kind", "left"),
    [
        (".", "ONE MORE GROUP EACH", SetPartition, "its partition holds no group back"),
        ("ctrl+l", "UNDO ROLLOUTS", Undo, "no revision before the present one is kept"),
    ],
)
async def test_marked_rollouts_are_moved_and_those_that_cannot_be_left_alone(
    key, title, kind, left
):
    cluster = canary()
    backend = FakeBackend(first=two_sets(cluster, running(2)))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, "other")
        await keys(pilot, "g", "space", "j", "space", key)
        await opened(pilot, app, title)
        await asked(pilot, app)
        assert "Leaves 1 object alone" in shown(app)
        assert left in shown(app)
        await confirmed(pilot, app, backend, 1)
    (intent,) = backend.submitted
    assert isinstance(intent, kind)
    assert (intent.target, intent.uid) == (cluster.lws.key, cluster.lws.metadata.uid)


async def test_marked_nodes_are_drained_together_and_counted_once():
    world, key = rolling()
    world.sandbox = True
    first = world.snapshot()
    backend = FakeBackend(first=first)
    backend.verdict = Outcome(True, "", "1 of 4 evictions would wait", caution=True)
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app, "llama70b")
        await keys(pilot, "colon", *"nodes", "enter")
        await until(pilot, lambda: "acting on: node" in shown(app))
        await keys(pilot, "space", "j", "space")
        await until(pilot, lambda: "2 marked" in shown(app))
        await keys(pilot, "r")
        await asked(pilot, app)
        text = shown(app)
        assert "All are cordoned first, then drained one after another. In all:" in text
        assert f"{key}: " in text
        assert "1 of 4 evictions would wait" in text
        await confirmed(pilot, app, backend, 2)
    assert all(isinstance(intent, Drain) for intent in backend.submitted)
    names = tuple((intent.target.name, intent.uid) for intent in backend.submitted)
    assert {intent.together for intent in backend.submitted} == {names}
