import re
from typing import Any

from lwstui.sandbox.enginehttp import Query, answer
from lwstui.sandbox.exporter import NAME, NAMESPACE
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

SAMPLE = re.compile(r"(?P<name>\w+)\{(?P<labels>.*)\} (?P<value>\S+)")


def exporters(world: World) -> dict[str, dict[str, Any]]:
    return {each["spec"]["nodeName"]: each for each in world.store.items("pods", NAMESPACE)}


def samples(world: World, node: str, name: str) -> dict[str, tuple[dict[str, str], float]]:
    """Return the samples of a metric that a node's exporter tells, by device id."""
    found = next(iter(world.behaviour.processes.listed(exporters(world)[node])), None)
    reply = None if found is None else answer(found, 9400, Query("GET", "/metrics"))
    told: dict[str, tuple[dict[str, str], float]] = {}
    for line in (reply.body if reply else b"").decode().splitlines():
        hit = SAMPLE.fullmatch(line)
        if hit is not None and hit["name"] == name:
            labels = dict(re.findall(r'(\w+)="([^"]*)"', hit["labels"]))
            told[labels["UUID"]] = (labels, float(hit["value"]))
    return told


async def test_every_node_with_gpus_has_one(world: World) -> None:
    wanted = {f"h100-0{index}" for index in range(1, 5)} | {"a10g-1", "a10g-2"}
    assert set(exporters(world)) == wanted
    await eventually(lambda: _daemon(world).get("numberReady") == 6)
    assert _daemon(world)["desiredNumberScheduled"] == 6
    assert not world.store.items("pods", "default")


def _daemon(world: World) -> dict[str, Any]:
    return (world.store.get("daemonsets.apps", NAMESPACE, NAME) or {}).get("status") or {}


async def test_one_that_is_deleted_comes_back(world: World) -> None:
    before = exporters(world)["h100-01"]["metadata"]
    await eventually(lambda: _daemon(world).get("numberReady") == 6)
    world.store.delete("pods", NAMESPACE, before["name"])
    await eventually(
        lambda: (
            "h100-01" in exporters(world)
            and exporters(world)["h100-01"]["metadata"]["uid"] != before["uid"]
        )
    )
    world.store.delete("nodes", "", "h100-02")
    await eventually(lambda: "h100-02" not in exporters(world))
    await eventually(lambda: _daemon(world).get("desiredNumberScheduled") == 5)


async def test_it_holds_nothing(world: World) -> None:
    await eventually(lambda: _daemon(world).get("numberReady") == 6)
    world.create(pod("p", nodeName="h100-01", containers=[container(gpu=8)]))
    await world.ready("p")


async def test_devices_are_told_with_who_holds_them(world: World) -> None:
    world.create(pod("p", nodeName="h100-01", containers=[container(gpu=2)]))
    await world.ready("p")
    await eventually(lambda: samples(world, "h100-01", "DCGM_FI_DEV_FB_USED"))
    told = samples(world, "h100-01", "DCGM_FI_DEV_FB_USED")
    held = world.container("p")["allocatedResourcesStatus"][0]["resources"]
    ids = {each["resourceID"] for each in held}
    assert len(told) == 8
    owned = {uuid for uuid, (labels, _) in told.items() if "pod" in labels}
    assert owned == ids
    labels, _ = told[min(ids)]
    assert (labels["namespace"], labels["pod"], labels["container"]) == ("default", "p", "main")
    assert (labels["Hostname"], labels["modelName"]) == ("h100-01", "NVIDIA H100 80GB HBM3")
    assert labels["device"] == f"nvidia{labels['gpu']}"


async def test_a_device_that_fell_off_the_bus_is_not_told(world: World) -> None:
    await eventually(lambda: samples(world, "h100-01", "DCGM_FI_DEV_GPU_TEMP"))
    world.behaviour.device_faults.lose("h100-01", 3, 79, ())
    told = samples(world, "h100-01", "DCGM_FI_DEV_GPU_TEMP")
    assert sorted(labels["gpu"] for labels, _ in told.values()) == list("0124567")
