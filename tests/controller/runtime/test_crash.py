"""Killed during any request, before or after it took effect, the next process converges."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from controller.api import names
from tests.controller.runtime.bodies import add_set
from tests.controller.runtime.harness import Harness
from tests.controller.runtime.support import Client, World

TAKEOVER_S = 20.0  # longer than a lease


def spec(replicas: int, image: str = "v1"):
    template = {"spec": {"containers": [{"name": "main", "image": image}]}}
    return {
        "replicas": replicas,
        "leaderWorkerTemplate": {"size": 3, "workerTemplate": template},
    }


def create(world: World) -> None:
    add_set(world, "a", **spec(3))


def scale_down(world: World) -> None:
    world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 1}})


def roll(world: World) -> None:
    world.edit(names.LEADERWORKERSETS, "a", {"spec": spec(3, "v2")})


def lose_worker(world: World) -> None:
    world.mark(names.PODS, world.find(names.PODS, "a-1-1"))


Change = Callable[[World], None]


async def _prepared(change: Change) -> Harness:
    """Return a world in which nothing but the change is left to do."""
    harness = Harness()
    if change is not create:
        create(harness.world)
        first = harness.start("zero")
        await harness.settle()
        await first.stop()
    harness.world.requests.clear()
    change(harness.world)
    return harness


class Result(NamedTuple):
    pods: list[str]
    available: str
    ready: int
    created: int
    deleted: int


async def _result(harness: Harness) -> Result:
    await harness.settle()
    result = Result(
        harness.pods(),
        harness.condition("Available"),
        harness.lws()["status"]["readyReplicas"],
        harness.requests("create", "pods"),
        harness.requests("delete", "pods"),
    )
    await harness.close()
    return result


@pytest.mark.parametrize("answer_lost", [False, True], ids=["not-sent", "answer-lost"])
@pytest.mark.parametrize("change", [create, scale_down, roll, lose_worker])
async def test_converges_after_a_crash_at_every_request(change, answer_lost):
    undisturbed = await _prepared(change)
    undisturbed.start("one")
    expected = await _result(undisturbed)
    assert expected.available == "True"
    sent = sum(plural != "leases" for _, plural, _ in undisturbed.world.requests)
    assert sent > 3
    for number in range(1, sent + 1):
        harness = await _prepared(change)
        client = Client(harness.world, dies_at=number, answer_lost=answer_lost)
        one = harness.start("one", client=client)
        await harness.settle()
        assert client.died
        await one.kill()
        harness.start("two")
        await harness.pass_time(TAKEOVER_S)
        result = await _result(harness)
        wanted = expected
        if change is lose_worker and result.deleted == 0:
            # Dead before the group was deleted: to the next process the worker is just missing.
            wanted = expected._replace(created=1, deleted=0)
        assert result == wanted, f"died at request {number} of {sent}"
