from typing import Any

import pytest

from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.objects import Store
from lwstui.sandbox.rendezvous import names
from tests.sandbox.cluster.builders import LWS, container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

HOST = "llm-0.llm.default"


def _leader(*, ready: bool = False) -> dict[str, Any]:
    made = pod("llm-0", labels={f"{LWS}name": "llm"}, hostname="llm-0", subdomain="llm")
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {**made, "status": {"podIP": "10.1.2.3", "conditions": conditions}}


def _service(*, publishes: bool = True) -> dict[str, Any]:
    spec = {
        "clusterIP": "None", "selector": {f"{LWS}name": "llm"},
        "publishNotReadyAddresses": publishes,
    }  # fmt: skip
    return {"metadata": {"name": "llm", "namespace": "default"}, "spec": spec}


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("llm-0.llm.default", True),
        ("llm-0.llm", True),
        ("llm-0.llm.default.svc.cluster.local", True),
        ("llm-0.llm.default.svc.cluster.local.", True),
        ("10.1.2.3", True),
        ("", True),
        ("llm-0", False),
        ("llm-1.llm.default", False),
        ("llm-0.llm.other", False),
        ("$(ENTRY_ADRESS)", False),
        ("10.1.2.4", False),
    ],
)
def test_an_address_is_the_leaders_or_not(address: str, found: bool) -> None:
    store = Store(SimClock())
    store.create("services", _service())
    assert names(store, _leader(), address) is found


def test_a_service_has_to_publish_the_leader() -> None:
    store = Store(SimClock())
    assert not names(store, _leader(ready=True), HOST)
    store.create("services", _service(publishes=False))
    assert not names(store, _leader(), HOST)
    assert names(store, _leader(ready=True), HOST)


def _member(index: int, address: str) -> dict[str, Any]:
    part = "leader" if index == 0 else f"worker --ray_address={address}"
    command = f"multi-node-serving.sh {part}; vllm serve --model x/Small-8B --port 8080"
    made = container(image="vllm/vllm-openai:v0.11", command=["sh", "-c", command], gpu=8)
    if index == 0:
        made["readinessProbe"] = {"tcpSocket": {"port": 8080}, "periodSeconds": 1}
    name = "llm-0" if index == 0 else f"llm-0-{index}"
    labels = {f"{LWS}name": "llm", f"{LWS}group-index": "0", f"{LWS}worker-index": str(index)}
    return pod(
        name, labels=labels, annotations={f"{LWS}size": "2"}, containers=[made],
        hostname=name, subdomain="llm",
    )  # fmt: skip


async def _log(world: World, name: str) -> str:
    found = world.pod(name)
    assert found is not None
    chunks = world.behaviour.logs.open(
        found, "main", follow=False, previous=False, tail_lines=None, since_s=None,
        timestamps=False, limit_bytes=None,
    )  # fmt: skip
    return b"".join([chunk async for chunk in chunks]).decode()


async def test_a_worker_waits_for_a_leader_that_comes_later(world: World) -> None:
    world.create(_service(), "services")
    world.create(_member(1, HOST))
    await eventually(lambda: world.status("llm-0-1").get("phase") == "Running")
    assert not world.is_ready("llm-0-1")
    assert not [reason for reason, _ in world.events("llm-0-1") if reason == "Unhealthy"]
    world.create(_member(0, HOST))
    await world.ready("llm-0", "llm-0-1")
    told = await _log(world, "llm-0-1")
    assert f"No answer from {HOST}:6379 yet" in told
    assert told.rstrip().endswith(f"Joined {HOST}:6379 as rank 1 of 2")
    assert "all 2 nodes are active" in await _log(world, "llm-0")


async def test_a_service_that_comes_last_brings_a_group_together(world: World) -> None:
    world.create(_member(0, HOST))
    world.create(_member(1, HOST))
    await eventually(lambda: world.status("llm-0-1").get("phase") == "Running")
    world.create(_service(), "services")
    await world.ready("llm-0", "llm-0-1")


async def test_with_a_wrong_address_a_group_never_gets_ready(world: World) -> None:
    world.create(_service(), "services")
    world.create(_member(0, HOST))
    world.create(_member(1, "llm-7.llm.default"))
    await eventually(lambda: world.container("llm-0-1").get("restartCount", 0) >= 1)
    last = world.container("llm-0-1")["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (1, "Error")
    readiness = [
        condition["status"]
        for change in world.changes
        if change.key == "pods" and change.object["metadata"]["namespace"] == "default"
        for condition in (change.object.get("status") or {}).get("conditions") or ()
        if condition["type"] == "Ready"
    ]
    assert set(readiness) == {"False"}
