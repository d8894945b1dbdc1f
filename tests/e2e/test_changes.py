"""Scripted changes nobody recorded, judged by the worked examples of rolling updates.

Each script names the leaders made after the first, fewest ready groups once the set was
available, and most groups at a time.
"""

from typing import Any

import pytest

from tests.e2e.conftest import SPEED, World
from tests.support.kubeapi import Json, kube_api
from tests.support.trace import Trace, run_trace

STARTUP_S = 0.15
AVAILABLE: Json = {"wait": "available"}
V2: Json = {"image": "img:v2"}


def script(replicas: int, *steps: Json, size: int = 2, **more: Any) -> Json:
    """Return a scenario that begins with an available set; ``more`` is rollout and the like."""
    return {"replicas": replicas, "size": size, "steps": [AVAILABLE, *steps, AVAILABLE], **more}


def paced(unavailable: int | str, surge: int | str, partition: int = 0) -> Json:
    return {"maxUnavailable": unavailable, "maxSurge": surge, "partition": partition}


def done(groups: int) -> Json:
    return {"wait": {"updated": groups, "replicas": groups}}


def updated(groups: int) -> Json:
    return {"wait": {"updated": groups}}


def partition(index: int) -> Json:
    strategy = {"rollingUpdateConfiguration": {"partition": index}}
    return {"patch": {"spec": {"rolloutStrategy": strategy}}}


def resized(size: int, **spec: int) -> Json:
    return {"patch": {"spec": {"leaderWorkerTemplate": {"size": size}, **spec}}}


CASES = [
    pytest.param(
        script(4, V2, done(4), rollout=paced("25%", "25%")),
        "4r2 3r2 2r2 1r2 0r2", 3, 5, id="percentages round down for unavailable and up for surge",
    ),
    pytest.param(
        script(3, V2, done(3), rollout=paced(0, 1)),
        "3r2 2r2 1r2 0r2", 3, 4, id="surge alone never loses a group",
    ),
    pytest.param(
        script(4, V2, done(4), rollout=paced(1, 4)),
        "4r2 5r2 6r2 3r2 2r2 1r2 0r2", 3, 7, id="no more surge than unavailable groups need",
    ),
    pytest.param(
        script(3, V2, done(3), rollout=paced("100%", 0)),
        "2r2 1r2 0r2", 0, 3, id="everything at once",
    ),
    pytest.param(
        script(
            6, V2, updated(2), AVAILABLE, partition(2), updated(4), AVAILABLE,
            {"image": "img:v1"}, updated(6), rollout=paced(1, 0, 4),
        ),
        "5r2 4r2 3r2 2r2 5r1 4r1 3r1 2r1", 5, 6, id="canary in steps and undone",
    ),
    pytest.param(
        script(3, V2, updated(1), AVAILABLE, {"scale": 5}, {"wait": {"ready": 5}},
               rollout=paced(1, 0, 2)),
        "2r2 4r2 3r2", 2, 5, id="groups added to a canary are new",
    ),
    pytest.param(
        script(3, V2, updated(2), AVAILABLE, partition(0), done(3), rollout=paced(1, 1, 2)),
        "3r1 3r2 2r2 1r2 0r2", 2, 4, id="surge stays until the partition is gone",
    ),
    pytest.param(
        script(4, V2, updated(1), partition(4), AVAILABLE, partition(0), updated(4),
               rollout=paced(1, 0)),
        "3r2 2r2 1r2 0r2", 3, 4, id="a raised partition stops a rollout and a lowered one resumes",
    ),
    pytest.param(
        script(6, V2, updated(1), {"scale": 3}, done(3), rollout=paced(1, 0)),
        "5r2 2r2 1r2 0r2", 2, 6, id="scaled down in a rollout",
    ),
    pytest.param(
        script(4, resized(3, replicas=6), done(6), rollout=paced(1, 0)),
        "5r2 4r2 3r2 2r2 1r2 0r2", 3, 6, id="scaled up with a new template: new groups first",
    ),
    pytest.param(
        script(4, V2, updated(2), {"image": "img:v3"}, updated(4), rollout=paced(1, 0)),
        "3r2 2r2 3r3 2r3 1r3 0r3", 3, 4, id="changed again in a rollout: from the top again",
    ),
    pytest.param(
        script(4, V2, updated(1), {"restart_container": "-0-1"}, updated(4), rollout=paced(1, 0)),
        "3r2 0r1 2r2 1r2 0r2", 2, 4, id="a group that fails in a rollout comes back as it was",
    ),
    pytest.param(
        script(2, resized(3), updated(2), AVAILABLE, resized(1), updated(2), size=1),
        "1r2 0r2 1r1 0r1", 1, 2, id="from one pod to three and to one",
    ),
    pytest.param(
        script(2, {"scale": 0}, {"wait": {"replicas": 0}}, V2, AVAILABLE, {"scale": 2},
               {"wait": {"ready": 2}}),
        "0r2 1r2", 0, 2, id="changed while there was no group",
    ),
    pytest.param(
        script(2, {"kill_pod": "-1-2"}, {"wait": {"ready": 1}}, size=3),
        "1r1", 1, 2, id="a worker killed without grace counts as deleted",
    ),
    pytest.param(
        script(2, {"kill_pod": "-1"}, {"wait": {"ready": 1}}, size=3, restartPolicy="None"),
        "1r1", 1, 2, id="with its leader goes the group, whatever the policy",
    ),
    pytest.param(
        script(2, {"restart_container": "-0-1"}, {"wait": {"ready": 1}}, AVAILABLE,
               {"kill_pod": "-1-1"}, {"wait": {"ready": 1}}, size=3, restartPolicy="None"),
        "", 1, 2, id="without a policy a worker alone is replaced",
    ),
    pytest.param(
        script(2, V2, updated(2), spec={"startupPolicy": "LeaderReady"}, size=3),
        "1r2 0r2", 1, 2, id="leaders first in every group of a rollout",
    ),
]  # fmt: skip


def later(trace: Trace, replicas: int) -> str:
    """Return the leaders made after the first ``replicas``."""
    return " ".join(f"{group}{revision}" for group, revision in trace.creations[replicas:])


@pytest.mark.parametrize(("scenario", "made", "least", "most"), CASES)
async def test_a_change(world: World, scenario: Json, made: str, least: int, most: int) -> None:
    async with kube_api(world.sandbox.kubeconfig) as api:
        trace = await run_trace(api, scenario, startup_s=STARTUP_S * SPEED)
    assert later(trace, scenario["replicas"]) == made
    assert trace.least_ready is not None
    assert trace.least_ready >= least
    assert trace.most_groups <= most
