"""Deleting and draining from the keyboard: what is asked, what is submitted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api.meta import Key
from lwstui.runtime.intents import (
    Cordon,
    DeleteNode,
    DeletePod,
    DeleteSet,
    Drain,
    Outcome,
    RecreateGroup,
)
from lwstui.state.model import Underway
from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import NOW, rolling

KEY = Key("llm-prod", "llama70b")
SIZE = (120, 40)


def backend_of(*, sandbox=True, **changes):
    world, _ = rolling()
    world.sandbox = sandbox
    return FakeBackend(first=replace(world.snapshot(), **changes))


async def at(pilot, app, *pressed, wait="llama70b"):
    await until(pilot, lambda: "llama70b" in shown(app))
    await keys(pilot, *pressed)
    await until(pilot, lambda: wait in shown(app))


async def confirm(pilot, app):
    dialog = app.screen
    await until(pilot, lambda: not dialog.locked and not dialog.query_one("#confirm").disabled)
    dialog.query_one("#confirm").press()
    await until(pilot, lambda: app.screen is not dialog)


async def test_deleting_a_set_wants_its_name_typed_even_in_the_sandbox():
    backend = backend_of()
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "ctrl+d")
        await opened(pilot, app, "DELETE SET")
        assert "48 groups, 192 pods" in shown(app)
        assert app.screen.query_one("#confirm").disabled
        app.screen.query_one("#dialog-name").focus()
        await keys(pilot, *"llama70b")
        await confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        assert backend.submitted == [DeleteSet(KEY, "uid-llm-prod-llama70b")]


async def test_deleting_a_group_deletes_its_leader():
    backend = backend_of()
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "enter", "ctrl+d", wait="RECREATE GROUP")
        await opened(pilot, app, "llama70b-29")
        await confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        assert isinstance(backend.submitted[0], RecreateGroup)


@pytest.mark.parametrize(("key", "at_once"), [("ctrl+d", False), ("ctrl+k", True)])
async def test_deleting_and_killing_a_pod_say_that_the_group_goes(key, at_once):
    backend = backend_of()
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "colon", *"pods llama70b", "enter", wait="llama70b-29-2")
        await pilot.press(key)
        await opened(pilot, app, "KILL POD" if at_once else "DELETE POD")
        assert "group 29" in shown(app)
        await confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        name = backend.submitted[0].pod
        expected = DeletePod(KEY, name, f"uid-llm-prod-{name}", at_once)
        assert backend.submitted == [expected]


@pytest.mark.parametrize(
    ("key", "title", "intent"),
    [
        ("c", "CORDON", Cordon(Key("", "gpu-000"), "node-gpu-000")),
        ("r", "DRAIN NODE", Drain(Key("", "gpu-000"), "node-gpu-000")),
        ("ctrl+d", "DELETE NODE", DeleteNode(Key("", "gpu-000"), "node-gpu-000")),
    ],
)
async def test_node_keys(key, title, intent):
    backend = backend_of()
    backend.verdict = Outcome(ok=True, message="", note="all 2 evictions would be accepted now")
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "m", wait="gpu-000")
        await pilot.press(key)
        await opened(pilot, app, title)
        await until(pilot, lambda: "all 2 evictions" in shown(app))
        await confirm(pilot, app)
        await until(pilot, lambda: backend.submitted)
        assert backend.submitted == [intent]


async def test_a_running_drain_is_shown_and_can_be_stopped():
    node = Key("", "gpu-000")
    going = Underway(NOW - 9, "drain", "2 of 8 pods gone; waiting: a budget", stoppable=True)
    backend = backend_of(underway={node: going})
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "m", wait="drain of gpu-000: 2 of 8 pods gone")
        await pilot.press("r")
        await opened(pilot, app, "STOP DRAINING")
        await pilot.press("y")
        await until(pilot, lambda: backend.cancelled == [node])
        await pilot.press("ctrl+c")
        await opened(pilot, app, "Stops half done")


async def test_the_third_object_within_a_minute_wants_a_name_typed():
    backend = backend_of()
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "m", wait="gpu-002")
        for _ in range(2):
            await pilot.press("r")
            await opened(pilot, app, "DRAIN NODE")
            await confirm(pilot, app)
            await until(pilot, lambda: not isinstance(app.screen, Dialog))
            await keys(pilot, "j")
        await pilot.press("r")
        await opened(pilot, app, "third object within a minute")
        assert app.screen.query_one("#confirm").disabled
        assert "Type gpu-002 to go on" in shown(app)


async def test_a_confirmation_counts_only_while_the_dry_run_is_young():
    backend = backend_of()
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "m", "c", wait="CORDON")
        await opened(pilot, app, "accepted")
        dialog, passed = app.screen, [0.0]
        before = dialog._clock
        dialog._clock = lambda: before() + passed[0]
        passed[0] = 11.0
        backend.verdict = Outcome(ok=False, message="quota exceeded")
        await pilot.press("y")
        await until(pilot, lambda: "quota exceeded" in shown(app))
        assert len(backend.dry_runs) == 2
        assert backend.submitted == []


async def test_a_dialog_notices_that_its_object_was_replaced():
    backend = backend_of()
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "m", "c", wait="CORDON")
        await opened(pilot, app, "accepted")
        nodes = {n: v for n, v in backend.first.nodes.items() if n != "gpu-000"}
        backend.publish(replace(backend.first, version=2, nodes=nodes))
        await until(pilot, lambda: "node gpu-000 is gone" in shown(app))
        await pilot.press("y")
        assert app.screen.query_one("#confirm").disabled
        assert backend.submitted == []


async def test_marked_pods_are_deleted_together_and_a_shell_takes_one():
    backend = backend_of()
    app = console(backend)
    async with app.run_test(size=SIZE) as pilot:
        await at(pilot, app, "colon", *"pods llama70b", "enter", wait="llama70b-29-2")
        await keys(pilot, "space", "j", "space", "s")
        await until(pilot, lambda: "one object at a time" in shown(app))
        await keys(pilot, "ctrl+d")
        await opened(pilot, app, "DELETE PODS")
        await until(pilot, lambda: "Stops in all" in shown(app))
        assert backend.submitted == []


async def test_a_group_of_which_nothing_is_leaving_is_not_killed():
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "ctrl+k")
        await until(pilot, lambda: "no pod of group 29 is leaving" in shown(app))
        assert backend.dry_runs == []
