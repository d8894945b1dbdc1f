"""``lwstui fit`` and ``lwstui capacity`` on a sandbox: answers, their JSON, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.cli import demo, lwstui, ok
from tests.e2e.conftest import World


def _hungry(gpus: int, **labels: str) -> dict[str, Any]:
    made = demo(1)
    pod = made["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]
    pod["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": str(gpus)}}
    pod["nodeSelector"] = labels
    return made


async def test_groups_that_fit_and_groups_that_do_not(world: World) -> None:
    await world.apply([_hungry(8)])
    await world.ready("demo", 1)
    said = json.loads((await lwstui(world, "fit", "demo", "-o", "json")).out)
    nodes = {name for place in said["places"] for name in place["nodes"]}
    held = {pod["spec"]["nodeName"] for pod in world.pods("demo")}
    assert said["groups"] > 0
    assert not nodes & held
    assert "short of nvidia.com/gpu" in {one["reason"] for one in said["blockers"]}
    assert "not subtracted" not in " ".join(said["assumptions"])
    fits = await ok(world, "fit", "demo", "--groups", str(said["groups"]))
    assert "more groups fit: " in fits.lines[0]
    over = await lwstui(world, "fit", "demo", "--groups", str(said["groups"] + 1))
    assert over.code == 3
    assert over.lines[1].startswith("the next is blocked by: ")


async def test_a_manifest_that_is_not_applied(world: World, tmp_path: Path) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(yaml.safe_dump(_hungry(8, rack="nowhere")), encoding="utf-8")
    said = await lwstui(world, "fit", "-f", str(path))
    assert said.code == 3
    assert said.lines[0] == "no more group fits"
    assert "without label rack=nowhere" in said.lines[1]
    assert not world.set("demo")


async def test_what_cannot_be_answered(world: World) -> None:
    assert (await lwstui(world, "fit")).code == 2
    assert (await lwstui(world, "fit", "nope")).code == 1
    await world.apply([demo(1)])
    said = await lwstui(world, "fit", "demo")
    assert (said.code, said.out) == (1, "")
    assert "asks for no accelerators, cpu or memory" in said.err


async def test_capacity_adds_up_the_same_whichever_way_it_is_split(world: World) -> None:
    await world.apply([_hungry(8)])
    await world.ready("demo", 1)

    async def total(by: str) -> dict[str, int]:
        items = json.loads((await ok(world, "capacity", by, "-o", "json")).out)["items"]
        gpus = [one for one in items if one["resource"] == "nvidia.com/gpu"]
        return {n: sum(one[n] for one in gpus) for n in ("free", "allocated", "allocatable")}

    by_node = await total("nodes")
    assert by_node["allocated"] == 16
    assert by_node == await total("pools") == await total("domains")
    assert "FRAGMENTED" in (await ok(world, "capacity")).lines[0]


DRIVER = "gpu.example.com"


def _object(kind: str, name: str, spec: dict[str, Any], namespace: str = "") -> dict[str, Any]:
    meta = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "resource.k8s.io/v1", "kind": kind, "metadata": meta, "spec": spec}


def _sliced(node: str, count: int) -> dict[str, Any]:
    kind = {"type": {"string": "gpu"}}
    devices = [{"name": f"gpu-{i}", "attributes": kind} for i in range(count)]
    pool = {"name": node, "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": DRIVER, "nodeName": node, "pool": pool, "devices": devices}
    return _object("ResourceSlice", f"{node}-gpus", spec)


def _claiming(count: int) -> list[dict[str, Any]]:
    selector = {"cel": {"expression": f"device.driver == '{DRIVER}'"}}
    exactly = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": count}
    devices = {"devices": {"requests": [{"name": "gpus", "exactly": exactly}]}}
    return [
        _object("DeviceClass", "gpu", {"selectors": [selector]}),
        _object("ResourceClaimTemplate", "gpus", {"spec": devices}, "default"),
        _object("ResourceClaim", "held", devices, "default"),
    ]


_PLURALS = {
    "ResourceSlice": "resourceslices",
    "DeviceClass": "deviceclasses",
    "ResourceClaimTemplate": "resourceclaimtemplates",
    "ResourceClaim": "resourceclaims",
}


async def test_devices_that_claims_give(world: World, tmp_path: Path) -> None:
    store = world.sandbox.store
    made = demo(1, size=1)
    pod = made["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]
    pod["resourceClaims"] = [{"name": "gpus", "resourceClaimName": "held"}]
    await world.apply([made])
    await world.ready("demo", 1)
    (leader,) = world.pods("demo")
    node = leader["spec"]["nodeName"]
    for one in (_sliced(node, 4), *_claiming(2)):
        store.create(f"{_PLURALS[one['kind']]}.resource.k8s.io", one)

    def give(claim: dict[str, Any]) -> None:
        results = [
            {"request": "gpus", "driver": DRIVER, "pool": node, "device": f"gpu-{i}"}
            for i in range(2)
        ]
        user = {"resource": "pods", "name": "demo-0", "uid": leader["metadata"]["uid"]}
        claim["status"] = {"allocation": {"devices": {"results": results}}, "reservedFor": [user]}

    claims = "resourceclaims.resource.k8s.io"
    store.update(claims, "default", "held", give, subresource="status")
    said = json.loads((await ok(world, "capacity", "nodes", "-o", "json")).out)["items"]
    found = {one["name"]: one for one in said if one["resource"] == DRIVER}
    assert {name: (one["allocated"], one["free"]) for name, one in found.items()} == {node: (2, 2)}
    (listed,) = json.loads((await ok(world, "get", "pods", "-o", "json")).out)["items"]
    assert listed["accelerators"] == {DRIVER: 2}
    pod["resourceClaims"] = [{"name": "gpus", "resourceClaimTemplateName": "gpus"}]
    path = tmp_path / "set.yaml"
    path.write_text(yaml.safe_dump({**made, "metadata": {"name": "more"}}), encoding="utf-8")
    fits = json.loads((await lwstui(world, "fit", "-f", str(path), "-o", "json")).out)
    assert [home["nodes"] for home in fits["places"]] == [[node]]
