"""Recorded manifests, applied to the sandbox with our controller: what is stored is equal.

Unlike the planner's own test this one goes the whole way, over HTTP, and compares what the API
server stored, its defaults included. What may differ is left out: owners and marks of
StatefulSets, our own labels, the value of the revision key, and what scheduling and provisioning
add. Where native says "statefulset" in an event we say "pods".
"""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import World
from tests.support.kubeapi import Json, KubeApi, kube_api
from tests.support.waiting import eventually

OBJECTS = Path(__file__).parents[1] / "data" / "golden" / "objects"
CASES = sorted(path.stem for path in OBJECTS.glob("*.json"))
LWS = "leaderworkerset.sigs.k8s.io/"
REVISION = f"{LWS}template-revision-hash"
MARKS = (
    f"{LWS}pod-role",
    "leaderworkerset.x-k8s.io/name",
    "controller-revision-hash",
    REVISION,
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
)
SERVER_METADATA = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
# Their claims were never bound, so their pods never ran.
NEVER_RAN = ("volume-claims",)
# Whether the surge group is ready and counted when the set becomes available is a matter of luck.
SURGING = ("rollout-config",)
# This recording also caught events of sets that were being cleaned up beside it.
NEIGHBOURS = ("exclusive-topology",)


def comparable_pod(pod: Json) -> Json:
    pod = copy.deepcopy(pod)
    pod.pop("status", None)
    pod["spec"].pop("nodeName", None)
    assert pod["metadata"]["labels"][REVISION]
    for name in (*SERVER_METADATA, "ownerReferences"):
        pod["metadata"].pop(name, None)
    for name in MARKS:
        pod["metadata"]["labels"].pop(name, None)
    # Which rack a group got is the scheduler's choice; that it is its leader's is tested below.
    if "rack" in pod["spec"].get("nodeSelector", {}):
        pod["spec"]["nodeSelector"]["rack"] = "its own"
    return pod


def comparable(found: Json) -> Json:
    """Return a Service, a revision or a claim without what the server adds."""
    found = copy.deepcopy(found)
    owners = [(o["kind"], o["name"]) for o in found["metadata"].pop("ownerReferences", ())]
    for name in (*SERVER_METADATA, "generation"):
        found["metadata"].pop(name, None)
    found.pop("status", None)
    if found["kind"] == "PersistentVolumeClaim":
        for name in ("storageClassName", "volumeName"):
            found["spec"].pop(name, None)
        owners = []
    if found["kind"] == "Service":
        found["spec"] = {k: v for k, v in found["spec"].items() if not k.startswith("ipFamil")}
    return found | {"owners": owners}


def comparable_set(lws: Json) -> Json:
    lws = copy.deepcopy(lws)
    for condition in lws["status"]["conditions"]:
        condition.pop("lastTransitionTime", None)
    # Native's webhook stores the templates as Go encodes them, with empty fields; nobody does here.
    spec = {k: v for k, v in lws["spec"].items() if k != "leaderWorkerTemplate"}
    return {"spec": spec, "status": lws["status"]}


def spoken(events: list[list[str]], case: str) -> set[tuple[str, ...]]:
    """Return type, reason and note of events, worded for pods."""
    if case in SURGING:
        events = [
            [*e[:2], re.sub(r"with [123] groups ready", "with R groups ready", e[2])]
            for e in events
        ]
    return {(type_, why, note.replace("statefulset", "pods")) for type_, why, note in events}


def by_name(objects: list[Json]) -> list[Json]:
    return sorted(objects, key=lambda each: str(each["metadata"]["name"]))


async def cordon(api: KubeApi) -> None:
    """Let no node take a pod."""
    nodes = KubeApi(api.http, api.url, "")
    for node in await nodes.list("nodes"):
        await nodes.patch("nodes", node["metadata"]["name"], {"spec": {"unschedulable": True}})


async def settled(api: KubeApi, name: str, wanted: Json) -> None:
    """Wait until the set's counters are the recorded ones."""
    counters = {k: v for k, v in wanted["status"].items() if isinstance(v, int)}

    async def reached() -> bool:
        status = (await api.get("leaderworkersets", name)).get("status", {})
        return counters == {k: v for k, v in status.items() if isinstance(v, int)}

    await eventually(reached, 30, what=f"{name} at {counters}")


@pytest.mark.parametrize("case", CASES)
async def test_stored_objects_equal_the_recorded_ones(world: World, case: str) -> None:
    golden = json.loads((OBJECTS / f"{case}.json").read_text(encoding="utf-8"))
    manifest = golden["manifest"]
    async with kube_api(world.sandbox.kubeconfig, "golden") as api:
        await KubeApi(api.http, api.url, "").create("namespaces", {"metadata": {"name": "golden"}})
        if case in NEVER_RAN:
            await cordon(api)
        await api.create("leaderworkersets", manifest)
        name, recorded_set = manifest["metadata"]["name"], comparable_set(golden["lws"])
        selector = f"{LWS}name={name}"

        await settled(api, name, recorded_set)
        assert comparable_set(await api.get("leaderworkersets", name)) == recorded_set
        pods = await api.list("pods", selector)
        assert [comparable_pod(p) for p in pods] == by_name(
            [comparable_pod(p) for p in golden["pods"]]
        )
        for plural, recorded in (
            ("services", golden["services"]),
            ("controllerrevisions", golden["revisions"]),
            ("persistentvolumeclaims", golden["claims"]),
        ):
            stored = [comparable(each) for each in await api.list(plural, selector)]
            assert stored == by_name([comparable(each) for each in recorded]), plural

        wanted = spoken(golden["events"], case)

        async def told() -> set[tuple[str, ...]]:
            events = await api.list("events")
            return spoken(
                [[e["type"], e["reason"], e["note"]] for e in events if is_about(e, name)],
                case,
            )

        async def all_is_told() -> bool:
            return len(await told()) >= len(wanted) or case in NEIGHBOURS

        await eventually(all_is_told, 30, what=f"{len(wanted)} events")
        said = await told()
        assert said == wanted or (case in NEIGHBOURS and said < wanted)


def is_about(event: Json, name: str) -> bool:
    regarding = event["regarding"]
    return regarding["kind"] == "LeaderWorkerSet" and regarding["name"] == name


async def test_workers_follow_their_leader_into_its_rack_and_racks_are_not_shared(
    world: World,
) -> None:
    golden = json.loads((OBJECTS / "exclusive-topology.json").read_text(encoding="utf-8"))
    manifest: dict[str, Any] = golden["manifest"]
    manifest["metadata"].pop("namespace")
    async with kube_api(world.sandbox.kubeconfig) as api:
        await api.create("leaderworkersets", manifest)
        await world.ready("excl", 2)
        nodes = await KubeApi(api.http, api.url, "").list("nodes")
        racks = {n["metadata"]["name"]: n["metadata"]["labels"]["rack"] for n in nodes}
        pods = {p["metadata"]["name"]: p["spec"] for p in await api.list("pods")}
    of_groups = [racks[pods[f"excl-{group}"]["nodeName"]] for group in (0, 1)]
    assert of_groups[0] != of_groups[1]
    for group in (0, 1):
        worker = pods[f"excl-{group}-1"]
        assert worker["nodeSelector"] == {"rack": of_groups[group]}
        assert racks[worker["nodeName"]] == of_groups[group]
