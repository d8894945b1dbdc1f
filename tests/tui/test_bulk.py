"""One verb for several objects: what is asked, what is sent, what is said afterwards."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from controller.api.meta import Key, format_time
from lwstui.runtime.intents import (
    Cordon,
    DeletePod,
    DeleteSet,
    Hold,
    Outcome,
    RecreateGroup,
    RollingRestart,
)
from lwstui.state.model import ControllerView
from lwstui.tui.screens.modals.bulk import BulkDialog
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.verbs import bulk
from lwstui.view.impact import impact
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import NOW, busy, large, rolling
from tests.view.rollouts import midway, running
from tests.view.rollouts import snapshot as rollout_snapshot


def sandbox():
    world = busy()
    world.sandbox = True
    return world


@pytest.fixture
def backend():
    return FakeBackend(first=sandbox().snapshot())


@pytest.fixture
def app(backend):
    return console(backend)


@dataclass
class SlowBackend(FakeBackend):
    """Keeps what was submitted waiting until the test answers."""

    waiting: list[Future] = field(default_factory=list)

    def submit(self, intent):
        self.submitted.append(intent)
        self.waiting.append(Future())
        return self.waiting[-1]


async def _ready(pilot, app):
    await until(pilot, lambda: "llama405b" in shown(app))


async def _asked(pilot, app):
    """Wait until the server has said its word about every object."""
    await opened(pilot, app, "OBJECT")
    await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)


async def test_a_restart_of_marked_sets_lists_them_and_sends_one_intent_each(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "r")
        await _asked(pilot, app)
        text = shown(app)
        assert "ROLLING RESTART" in text
        assert "llm-prod/llama405b" in text
        assert "llm-stage/mixtral" in text
        assert "Changes 2 objects, one after the other." in text
        assert "context prod-eu (sandbox)" in text
        assert "no controller" not in text
        assert len(backend.dry_runs) == 2
        assert backend.submitted == []
        await keys(pilot, "y")
        await until(pilot, lambda: "2 objects changed" in shown(app))
        stamp = format_time(NOW)
        assert [(type(i), i.target.name) for i in backend.submitted] == [
            (RollingRestart, "llama405b"),
            (RollingRestart, "mixtral"),
        ]
        assert {i.stamp for i in backend.submitted} == {stamp}
        await keys(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, Dialog))
        assert "2 objects changed" in shown(app)
        await until(pilot, lambda: "2 marked" not in shown(app))


async def test_cancelling_sends_nothing(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "r")
        await _asked(pilot, app)
        assert len(backend.dry_runs) == 2
        await keys(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, Dialog))
        assert backend.submitted == []


async def test_marked_sets_are_held_where_they_are_and_the_others_left_alone():
    rolling = midway()
    still = running(2)
    other = msgspec.structs.replace(still.lws.metadata, name="still", uid="set-2")
    sets = {rolling.lws.key: rolling.lws, Key("default", "still"): still.lws}
    sets[Key("default", "still")] = msgspec.structs.replace(still.lws, metadata=other)
    backend = FakeBackend(first=replace(rollout_snapshot(rolling), sets=sets))
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "still" in shown(app))
        await keys(pilot, "g", "space", "j", "space", "less_than_sign")
        await _asked(pilot, app)
        assert "HOLD ROLLOUTS" in shown(app)
        assert "Leaves 1 object alone" in shown(app)
        assert "there is nothing to hold" in shown(app)
        await keys(pilot, "y")
        await until(pilot, lambda: "1 object changed" in shown(app))
    meta = rolling.lws.metadata
    assert backend.submitted == [Hold(rolling.lws.key, meta.uid, meta.generation)]


async def test_marked_groups_are_recreated_and_the_dialog_says_what_still_serves():
    world, key = rolling()
    world.sandbox = True
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "space", "right", "space", "r")
        await _asked(pilot, app)
        text = shown(app)
        assert "llm-prod/llama70b group 29" in text
        assert "45 → 44 of 48 groups" in text
        assert "2 groups, 8 pods, 8 accelerators" in text
        await keys(pilot, "y")
        await until(pilot, lambda: "2 objects changed" in shown(app))
        wanted = {(29, "llama70b-29"), (30, "llama70b-30")}
        assert all(isinstance(i, RecreateGroup) and i.target == key for i in backend.submitted)
        assert {(i.group, i.leader) for i in backend.submitted} == wanted


async def test_pods_of_one_group_mean_one_recreation():
    world, _ = rolling()
    world.sandbox = True
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "colon", *"pods llama70b/29", "enter")
        await until(pilot, lambda: "4 of 4" in shown(app))
        await keys(pilot, "g", "space", "G", "ctrl+@", "r")
        await until(pilot, lambda: "Changes 1 object," in shown(app))
        assert len(backend.dry_runs) == 1


async def test_what_the_server_refuses_is_left_out(backend, app):
    def dry_run(intent):
        backend.dry_runs.append(intent)
        ok = intent.target.name != "mixtral"
        future: Future[Outcome] = Future()
        future.set_result(Outcome(ok, "" if ok else "quota exceeded"))
        return future

    backend.dry_run = dry_run
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "r")
        await _asked(pilot, app)
        await until(pilot, lambda: "quota exceeded" in shown(app))
        assert "Leaves 1 object alone" in shown(app)
        await keys(pilot, "y")
        await until(pilot, lambda: "1 object changed" in shown(app))
        assert [intent.target.name for intent in backend.submitted] == ["llama405b"]


async def test_a_hidden_mark_takes_a_second_confirmation(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "slash", *"mixtral", "enter", "r")
        await _asked(pilot, app)
        assert "1 of them by the filter" in shown(app)
        await keys(pilot, "y")
        await until(pilot, lambda: "Yes, also the 1 hidden" in shown(app))
        assert backend.submitted == []
        await until(pilot, lambda: not app.screen.locked)
        await keys(pilot, "y")
        await until(pilot, lambda: len(backend.submitted) == 2)


async def test_more_than_ten_objects_want_their_number_typed():
    world, _ = rolling()
    world.sandbox = True
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "enter", "2", "g", "space", *["j"] * 10, "ctrl+@", "r")
        await opened(pilot, app, "Type 11 to go on")
        await until(pilot, lambda: len(backend.dry_runs) == 11)
        await keys(pilot, "y")
        assert backend.submitted == []
        app.screen.query_one("#dialog-name").focus()
        await keys(pilot, "1", "1")
        await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
        app.screen.query_one("#confirm").press()
        await until(pilot, lambda: len(backend.submitted) == 11)


async def test_that_no_controller_acts_is_said_of_several_too():
    alone = replace(sandbox().snapshot(), controller=ControllerView(mode="off"))
    app = console(FakeBackend(first=alone))
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "r")
        await opened(pilot, app, "Controller    no controller: nothing reconciles this set")


async def test_a_protected_context_wants_the_number_for_two():
    app = console(FakeBackend(first=busy().snapshot()))
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "r")
        await opened(pilot, app, "Type 2 to go on")


async def test_stopping_leaves_the_rest_alone_and_says_so():
    backend = SlowBackend(first=sandbox().snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "j", "space", "r")
        await _asked(pilot, app)
        await keys(pilot, "y")
        await until(pilot, lambda: "0 of 3" in shown(app) and len(backend.submitted) == 1)
        await keys(pilot, "escape")
        backend.waiting[0].set_result(Outcome(ok=False, message="it changed meanwhile"))
        await until(pilot, lambda: "1 failed: it changed meanwhile; 2 not tried" in shown(app))
        assert isinstance(app.screen, BulkDialog)
        await keys(pilot, "escape")
        await until(pilot, lambda: not isinstance(app.screen, Dialog))
        assert len(backend.submitted) == 1


async def test_a_verb_for_one_object_says_so(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "e")
        await until(pilot, lambda: "one object at a time" in shown(app))
        assert not isinstance(app.screen, Dialog)


async def test_read_only_holds_for_marks():
    backend = FakeBackend(first=busy().snapshot())
    app = console(backend, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "r")
        await until(pilot, lambda: "read-only" in shown(app))
        assert backend.dry_runs == []


async def _type_the_number(pilot, app, number):
    app.screen.query_one("#dialog-name").focus()
    await keys(pilot, *str(number))
    await until(pilot, lambda: not app.screen.query_one("#confirm").disabled)
    app.screen.query_one("#confirm").press()


async def test_deleting_marked_sets_wants_their_number_everywhere(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "space", "j", "space", "ctrl+d")
        await opened(pilot, app, "Type 2 to go on")
        assert "DELETE SETS" in shown(app)
        assert "12 groups, 32 pods" in shown(app)
        await _type_the_number(pilot, app, 2)
        await until(pilot, lambda: len(backend.submitted) == 2)
        assert all(isinstance(intent, DeleteSet) for intent in backend.submitted)


async def test_deleting_pods_of_one_group_counts_what_goes_with_them_once():
    world, _ = rolling()
    world.sandbox = True
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "colon", *"pods llama70b", "enter")
        await until(pilot, lambda: "192 of 192" in shown(app))
        await keys(pilot, "slash", *"llama70b-31-", "enter", "space", "j", "space", "ctrl+d")
        await _asked(pilot, app)
        assert "1 group, 4 pods, 4 accelerators" in shown(app)
        assert "45 → 44 of 48 groups" in shown(app)
        await keys(pilot, "y")
        await until(pilot, lambda: len(backend.submitted) == 2)
        assert {type(i) for i in backend.submitted} == {DeletePod}
        assert {i.pod for i in backend.submitted} == {"llama70b-31-1", "llama70b-31-2"}


async def test_marked_nodes_are_cordoned(backend, app):
    async with app.run_test(size=(120, 40)) as pilot:
        await _ready(pilot, app)
        await keys(pilot, "colon", *"nodes /gpu-00", "enter")
        await until(pilot, lambda: "acting on: node" in shown(app))
        await keys(pilot, "space", "j", "space")
        await until(pilot, lambda: "2 marked" in shown(app))
        await keys(pilot, "c")
        await _asked(pilot, app)
        await keys(pilot, "y")
        await until(pilot, lambda: len(backend.submitted) == 2)
        assert all(isinstance(i, Cordon) and i.on for i in backend.submitted)
        assert {i.target.name for i in backend.submitted} <= {row.ref.name for row in _nodes(app)}


def _nodes(app):
    return [row for row in app.front.main.rows if row.ref is not None and row.ref.kind == "node"]


async def test_two_thousand_objects_do_not_keep_the_dialog_from_opening(monkeypatch):
    world, _ = large()
    world.sandbox = True
    backend = FakeBackend(first=world.snapshot())
    app = console(backend)
    looked = []

    def counting(*args, **kwargs):
        looked.append(args[1])
        return impact(*args, **kwargs)

    monkeypatch.setattr(bulk, "impact", counting)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "embed-fleet" in shown(app))
        await keys(pilot, "enter", "2")
        await until(pilot, lambda: "[2 Groups]" in shown(app))
        await keys(pilot, "g", "space", "G", "ctrl+@")
        await until(pilot, lambda: "2,000 marked" in shown(app))
        asked = []
        dry_run = backend.dry_run
        backend.dry_run = lambda intent: (asked.append(len(looked)), dry_run(intent))[1]
        await keys(pilot, "r")
        await opened(pilot, app, "Type 2000 to go on")
        await until(pilot, lambda: len(backend.dry_runs) == 2000)
        assert asked[0] <= 60, "everything was looked at before the dialog was there"
        await until(pilot, lambda: "2,000 groups, 16,000 pods" in shown(app))
