"""Pods that name ConfigMaps and Secrets which are not there: held up, and told why."""

from typing import Any

import pytest

from lwstui.sandbox.podconfig import config_errors, mount_error, refers
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually


def secret(name: str = "s", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default"}, "data": data}


def env(field: str, **wanted: Any) -> dict[str, Any]:
    return {"env": [{"name": "A", "valueFrom": {field: {"name": "s", "key": "k", **wanted}}}]}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (env("secretKeyRef"), "couldn't find key k in Secret default/s"),
        (env("secretKeyRef", key="there"), ""),
        (env("secretKeyRef", name="t"), 'secret "t" not found'),
        (env("secretKeyRef", name="t", optional=True), ""),
        (env("configMapKeyRef"), 'configmap "s" not found'),
        ({"envFrom": [{"secretRef": {"name": "s"}}]}, ""),
        ({"envFrom": [{"configMapRef": {"name": "c"}}]}, 'configmap "c" not found'),
        ({"envFrom": [{"configMapRef": {"name": "c", "optional": True}}]}, ""),
        ({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}, ""),
    ],
)
async def test_why_a_container_cannot_be_created(
    world: World, fields: dict[str, Any], error: str
) -> None:
    world.create(secret(there="eA=="), "secrets")
    made = pod(containers=[container(**fields), container("other")])
    assert refers(made)
    assert config_errors(world.store, made) == ({"main": error} if error else {})


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ({"secret": {"secretName": "s"}}, ""),
        ({"secret": {"secretName": "t"}}, 'volume "v" : secret "t" not found'),
        ({"secret": {"secretName": "t", "optional": True}}, ""),
        ({"configMap": {"name": "c"}}, 'volume "v" : configmap "c" not found'),
        ({"emptyDir": {}}, ""),
    ],
)
async def test_why_a_volume_cannot_be_mounted(
    world: World, source: dict[str, Any], error: str
) -> None:
    world.create(secret(), "secrets")
    made = pod(volumes=[{"name": "v", **source}])
    assert refers(made) is ("emptyDir" not in source)
    found = mount_error(world.store, made)
    assert found == (f"MountVolume.SetUp failed for {error}" if error else "")


def waiting(world: World) -> dict[str, Any]:
    return dict(world.container("p").get("state", {}).get("waiting", {}))


async def test_a_container_waits_for_the_secret_it_reads(world: World) -> None:
    other = container("other")
    world.create(pod("p", containers=[container(**env("secretKeyRef")), other]))
    why = 'secret "s" not found'
    await eventually(lambda: waiting(world).get("reason") == "CreateContainerConfigError")
    assert waiting(world)["message"] == why
    assert ("Failed", f"Error: {why}") in world.events("p")
    await eventually(lambda: world.status("p")["containerStatuses"][1]["ready"])
    world.create(secret(k="eA=="), "secrets")
    await world.ready("p")
    assert world.container("p")["restartCount"] == 0


async def test_a_pod_waits_for_the_volume_it_mounts(world: World) -> None:
    world.create(pod("p", volumes=[{"name": "v", "configMap": {"name": "c"}}]))
    why = 'MountVolume.SetUp failed for volume "v" : configmap "c" not found'
    await eventually(lambda: ("FailedMount", why) in world.events("p"))
    assert waiting(world) == {"reason": "ContainerCreating"}
    assert "podIP" not in world.status("p")
    world.create({"metadata": {"name": "c", "namespace": "default"}}, "configmaps")
    await world.ready("p")


async def test_a_pod_that_waits_for_a_volume_can_be_deleted(world: World) -> None:
    world.create(pod("p", volumes=[{"name": "v", "configMap": {"name": "c"}}]))
    await eventually(lambda: waiting(world))
    world.store.delete("pods", "default", "p")
    await world.gone("p")
