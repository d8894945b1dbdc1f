"""Nodes that go down and come back, taints that evict, GPUs that are lost, pulls that fail."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from lwstui.sandbox import dcgm, network
from lwstui.sandbox.containers import Container, PodRun, Role, Script
from lwstui.sandbox.devices import Ledger, device_ids
from lwstui.sandbox.evictor import stay_s
from lwstui.sandbox.kubelet import Failure
from lwstui.sandbox.pullfaults import PullFault, hampered
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

GPU = "nvidia.com/gpu"
UNREACHABLE = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
FOREVER = float("inf")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.behaviour.start()
    yield made
    made.behaviour.stop()


def conditions(world: World, node: str) -> dict[str, str]:
    found = (world.store.get("nodes", "", node) or {})["status"]["conditions"]
    return {each["type"]: each["status"] for each in found}


def taints(world: World, node: str) -> set[tuple[str, str]]:
    spec = (world.store.get("nodes", "", node) or {})["spec"]
    return {(each["key"], each["effect"]) for each in spec.get("taints", ())}


async def running(world: World, name: str = "a", **spec: Any) -> str:
    """Create a pod, wait until it is ready and return its node."""
    world.create(pod(name, **spec))
    await world.ready(name)
    return str((world.pod(name) or {})["spec"]["nodeName"])


async def test_a_silent_node_is_unknown_after_the_grace_period(world: World) -> None:
    node = await running(world)
    world.behaviour.node_health.cut_off(node)
    assert conditions(world, node)["Ready"] == "True"
    await eventually(lambda: set(conditions(world, node).values()) == {"Unknown"})
    assert {effect for _, effect in taints(world, node)} == {"NoSchedule", "NoExecute"}
    assert world.condition("a", "Ready")["status"] == "False"
    assert ("NodeNotReady", "Node is not ready") in world.events("a")


async def test_a_node_that_comes_back_in_time_keeps_its_pods(world: World) -> None:
    node = await running(world)
    before = (world.pod("a") or {})["metadata"]["uid"]
    world.behaviour.node_health.disable(node, "KubeletNotReady", "container runtime is down")
    assert conditions(world, node) == {
        "MemoryPressure": "False",
        "DiskPressure": "False",
        "PIDPressure": "False",
        "Ready": "False",
    }
    assert not world.is_ready("a")
    world.behaviour.node_health.restore(node)
    await world.ready("a")
    assert taints(world, node) == set()
    assert (world.pod("a") or {})["metadata"]["uid"] == before
    assert world.container("a")["restartCount"] == 0


async def test_a_pod_deleted_on_a_silent_node_ends_when_the_node_is_back(world: World) -> None:
    node = await running(world)
    world.behaviour.node_health.disable(node, "KubeletNotReady", "container runtime is down")
    await eventually(lambda: "deletionTimestamp" in (world.pod("a") or {})["metadata"])
    assert ("TaintManagerEviction", "Marking for deletion Pod default/a") in world.events("a")
    await running(world, "b")
    assert world.pod("a") is not None
    assert (world.pod("b") or {})["spec"]["nodeName"] != node
    world.behaviour.node_health.restore(node)
    await world.gone("a")


@pytest.mark.parametrize(
    ("tolerations", "expected"),
    [
        ([], 0.0),
        ([{"key": "other", "operator": "Exists"}], 0.0),
        ([{"key": UNREACHABLE["key"], "operator": "Exists", "tolerationSeconds": 300}], 300.0),
        ([{"key": UNREACHABLE["key"], "operator": "Exists", "effect": "NoSchedule"}], 0.0),
        ([{"operator": "Exists"}], FOREVER),
        (
            [
                {"operator": "Exists"},
                {"key": UNREACHABLE["key"], "operator": "Exists", "tolerationSeconds": 5},
            ],
            5.0,
        ),
    ],
)
def test_how_long_a_pod_may_stay(tolerations: list[dict[str, Any]], expected: float) -> None:
    assert stay_s({"spec": {"tolerations": tolerations}}, [UNREACHABLE]) == expected


async def test_a_taint_of_the_operator_evicts_at_once(world: World) -> None:
    node = await running(world)
    taint = {"key": "maintenance", "value": "now", "effect": "NoExecute"}
    world.store.update("nodes", "", node, lambda each: each["spec"].update(taints=[taint]))
    await world.gone("a")


async def test_an_eviction_is_called_off_when_the_taint_goes(world: World) -> None:
    node = await running(world)
    health = world.behaviour.node_health
    health.disable(node, "KubeletNotReady", "container runtime is down")
    health.restore(node)
    await world.ready("a")
    passed: list[bool] = []
    world.clock.call_later(400, lambda: passed.append(True))
    await eventually(lambda: passed)
    assert world.is_ready("a")


async def test_a_lost_gpu_takes_its_process_and_its_place_in_the_node(world: World) -> None:
    node = await running(world, containers=[container(gpu=8)])
    loss = world.behaviour.device_faults.lose(node, 3, 79, ("Xid 79",))
    assert (loss.pod, loss.device) == ("a", device_ids(node, GPU, 8)[3])
    status = (world.store.get("nodes", "", node) or {})["status"]
    assert (status["allocatable"][GPU], status["capacity"][GPU]) == ("7", "8")
    assert world.container("a")["state"]["terminated"]["exitCode"] == 1
    with pytest.raises(LookupError, match="is lost already"):
        world.behaviour.device_faults.lose(node, 3, 79, ())
    with pytest.raises(LookupError, match="has 8 GPUs, none with index 8"):
        world.behaviour.device_faults.lose(node, 8, 79, ())
    assert world.behaviour.device_faults.restore(node) == 1
    status = (world.store.get("nodes", "", node) or {})["status"]
    assert status["allocatable"][GPU] == "8"


def test_a_lost_device_is_not_handed_out() -> None:
    ledger = Ledger()
    spec = {"containers": [{"name": "m", "resources": {"limits": {GPU: "7"}}}]}
    lost = device_ids("n", GPU, 8)[0]
    assert ledger.lose("n", GPU, lost, 79)
    held, refused = ledger.take("n", {GPU: 7000}, "u", spec)
    assert refused == ""
    assert held["m"][GPU] == device_ids("n", GPU, 8)[1:]
    assert ledger.holders("n", GPU, held["m"][GPU][0]) == [("u", "m")]
    assert ledger.restore("n", GPU) == 1


async def test_a_failed_container_says_why_and_starts_again(world: World) -> None:
    await running(world)
    uid = (world.pod("a") or {})["metadata"]["uid"]
    kubelet = world.behaviour.kubelet
    assert kubelet.fail(uid, "main", Failure(137, "OOMKilled", ("out of memory",)))
    assert world.container("a")["state"]["terminated"]["reason"] == "OOMKilled"
    assert not kubelet.fail(uid, "main", Failure(1, "Error"))
    await eventually(lambda: world.container("a").get("restartCount") == 1)
    last = world.container("a")["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (137, "OOMKilled")


PLAIN = Script(pull_s=4.0, image_bytes=1)


@pytest.mark.parametrize(
    ("script", "cached", "faults", "expected"),
    [
        (PLAIN, frozenset(), [], PLAIN),
        (PLAIN, frozenset(), [PullFault("vllm", "no")], replace(PLAIN, pull_error="no")),
        (PLAIN, frozenset({"vllm:1"}), [PullFault("vllm", "no")], PLAIN),
        (PLAIN, frozenset(), [PullFault("nginx", "no")], PLAIN),
        (PLAIN, frozenset(), [PullFault(slowdown=10)], replace(PLAIN, pull_s=40.0)),
    ],
)
def test_pulls_go_as_the_faults_have_it(
    script: Script, cached: frozenset[str], faults: list[PullFault], expected: Script
) -> None:
    puller = Container("main", "vllm:1", Role.MAIN, script, "spec.containers{main}")
    run = PodRun("a", "Always", 0.0, (puller,))
    broken = hampered(run, run, faults, cached)
    assert broken.containers[0].script == expected
    assert hampered(broken, run, [], cached) == run


async def test_dcgm_tells_the_error_of_a_lost_gpu_and_nothing_else_of_it(world: World) -> None:
    store = world.store
    exporters = [
        each
        for each in store.items("pods", "gpu-operator")
        if each["spec"]["nodeName"] == "h100-02"
    ]
    name = exporters[0]["metadata"]["name"]
    await eventually(
        lambda: network.is_ready(store.get("pods", "gpu-operator", name) or exporters[0])
    )
    assert world.behaviour.device_faults.lose("h100-02", 5, 79, ()).pod == ""

    def told() -> str:
        found = world.behaviour.processes.find(exporters[0], "nvidia-dcgm-exporter")
        return "" if found is None else dcgm.exposition(found)

    text = await eventually(told)
    lost = [line for line in text.splitlines() if 'gpu="5"' in line]
    assert [line.split("{")[0] for line in lost] == ["DCGM_FI_DEV_XID_ERRORS"]
    assert float(lost[0].rpartition(" ")[2]) == 79
    assert len([line for line in text.splitlines() if 'gpu="4"' in line]) > 10
