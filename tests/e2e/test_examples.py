"""Every example does in the sandbox what its header says."""

import re
from pathlib import Path
from typing import Any

import pytest

from lwstui.data import folder
from lwstui.kube.manifests import load_manifests
from tests.e2e.conftest import World
from tests.support.waiting import eventually

EXAMPLES = sorted(folder("examples").rglob("*.yaml"))
EXPECT = re.compile(r"# Expect: (\d+) pods, (\d+) (GPUs|TPUs), (\d+)/(\d+) ready; \S")
DEVICES = ("nvidia.com/gpu", "google.com/tpu")


def devices(pod: dict[str, Any]) -> int:
    """Return the accelerators a pod requests."""
    return sum(
        int(container["resources"].get("requests", {}).get(name, 0))
        for container in pod["spec"]["containers"]
        for name in DEVICES
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
async def test_example(world: World, path: Path) -> None:
    found = EXPECT.search(path.read_text(encoding="utf-8"))
    assert found is not None
    pods, gpus, ready = int(found[1]), int(found[2]), int(found[4])
    objects = load_manifests([str(path)])
    assert all("serverside-applied" in line for line in await world.apply(objects))
    sets = [one["metadata"]["name"] for one in objects if one["kind"] == "LeaderWorkerSet"]
    everything = [pod for name in sets for pod in world.pods(name)]
    if ready:
        for one in objects:
            if one["kind"] == "LeaderWorkerSet":
                await world.ready(one["metadata"]["name"], one["spec"].get("replicas", 1))
        everything = [pod for name in sets for pod in world.pods(name)]
        assert len(everything) == pods
        assert sum(devices(pod) for pod in everything) == gpus
        assert {pod["status"]["phase"] for pod in everything} == {"Running"}
    else:

        def refused() -> bool:
            waiting = [pod for name in sets for pod in world.pods(name)]
            return len(waiting) == pods and all(
                "Insufficient nvidia.com/gpu" in str(pod["status"].get("conditions"))
                for pod in waiting
            )

        await eventually(refused, 20)


def domains(world: World, pods: list[dict[str, Any]], key: str) -> list[str]:
    """Return the topology domain of each pod's node."""
    nodes = {
        n["metadata"]["name"]: n["metadata"]["labels"] for n in world.sandbox.store.items("nodes")
    }
    return [nodes[pod["spec"]["nodeName"]][key] for pod in pods]


async def test_groups_of_an_exclusive_set_share_no_rack(world: World) -> None:
    await world.apply(load_manifests([str(folder("examples") / "04-exclusive-topology-rack.yaml")]))
    await world.ready("exclusive-rack", 3)
    racks: list[set[str]] = []
    for group in range(3):
        members = [
            pod
            for pod in world.pods("exclusive-rack")
            if pod["metadata"]["labels"]["leaderworkerset.sigs.k8s.io/group-index"] == str(group)
        ]
        racks.append(set(domains(world, members, "rack")))
    assert [len(rack) for rack in racks] == [1, 1, 1]
    assert len(set.union(*racks)) == 3


async def test_the_entry_address_of_the_kthena_guide_is_set(world: World) -> None:
    path = folder("examples") / "01-llama-multinode-kthena.yaml"
    await world.apply(load_manifests([str(path)]))
    await eventually(lambda: len(world.pods("llama-multinode")) == 2)
    leader, worker = world.pods("llama-multinode")
    environment = {e["name"]: e["value"] for e in worker["spec"]["containers"][0]["env"]}
    assert environment["ENTRY_ADDRESS"] == "llama-multinode-0.llama-multinode.default"
    assert worker["spec"]["containers"][0]["env"][-1]["name"] == "ENTRY_ADDRESS"
    assert "ENTRY_ADDRESS" not in str(leader["spec"]["containers"][0]["env"])
    assert leader["metadata"]["labels"]["leaderworkerset.x-k8s.io/name"] == "llama-multinode"
