"""Requests: a new set costs one for each of its objects, a set at rest none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from controller.api import names
from controller.api.meta import Key
from tests.controller.runtime.bodies import add_set
from tests.controller.runtime.harness import Harness

A = Key("default", "a")
CACHE = {"metadata": {"name": "cache"}, "spec": {"accessModes": ["ReadWriteOnce"]}}


def group(**more: Any) -> dict[str, Any]:
    pod = {"spec": {"containers": [{"name": "main", "image": "v1"}]}}
    return {"size": 4, "workerTemplate": pod, **more}


@pytest.fixture
async def harness():
    harness = Harness()
    yield harness
    await harness.close()


@pytest.mark.parametrize(
    ("spec", "services", "claims"),
    [
        pytest.param({"leaderWorkerTemplate": group()}, 1, 0, id="plain"),
        pytest.param(
            {
                "leaderWorkerTemplate": group(),
                "startupPolicy": "LeaderReady",
                "networkConfig": {"subdomainPolicy": "UniquePerReplica"},
            },
            3,
            0,
            id="leader-ready",
        ),
        pytest.param(
            {"leaderWorkerTemplate": group(volumeClaimTemplates=[CACHE])}, 1, 12, id="claims"
        ),
    ],
)
async def test_a_new_set_costs_a_request_for_each_object(harness, spec, services, claims):
    add_set(harness.world, "a", replicas=3, **spec)
    process = harness.start()
    await harness.settle()
    assert harness.condition("Available") == "True"
    sent = Counter((verb, plural) for verb, plural, _ in harness.world.requests)
    statuses = sent.pop(("patch/status", "leaderworkersets"))
    assert statuses <= 4  # first seen, leaders there, workers there, all ready
    ours = {kind.plural for kind in (names.LEADERWORKERSETS, names.PODS, names.SERVICES)}
    ours |= {names.REVISIONS.plural, names.CLAIMS.plural}
    assert {(verb, plural): n for (verb, plural), n in sent.items() if plural in ours} == {
        ("create", "controllerrevisions"): 1,
        ("patch", "leaderworkersets"): 1,
        ("create", "services"): services,
        ("create", "pods"): 12,
        **({("create", "persistentvolumeclaims"): claims} if claims else {}),
    }
    before = process.manager.state().requests
    process.manager.cache.replace(names.PODS, process.manager.cache.observe(A).pods)
    for key in process.manager.cache.set_keys():
        process.manager._affected(key)
    await harness.settle()
    assert process.manager.state().requests == before
