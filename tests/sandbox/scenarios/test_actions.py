"""What steps do to a cluster, and that it is taken back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from lwstui.sandbox.disruptions import BUDGETS
from lwstui.sandbox.faults import Faults
from lwstui.sandbox.network import Network, Refused, address
from lwstui.sandbox.scenarios.actions import CutNetwork
from lwstui.sandbox.scenarios.nodeactions import DrainNode
from lwstui.sandbox.scenarios.stage import Stage
from tests.sandbox.cluster.builders import LWS, container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.behaviour.start()
    yield made
    made.behaviour.stop()


@pytest.fixture
def stage(world: World) -> Stage:
    return Stage(world.store, world.behaviour, Faults(world.clock))


def member(name: str, worker: int, **fields: Any) -> dict[str, Any]:
    labels = {f"{LWS}name": "llm", f"{LWS}group-index": "0", f"{LWS}worker-index": str(worker)}
    main = container(ports=[{"containerPort": 8080}])
    return pod(name, labels={**labels, "app": "a"}, containers=[main], **fields)


async def test_a_cut_lets_nothing_through_until_it_is_healed(world: World, stage: Stage) -> None:
    for index, name in enumerate(("leader", "w1", "w2")):
        world.create(member(name, index))
    world.create(pod("stranger"))
    await world.ready("leader", "w1", "w2", "stranger")
    network = Network(world.store, world.behaviour.processes)

    def reaches(one: str, other: str) -> bool:
        return network.reaches(world.pod(one) or {}, address(world.pod(other) or {}))

    told = CutNetwork(lws="llm", group=0, worker=1).perform(stage)
    assert told == "no network between w1 and the rest of the group"
    assert not reaches("w1", "leader")
    assert not reaches("leader", "w1")
    assert not reaches("w2", "w1")
    assert network.connect(world.pod("w1") or {}, address(world.pod("leader") or {}), 8080) == (
        Refused(at_once=False)
    )
    assert reaches("w1", "w1")
    assert reaches("w2", "leader")
    assert reaches("stranger", "w1")
    assert stage.heal("network/") == 1
    assert reaches("w1", "leader")


async def test_a_drain_waits_for_budgets(world: World, stage: Stage) -> None:
    selector = {"matchLabels": {"app": "a"}}
    budget = {"metadata": {"name": "b", "namespace": "default"}}
    world.create({**budget, "spec": {"minAvailable": 1, "selector": selector}}, BUDGETS)
    world.create(member("leader", 0))
    await world.ready("leader")
    node = world.pod("leader")["spec"]["nodeName"]  # type: ignore[index]
    ref = (BUDGETS, "default", "b")
    await eventually(lambda: world.store.entry(*ref).object.get("status", {}).get("currentHealthy"))
    told = DrainNode(node=node).perform(stage)
    assert told == (
        f"drain node {node}: 0 pods evicted, 1 kept by their budgets, tried again every 5 s"
    )
    assert world.is_ready("leader")
    world.create(member("w1", 1))
    await world.gone("leader")
    assert world.is_ready("w1")
    stage.heal()
