"""Pods resized in place: what their node gives away, and what is not played."""

from typing import Any

import pytest

from lwstui.sandbox.objects import StatusError, deep_copy
from lwstui.sandbox.resizing import check_simulated
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

CPU = "208"
"""Of an H100 host, whole."""


def asking(cpu: str, name: str = "p", **fields: Any) -> dict[str, Any]:
    resources = {"requests": {"cpu": cpu}}
    wanted = {"kubernetes.io/hostname": "h100-01"}
    return pod(name, nodeSelector=wanted, containers=[container(resources=resources)], **fields)


def resize(body: dict[str, Any], cpu: str) -> dict[str, Any]:
    changed = deep_copy(body)
    changed["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cpu
    return changed


async def test_a_resized_pod_makes_room_for_others(world: World) -> None:
    world.create(asking("200"))
    await world.ready("p")
    world.create(asking("100", "q"))
    await eventually(lambda: world.condition("q", "PodScheduled").get("status") == "False")
    stored = world.pod("p")
    assert stored is not None
    with pytest.raises(StatusError, match="waits for room on its node") as refused:
        check_simulated(world.store, resize(stored, "209"), stored)
    assert refused.value.code == 501
    smaller = resize(stored, "50")
    check_simulated(world.store, smaller, stored)
    world.store.replace("pods", "default", "p", lambda _: {**smaller, "metadata": {
        **smaller["metadata"]}})  # fmt: skip
    await world.ready("q")
    told = await eventually(lambda: world.container("p").get("allocatedResources"))
    assert told == {"cpu": "50"}
    with pytest.raises(StatusError, match="waits for room on its node"):
        check_simulated(world.store, resize(smaller, CPU), smaller)


async def test_what_needs_a_restart_or_is_scripted_is_refused(world: World) -> None:
    policy = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    body = world.create(asking("1"))
    body["spec"]["containers"][0]["resizePolicy"] = policy
    with pytest.raises(StatusError, match="not restarted for a resize"):
        check_simulated(world.store, resize(body, "2"), body)
    grown = deep_copy(body)
    grown["metadata"]["annotations"] = {"sandbox.lwstui.dev/memory": "1Gi"}
    larger = deep_copy(grown)
    larger["spec"]["containers"][0]["resources"]["limits"] = {"memory": "2Gi"}
    with pytest.raises(StatusError, match="annotation says what memory"):
        check_simulated(world.store, larger, grown)
    over = deep_copy(body)
    over["status"] = {"phase": "Succeeded"}
    with pytest.raises(StatusError, match="already terminated") as refused:
        check_simulated(world.store, resize(over, "2"), over)
    assert refused.value.code == 422
