"""Problems that last are told once; what failed is told with the server's answer."""

from __future__ import annotations

import msgspec
import pytest

from controller.api import names
from controller.api.lws import RolloutRecord
from controller.api.meta import Key
from controller.errors import Conflict, Forbidden, LeaseLost
from controller.notices import Standing, failures
from controller.plan.actions import CreateService, EventNote, OwnClaim, RecordRollout
from tests.controller.runtime.bodies import create_leader
from tests.controller.runtime.clock import spin
from tests.controller.runtime.records import make_set
from tests.controller.runtime.test_executor import Bench

INVALID = EventNote("Warning", "InvalidSpec", "Validate", "spec.size: 0: must be at least 1")
HELD = EventNote("Warning", "FailedCreate", "Create", "pod a-0 is held by ReplicaSet web")
NEWS = EventNote("Normal", "GroupsProgressing", "Create", "Created leader pods a")
A = make_set("a")


class Told:
    def __init__(self) -> None:
        self.sets = {A.key: A, Key("default", "b"): make_set("b")}
        self.standing = Standing(self.sets.get)

    def news(self, *problems: EventNote, lws=A, complete: bool = True) -> list[EventNote]:
        return self.standing.news(lws, problems, complete=complete)


def test_a_problem_is_told_once_while_it_lasts():
    told = Told()
    assert told.news(INVALID) == [INVALID]
    assert told.news(INVALID) == []
    assert told.news(INVALID, HELD) == [HELD]
    assert told.news(HELD, INVALID, HELD) == []


def test_a_problem_that_comes_back_is_told_again():
    told = Told()
    told.news(INVALID)
    assert told.news() == []
    assert told.news(INVALID) == [INVALID]


def test_a_pass_that_was_cut_short_solves_nothing():
    told = Told()
    told.news(INVALID, HELD)
    assert told.news(complete=False) == []
    assert told.news(INVALID, HELD) == []


@pytest.mark.parametrize("change", [{"generation": 2}, {"uid": "other"}])
def test_a_new_generation_or_incarnation_is_told_everything(change):
    told = Told()
    told.news(INVALID)
    meta = msgspec.structs.replace(A.metadata, **change)
    assert told.news(INVALID, lws=msgspec.structs.replace(A, metadata=meta)) == [INVALID]


def test_sets_do_not_know_of_each_other_and_are_forgotten_when_gone():
    told = Told()
    told.news(INVALID)
    b = told.sets[Key("default", "b")]
    del told.sets[A.key]
    assert told.news(INVALID, lws=b) == [INVALID]
    assert told.news(INVALID) == [INVALID]


def own(name: str) -> OwnClaim:
    return OwnClaim(name, "u", "1", ())


def test_failures_are_told_by_kind_and_answer():
    no, full = Forbidden(403, "Forbidden", "no"), Forbidden(403, "Forbidden", "exceeded quota")
    failed = [
        (CreateService("a", {}), no),
        *((own(f"cache-a-{i}"), full) for i in range(4)),
        (own("cache-b"), no),
        (own("cache-c"), Conflict(409, "Conflict", "changed")),
        (CreateService("d", {}), LeaseLost("not held any more")),
        (RecordRollout(RolloutRecord("key", 0, 1, 1)), no),
    ]
    assert [(n.reason, n.action, n.note) for n in failures(failed, 0)] == [
        ("FailedCreate", "Create", "Failed to create Service a: no"),
        (
            "FailedUpdate",
            "Update",
            "Failed to change the owner of PersistentVolumeClaim cache-a-0, cache-a-1, cache-a-2 "
            "and 1 more: exceeded quota",
        ),
        (
            "FailedUpdate",
            "Update",
            "Failed to change the owner of PersistentVolumeClaim cache-b: no",
        ),
    ]


@pytest.fixture
async def bench():
    return Bench()


async def test_the_executor_tells_a_standing_problem_once_and_news_always(bench):
    for _ in range(3):
        await bench.run(events=[NEWS, INVALID])
    assert (
        bench.events.reasons() == ["GroupsProgressing", "InvalidSpec"] + ["GroupsProgressing"] * 2
    )
    bench.world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 3}})
    bench.events.seen.clear()
    await spin(3)
    await bench.run(events=[INVALID])
    assert bench.events.reasons() == ["InvalidSpec"]


async def test_a_name_that_another_object_holds_is_told_once(bench):
    body = create_leader(bench.lws, 0).body
    holder = {"kind": "ReplicaSet", "name": "web", "uid": "x", "controller": True}
    bench.world.put(
        names.PODS, {**body, "metadata": {**body["metadata"], "ownerReferences": [holder]}}
    )
    for _ in range(3):
        await bench.run(create_leader(bench.lws, 0))
    assert bench.events.reasons() == ["FailedCreate"]


async def test_a_problem_is_told_although_something_else_failed(bench):
    bench.fail(Forbidden(403, "Forbidden", "no"), verb="create")
    await bench.run(create_leader(bench.lws, 0), events=[NEWS, HELD])
    assert bench.events.seen == [
        ("Warning", "FailedCreate", HELD.note),
        ("Warning", "FailedCreate", "Failed to create Pod a-0: no"),
    ]
