"""Every example does in the sandbox what its header says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lwstui.data import folder
from lwstui.kube.manifests import load_manifests
from tests.e2e.cli import lwstui
from tests.e2e.conftest import World
from tests.support.waiting import eventually

EXAMPLES = sorted(folder("examples").rglob("*.yaml"))
EXPECT = re.compile(r"# Expect: (\d+) pods, (\d+) (GPUs|TPUs), (\d+)/(\d+) ready; (\S.*)")
DEVICES = ("nvidia.com/gpu", "google.com/tpu")


def devices(pod: dict[str, Any]) -> int:
    """Return the accelerators a pod requests."""
    return sum(
        int(container["resources"].get("requests", {}).get(name, 0))
        for container in pod["spec"]["containers"]
        for name in DEVICES
    )


class Run:
    """An example in the sandbox, and what is there of it."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.objects = load_manifests([str(path)])
        self.sets = [one for one in self.objects if one["kind"] == "LeaderWorkerSet"]

    @property
    def pods(self) -> list[dict[str, Any]]:
        return [pod for one in self.sets for pod in self.world.pods(one["metadata"]["name"])]

    def events(self) -> str:
        """Return what events say of the sets."""
        names = {one["metadata"]["name"] for one in self.sets}
        return " ".join(
            str(event["message"])
            for event in self.world.sandbox.store.items("events")
            if event["involvedObject"]["name"] in names
        )

    async def serves(self) -> None:
        for one in self.sets:
            await self.world.ready(one["metadata"]["name"], one["spec"].get("replicas", 1))
        assert {pod["status"]["phase"] for pod in self.pods} == {"Running"}

    async def ends_as(self, word: str, text: str, said: str) -> None:
        """Wait until what a broken example says of itself is so.

        Args:
            word: What becomes of it.
            text: What is told about it.
            said: What the server said when it was applied.
        """
        holds = {
            "refused": lambda: text in f"{said} {self.events()}",
            "pending": lambda: all(text in _why_pending(pod) for pod in self.pods),
            "waiting": lambda: any(text in str(pod["status"]) for pod in self.pods),
            "recreated": lambda: text in self.events(),
        }
        await eventually(holds[word], 30, what=f"{word}: {text}; {self.events()}")


def _why_pending(pod: dict[str, Any]) -> str:
    """Return why a pod has no node: what the scheduler said, or who it waits for."""
    assert not pod["spec"].get("nodeName")
    return f"{pod['status'].get('conditions')} {pod['spec'].get('schedulerName')}"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
async def test_example(world: World, path: Path) -> None:
    found = EXPECT.search(path.read_text(encoding="utf-8"))
    assert found is not None
    pods, gpus, ready, groups = int(found[1]), int(found[2]), int(found[4]), int(found[5])
    run = Run(world, path)
    assert sum(one["spec"].get("replicas", 1) for one in run.sets) == groups
    said = await world.apply(run.objects)
    word, _, text = found[6].partition(": ")
    assert all("serverside-applied" in line for line in said) or word == "refused"
    if ready:
        assert ready == groups
        await run.serves()

    def there() -> bool:
        pods_now = run.pods
        return len(pods_now) == pods and sum(map(devices, pods_now)) == gpus

    await eventually(there, what=f"{pods} pods with {gpus} devices")
    if not ready:
        await run.ends_as(word, text, " ".join(said))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("both-zero-rollout", {"error"}),
        ("name-too-long", {"error"}),
        ("subgroup-not-dividing", {"error"}),
        ("crashing-worker", {"note"}),
        ("image-typo", {"note"}),
        ("too-many-gpus", {"error", "note"}),
        ("missing-topology", {"error", "note"}),
    ],
)
async def test_checking_finds_what_can_be_known_before(
    world: World, name: str, found: set[str]
) -> None:
    await world.apply([])
    path = folder("examples") / "25-broken" / f"{name}.yaml"
    ran = await lwstui(world, "check", "-f", str(path), "-o", "json")
    levels = {item["level"] for item in json.loads(ran.out)["items"]}
    assert levels - {"note"} == found - {"note"}
    assert ran.code == ("error" in found)


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


async def run_ready(world: World, name: str) -> Run:
    """Apply an example and wait until its sets are ready."""
    run = Run(world, folder("examples") / name)
    await world.apply(run.objects)
    await run.serves()
    return run


async def test_each_pod_of_the_cache_example_has_a_claim(world: World) -> None:
    await run_ready(world, "21-volume-claim-templates.yaml")
    claims = world.sandbox.store.items("persistentvolumeclaims", "default")
    assert sorted(claim["metadata"]["name"] for claim in claims) == [
        "cache-model-cache-0",
        "cache-model-cache-0-1",
        "cache-model-cache-1",
        "cache-model-cache-1-1",
    ]


async def test_each_group_of_the_subdomain_example_has_a_service(world: World) -> None:
    await run_ready(world, "22-unique-subdomain.yaml")
    services = {one["metadata"]["name"] for one in world.sandbox.store.items("services", "default")}
    assert {"unique-subdomain-0", "unique-subdomain-1"} <= services


async def test_the_compact_example_stays_in_one_rack(world: World) -> None:
    run = await run_ready(world, "24-h100-405b-compact.yaml")
    assert len(set(domains(world, run.pods, "rack"))) == 1


async def test_the_autoscaler_of_the_example_counts_leaders(world: World) -> None:
    await run_ready(world, "20-hpa.yaml")
    scalers = world.sandbox.store.items("horizontalpodautoscalers.autoscaling", "default")

    def counted() -> bool:
        return (
            world.sandbox.store.items("horizontalpodautoscalers.autoscaling", "default")[0]
            .get("status", {})
            .get("currentReplicas")
            == 2
        )

    assert len(scalers) == 1
    await eventually(counted)
