"""Recorded manifests, applied to the sandbox with our controller: the stored objects are equal.

Unlike the planner's own test this one compares what the API server stored, its defaults
included. Ignored is what may differ: owners, marks a StatefulSet leaves, our own labels, the
value of the revision key, and what scheduling adds.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from controller.api import names
from tests.e2e.conftest import World
from tests.support.waiting import eventually

OBJECTS = Path(__file__).parents[1] / "data" / "golden" / "objects"
CASES = [
    "sample",
    "two-templates",
    "size-one",
    "leader-ready",
    "unique-subdomain",
    "user-env-collision",
]
IGNORED_LABELS = (
    names.POD_ROLE,
    names.SET_NAME_X,
    names.CONTROLLER_REVISION_HASH,
    names.REVISION,
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
)
SERVER_METADATA = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "managedFields",
    "ownerReferences",
    "generation",
)


def comparable_pod(pod: dict[str, Any]) -> dict[str, Any]:
    pod = copy.deepcopy(pod)
    pod.pop("status", None)
    pod["spec"].pop("nodeName", None)
    assert pod["metadata"]["labels"][names.REVISION]
    for name in SERVER_METADATA:
        pod["metadata"].pop(name, None)
    for name in IGNORED_LABELS:
        pod["metadata"]["labels"].pop(name, None)
    return pod


def comparable_service(service: dict[str, Any]) -> dict[str, Any]:
    owners = [(o["kind"], o["name"]) for o in service["metadata"]["ownerReferences"]]
    spec = {k: v for k, v in service["spec"].items() if not k.startswith("ipFamil")}
    return {
        "name": service["metadata"]["name"],
        "labels": service["metadata"]["labels"],
        "owners": owners,
        "spec": spec,
    }


def comparable_status(status: dict[str, Any]) -> dict[str, Any]:
    status = copy.deepcopy(status)
    for condition in status["conditions"]:
        condition.pop("lastTransitionTime", None)
    return status


@pytest.mark.parametrize("case", CASES)
async def test_stored_objects_equal_the_recorded_ones(world: World, case: str) -> None:
    golden = json.loads((OBJECTS / f"{case}.json").read_text(encoding="utf-8"))
    store = world.sandbox.store
    store.create("namespaces", {"metadata": {"name": "golden"}})
    (said,) = await world.apply([golden["manifest"]])
    assert "serverside-applied" in said
    name = golden["manifest"]["metadata"]["name"]
    await world.ready(name, golden["lws"]["spec"]["replicas"], "golden")

    ours = [comparable_pod(pod) for pod in world.pods(name, "golden")]
    theirs = sorted(map(comparable_pod, golden["pods"]), key=lambda p: str(p["metadata"]["name"]))
    assert ours == theirs

    services = [
        s for s in store.items("services", "golden") if s["metadata"].get("ownerReferences")
    ]
    assert sorted(map(comparable_service, services), key=lambda s: str(s["name"])) == sorted(
        map(comparable_service, golden["services"]), key=lambda s: str(s["name"])
    )

    def status_is_equal() -> bool:
        stored = world.set(name, "golden")
        return comparable_status(stored["status"]) == golden["lws"]["status"]

    await eventually(status_is_equal, 5)
    spec, recorded = world.set(name, "golden")["spec"], golden["lws"]["spec"]
    assert {k: v for k, v in spec.items() if k != "leaderWorkerTemplate"} == {
        k: v for k, v in recorded.items() if k != "leaderWorkerTemplate"
    }
