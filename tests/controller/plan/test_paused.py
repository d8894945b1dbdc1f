"""Sets that the controller is paused for: planned as ever, and not written to."""

from __future__ import annotations

import pytest

from controller.api.names import PAUSED
from controller.plan.actions import Plan
from controller.plan.paused import Pause, mark, paused
from tests.controller.support import FakeCluster, make_set, raw_spec

POLICY = "RecreateGroupOnPodRestart"
AT = 1_790_000_000.0


def cluster() -> FakeCluster:
    made = FakeCluster(make_set(raw_spec(2, 3, template={"restartPolicy": POLICY})))
    made.settle()
    pause(made, mark("alice", AT))
    return made


def pause(made: FakeCluster, text: str | None) -> None:
    kept = {k: v for k, v in made.lws.annotations.items() if k != PAUSED}
    made._replace_meta(annotations=kept if text is None else {**kept, PAUSED: text})


def writes(plan: Plan) -> tuple[object, ...]:
    return (*plan.actions, *plan.events, *((plan.status,) if plan.status is not None else ()))


def said(made: FakeCluster) -> str:
    plan = made.plan()
    assert writes(plan) == ()
    first = plan.waits[0]
    assert (first.code, first.group) == ("paused", None)
    return first.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("false", None),
        ("true", Pause()),
        ("", Pause()),
        ("2026-09-21T14:13:20Z by alice", Pause("alice", AT)),
        ("2026-09-21T14:13:20Z", Pause("", AT)),
        ("2026-09-21T14:13:20Z by " + "x" * 70, Pause("x" * 64, AT)),
        ("later by bob", Pause()),
    ],
)
def test_the_mark_is_read_leniently(text: str | None, expected: Pause | None) -> None:
    assert paused({} if text is None else {PAUSED: text}) == expected


@pytest.mark.parametrize("who", ["alice", ""])
def test_the_mark_says_who_and_when(who: str) -> None:
    assert paused({PAUSED: mark(who, AT)}) == Pause(who, AT)


def test_a_set_at_rest_says_that_there_is_nothing_to_do() -> None:
    assert said(cluster()) == "the controller is paused for this set by alice: " + (
        "there is nothing to do"
    )


def test_what_would_be_done_is_said_and_nothing_is_done() -> None:
    made = cluster()
    made.restart_container("sample-1-2")
    assert "it would " in said(made)
    assert "delete pod sample-1 (recreate)" in said(made)
    before = dict(made.pods)
    made.settle()
    assert made.pods == before


def test_the_other_reasons_are_given_too() -> None:
    made = cluster()
    made.vanish("sample-1-2")
    pause(made, None)
    awake = {wait.code for wait in made.plan().waits}
    pause(made, "true")
    assert {wait.code for wait in made.plan().waits} == awake | {"paused"}


def test_a_new_set_gets_nothing_and_everything_once_it_is_resumed() -> None:
    made = FakeCluster(make_set(raw_spec(2, 3)))
    pause(made, "true")
    assert "create revision" in said(made)
    made.settle()
    assert made.pods == {}
    pause(made, None)
    made.settle()
    assert made.ready_groups() == [0, 1]
