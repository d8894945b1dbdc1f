"""A process that dies while owners change hands leaves nothing lost and nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from controller.api import names
from tests.controller.runtime.bodies import add_set
from tests.controller.runtime.harness import Harness
from tests.controller.runtime.support import World

TAKEOVER_S = 20.0  # longer than a lease


def spec(replicas: int) -> dict[str, Any]:
    pod = {"spec": {"containers": [{"name": "main", "image": "v1"}]}}
    cache = {"metadata": {"name": "cache"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    policy = {"whenDeleted": "Delete", "whenScaled": "Delete"}
    return {
        "replicas": replicas,
        "leaderWorkerTemplate": {
            "size": 2,
            "workerTemplate": pod,
            "volumeClaimTemplates": [cache],
            "persistentVolumeClaimRetentionPolicy": policy,
        },
    }


def scale_down(world: World) -> None:
    world.edit(names.LEADERWORKERSETS, "a", {"spec": {"replicas": 1}})


def orphan_and_make_again(world: World) -> None:
    old = world.find(names.LEADERWORKERSETS, "a")
    uid = old["metadata"]["uid"]
    world.remove(names.LEADERWORKERSETS, old)
    for resource in (names.PODS, names.SERVICES, names.REVISIONS, names.CLAIMS):
        for obj in world.all(resource):
            if obj["metadata"]["ownerReferences"][0]["uid"] == uid:
                none = {"metadata": {"ownerReferences": []}}
                world.edit(resource, obj["metadata"]["name"], none)
    add_set(world, "a", **spec(2))


def claims(world: World) -> dict[str, str]:
    """UIDs of claims with the kind of their owner."""
    return {
        c["metadata"]["uid"]: c["metadata"]["ownerReferences"][0]["kind"]
        for c in world.all(names.CLAIMS)
    }


@pytest.mark.parametrize(("change", "groups"), [(scale_down, 1), (orphan_and_make_again, 2)])
async def test_the_next_process_finishes_what_was_begun(
    change: Callable[[World], None], groups: int
) -> None:
    harness = Harness()
    add_set(harness.world, "a", **spec(2))
    harness.start("one")
    await harness.settle()
    before, old = harness.uids(), claims(harness.world)
    moments: list[World] = []
    harness.world.on_request = lambda: moments.append(harness.world.copy())
    change(harness.world)
    await harness.settle()
    kept = {name: uid for name, uid in before.items() if int(name.split("-")[1]) < groups}
    assert harness.uids() == kept
    expected = claims(harness.world)
    assert expected.items() <= old.items()
    assert len(expected) == 2 * groups
    await harness.close()
    assert len(moments) > 8
    for number, world in enumerate(moments):
        fork = Harness(world)
        fork.start("two")
        await fork.pass_time(TAKEOVER_S)
        await fork.settle()
        where = f"died at moment {number} of {len(moments)}"
        assert fork.uids() == kept, where
        assert claims(fork.world) == expected, where
        assert fork.condition("Available") == "True", where
        await fork.close()
