"""``lwstui why`` on a sandbox: the diagnosis in words and as JSON, and its exit codes."""

from __future__ import annotations

import json

from tests.e2e.cli import demo, lwstui, ok
from tests.e2e.conftest import World
from tests.support.waiting import eventually


async def test_a_healthy_set_is_fine(world: World) -> None:
    await world.apply([demo(2)])
    await world.ready("demo", 2)
    assert (await ok(world, "why")).lines == ["no rule finds anything wrong"]
    assert (await ok(world, "why", "demo/1")).lines == ["no rule finds anything wrong"]
    assert json.loads((await ok(world, "why", "-o", "json")).out) == {"findings": []}
    told = json.loads((await ok(world, "why", "demo", "-o", "json")).out)
    assert told["findings"] == []
    assert told["sections"]["crashes"] == []
    assert "names      one Service for all groups" in told["sections"]["connectivity"][0]
    assert told["sections"]["autoscaling"][0] == "no autoscaler targets this set"
    assert told["sections"]["fit"][0] == "one group asks for 2 pods"
    assert any(line.startswith("served by") for line in told["sections"]["controller"])


SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "by-load"},
    "spec": {
        "scaleTargetRef": {
            "apiVersion": "leaderworkerset.x-k8s.io/v1",
            "kind": "LeaderWorkerSet",
            "name": "demo",
        },
        "minReplicas": 1,
        "maxReplicas": 4,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 60},
                },
            }
        ],
    },
}


async def test_autoscalers_of_a_set_are_told(world: World) -> None:
    await world.apply([demo(1), SCALER])
    await world.ready("demo", 1)
    told = json.loads((await ok(world, "why", "demo/0", "-o", "json")).out)
    said = told["sections"]["autoscaling"]
    assert any(line.startswith("autoscaler by-load   1 to 4 groups") for line in said)
    assert any("Resource cpu:" in line and "against 60%" in line for line in said)


def _waiting(world: World) -> bool:
    states = [
        status.get("state", {}).get("waiting", {}).get("reason")
        for pod in world.pods("demo")
        for status in pod["status"].get("containerStatuses", ())
    ]
    return bool(states) and all(state == "ImagePullBackOff" for state in states)


async def test_what_is_wrong_is_said_with_its_evidence_and_a_code(world: World) -> None:
    await world.apply([demo(1, image="nginx:typo")])
    await eventually(lambda: _waiting(world))
    said = await lwstui(world, "why", "demo")
    assert said.code == 3
    assert said.lines[0] == (
        "! default/demo-0: the image does not exist under this name: 2 pods wait for it  [P3]"
    )
    assert "nginx:typo" in said.lines[1]
    assert said.lines[2].split() == ["do", "correct", "the", "image"]
    found = json.loads((await lwstui(world, "why", "demo/0", "-o", "json")).out)["findings"]
    assert {one["rule"] for one in found} == {"P3"}
    assert found[0]["advice"][0]["action"] == "set.image"


async def test_what_is_not_there_is_named(world: World) -> None:
    said = await lwstui(world, "why", "nope")
    assert said.code == 1
    assert said.err == "lwstui: there is no nope in namespace default\n"
