"""The activity screen: what it shows, taking back, exporting; and that refusals are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import Hold, PauseRollout, Scale, SetImage, SetPartition, Undo
from lwstui.runtime.journal import decode
from lwstui.state.model import Activity, Reversal
from lwstui.tui.screens.activity import ActivityScreen
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.view.rollouts import midway, snapshot

KEY = Key("default", "sample")


def line(ago, what="scale to 9 groups", back=None, **more):
    """Return something done some seconds before the snapshot."""
    base = {"who": "you", "target": str(KEY), "outcome": "accepted", "kind": "asked"}
    return Activity(at=1_700_087_000.0 - ago, what=what, reversal=back, **{**base, **more})


LINES = (
    line(90, "adopted pod sample-1", who="controller", kind="controller", outcome="done"),
    line(
        60,
        before="12 groups",
        after="9 groups",
        dry_run="accepted",
        took_s=0.21,
        command="kubectl -n default scale lws sample --replicas=9",
        back=Reversal("scale", ("12",), "scale back to 12"),
    ),
    line(30, "restart", ok=False, outcome="read-only", kind="refused"),
)


def on(lines=LINES, **options):
    cluster = midway()
    backend = FakeBackend(first=replace(snapshot(cluster), activity=lines))
    return cluster, backend, console(backend, clock=lambda: 1_700_087_000.0, **options)


async def open_it(pilot, app):
    await until(pilot, lambda: "sample" in shown(app))
    await keys(pilot, "colon", *"activity", "enter")
    await until(pilot, lambda: isinstance(app.screen, ActivityScreen))


async def test_newest_first_with_details():
    _, _, app = on()
    async with app.run_test(size=(150, 30)) as pilot:
        await open_it(pilot, app)
        await until(pilot, lambda: "3 of 3" in shown(app))
        text = shown(app)
        assert text.index("restart") < text.index("scale to 9") < text.index("adopted pod")
        assert "u refused   read-only" in text
        await keys(pilot, "down")
        await until(pilot, lambda: "12 groups → 9 groups" in shown(app))
        assert "kubectl -n default scale lws sample --replicas=9" in shown(app)
        assert "scale back to 12   <ctrl-l> asks first" in shown(app)
        await keys(pilot, "enter")
        await until(pilot, lambda: "same as" not in shown(app))
        await keys(pilot, "slash", *"who:controller", "enter")
        await until(pilot, lambda: "1 of 3" in shown(app))
        await keys(pilot, "1")
        await until(pilot, lambda: "2 of 3" in shown(app))
        await keys(pilot, "0")
        await until(pilot, lambda: "3 of 3" in shown(app))


@pytest.mark.parametrize(
    ("back", "kind", "value"),
    [
        (Reversal("scale", ("11",), "x"), Scale, lambda i: i.replicas == 11),
        (Reversal("partition", ("3",), "x"), SetPartition, lambda i: i.partition == 3),
        (Reversal("pause", (), "x"), PauseRollout, lambda _: True),
        (Reversal("hold", (), "x"), Hold, lambda _: True),
        (
            Reversal("image", ("worker", "main", "img:v1"), "x"),
            SetImage,
            lambda i: i.changes == (("worker", "main", "img:v1"),),
        ),
    ],
)
async def test_taking_back_is_an_ordinary_change_with_its_dialog(back, kind, value):
    _, backend, app = on((line(5, back=back),))
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "ctrl+l")
        await opened(pilot, app, "sample")
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.submitted)
    assert isinstance(backend.submitted[0], kind)
    assert value(backend.submitted[0])


async def test_a_revision_is_gone_back_to_by_its_key():
    cluster = midway()
    old = next(r for r in cluster.revisions.values() if r.number == 1)
    _, backend, app = on((line(5, back=Reversal("revision", (old.key,), "x")),))
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "ctrl+l")
        await opened(pilot, app, "UNDO")
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: backend.submitted)
    assert isinstance(backend.submitted[0], Undo)
    assert backend.submitted[0].number == 1


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (line(5), "nothing takes this back"),
        (line(5, back=Reversal("revision", ("zzz",), "x")), "is not kept any more"),
        (
            line(5, back=Reversal("release", ("LeaderWorkerSet",), "x")),
            "the apply of LeaderWorkerSet default/sample is not kept",
        ),
        (line(5, back=Reversal("uncordon", (), "x"), target="n1"), "node n1 is gone"),
        (
            line(5, back=Reversal("scale", ("1",), "x"), context="elsewhere"),
            "this was done in elsewhere",
        ),
    ],
)
async def test_what_cannot_be_taken_back_says_why(made, says):
    _, backend, app = on((made,))
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "ctrl+l")
        await until(pilot, lambda: says in shown(app))
    assert not backend.submitted


async def test_the_object_is_one_key_away():
    _, _, app = on()
    async with app.run_test(size=(120, 40)) as pilot:
        await open_it(pilot, app)
        await keys(pilot, "o")
        await until(pilot, lambda: "GROUP MAP" in shown(app) or "12 groups" in shown(app))
        assert not isinstance(app.screen, ActivityScreen)


async def test_everything_is_exported_as_lines(tmp_path):
    _, _, app = on()
    path = tmp_path / "out.jsonl"
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        app.run_command(f"activity export {path}")
        await until(pilot, lambda: "wrote 3 lines" in shown(app))
        app.run_command(f"activity export {path}")
        await until(pilot, lambda: "is there already" in shown(app))
        app.run_command("activity import x")
        await until(pilot, lambda: "usage: activity" in shown(app))
    assert tuple(decode(one) for one in path.read_bytes().splitlines()) == LINES


@pytest.mark.parametrize(
    ("pressed", "what"),
    [
        pytest.param(["r"], "restart", id="key"),
        pytest.param(["z", "ctrl+l"], "undo", id="rollout"),
        pytest.param(["colon", *"scale sample 3", "enter"], "scale sample 3", id="command"),
    ],
)
async def test_what_is_refused_is_told(pressed, what):
    _, backend, app = on(read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "sample" in shown(app))
        await keys(pilot, *pressed)
        await until(pilot, lambda: "read-only" in shown(app))
    assert [(one.what, one.kind, one.ok) for one in backend.recorded] == [(what, "refused", False)]
