"""Pictures of the screens about what happened: activity, controller, events, the tree of a set."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from controller.api.meta import Key
from controller.api.names import PAUSED
from controller.plan.actions import Wait
from controller.plan.paused import mark
from controller.plan.told import PlanNote
from lwstui.state.model import Activity, ConsoleLoad, Reversal
from lwstui.tui.routes import Route
from lwstui.view.types import Ref
from tests.tui.building import LEADER
from tests.tui.worlds import NOW, busy, hostile, rolling

SMALL, MEDIUM, BIG = (80, 24), (120, 40), (200, 60)
LINES = (
    Activity(
        NOW - 90, "controller", "created pod phi4-3", "llm-prod/phi4", "done", kind="controller"
    ),
    Activity(
        NOW - 60,
        "you",
        "scale to 42 groups",
        "llm-prod/phi4",
        "scale to 42 groups of llm-prod/phi4: accepted",
        kind="asked",
        before="replicas 40",
        after="replicas 42",
        dry_run="accepted",
        took_s=0.21,
        command="kubectl -n llm-prod scale lws phi4 --replicas=42",
        reversal=Reversal("scale", ("40",), "scale back to 40"),
        context="prod-eu",
    ),
    Activity(NOW - 30, "you", "restart", "llm-prod/phi4", "read-only", ok=False, kind="refused"),
)
CONTROLLER = replace(
    LEADER,
    identity="laptop",
    renewed_at=NOW - 2,
    renew_s=12.0,
    queue=2,
    reconciles=5120,
    errors=3,
    last_error="conflict: the set was changed meanwhile",
    pass_p50_s=0.001,
    pass_p99_s=0.25,
    writes=811,
    load=ConsoleLoad(9210, 24.0, 1, 8),
    plans=(
        PlanNote(
            NOW - 91,
            Key("llm-prod", "phi4"),
            ("delete 2 pods: phi4-3, phi4-3-1 (update)",),
            waits=(Wait("budget", "groups 0 to 2 wait for the next step of the update"),),
            target="7cd6b99847",
            partition=3,
            groups=4,
        ),
    ),
)


def seen(world=None):
    return replace((world or busy()).snapshot(), activity=LINES, controller=CONTROLLER)


@pytest.mark.parametrize("size", [SMALL, MEDIUM, BIG], ids=["80x24", "120x40", "200x60"])
def test_activity(picture, size):
    assert picture(seen(), size, "down", goto=Route("activity"), wait="scale back to 40")


@pytest.mark.parametrize("size", [SMALL, MEDIUM, BIG], ids=["80x24", "120x40", "200x60"])
def test_controller(picture, size):
    assert picture(seen(), size, goto=Route("controller"), wait="DECISIONS")


def test_a_controller_that_is_paused_for_a_set(picture):
    shown, key = seen(), Key("llm-prod", "phi4")
    meta = msgspec.structs.replace(
        shown.sets[key].metadata, annotations={PAUSED: mark("alice", NOW - 300)}
    )
    lws = msgspec.structs.replace(shown.sets[key], metadata=meta)
    why = "the controller is paused for this set by alice: it would create pod phi4-3"
    controller = replace(shown.controller, waits={key: (("paused", why, -1),)})
    shown = replace(shown, sets={**shown.sets, key: lws}, controller=controller)
    assert picture(shown, MEDIUM, goto=Route("controller"), wait="1 paused")


def test_events_by_group(picture):
    assert picture(seen(), MEDIUM, "x", goto=Route("events"), wait="group and reason")


@pytest.mark.parametrize("size", [SMALL, MEDIUM], ids=["80x24", "120x40"])
def test_tree(picture, size):
    world, key = rolling()
    route = Route("xray", Ref("set", *key))
    assert picture(seen(world), size, goto=route, wait="▸ group 0")


def test_hostile_tree(picture):
    world, key = hostile()
    route = Route("xray", Ref("set", *key))
    assert picture(seen(world), MEDIUM, goto=route, wait="group 1")
