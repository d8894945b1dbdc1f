"""Volume claims: protected while a pod uses them."""

from typing import Any

from lwstui.sandbox.admission import CLAIM_PROTECTION, admit
from lwstui.sandbox.binder import CLASSES, VOLUMES
from tests.sandbox.cluster.builders import pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

CLAIMS = "persistentvolumeclaims"


def claim(name: str = "data", **spec: Any) -> dict[str, Any]:
    made = {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            **spec,
        },
    }
    admit(CLAIMS, made, None)
    return made


async def test_a_claim_in_use_outlives_its_deletion_until_the_pod_is_gone(world: World) -> None:
    world.create(claim(), CLAIMS)
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    world.create(pod("p", volumes=[volume]))
    await world.ready("p")
    world.store.delete(CLAIMS, "default", "data")
    world.create(pod("q"))
    await world.ready("q")
    kept = world.store.get(CLAIMS, "default", "data")
    assert kept is not None
    assert kept["metadata"]["finalizers"] == [CLAIM_PROTECTION]
    assert "deletionTimestamp" in kept["metadata"]
    world.store.delete("pods", "default", "p", grace_s=0)
    await world.gone("data", CLAIMS)


async def test_a_claim_nobody_uses_goes_at_once(world: World) -> None:
    world.create(claim(), CLAIMS)
    await eventually(
        lambda: (world.store.get(CLAIMS, "default", "data") or {})["status"]["phase"] == "Bound"
    )
    world.store.delete(CLAIMS, "default", "data")
    await world.gone("data", CLAIMS)


def phase(world: World, name: str = "data") -> str:
    return str((world.store.get(CLAIMS, "default", name) or {})["status"]["phase"])


async def test_a_claim_gets_a_volume_that_goes_with_it(world: World) -> None:
    world.create(claim(), CLAIMS)
    await eventually(lambda: phase(world) == "Bound")
    bound = world.store.entry(CLAIMS, "default", "data").object
    volume = world.store.entry(VOLUMES, "", bound["spec"]["volumeName"]).object
    assert bound["spec"]["storageClassName"] == "standard-rwo"
    assert volume["spec"]["claimRef"]["uid"] == bound["metadata"]["uid"]
    assert (volume["spec"]["capacity"], volume["status"]) == (
        {"storage": "1Gi"},
        {"phase": "Bound"},
    )
    world.store.delete(CLAIMS, "default", "data")
    await world.gone(volume["metadata"]["name"], VOLUMES, "")


async def test_a_claim_of_an_unknown_class_waits_for_it_and_its_pod_too(world: World) -> None:
    world.create(claim(storageClassName="fast"), CLAIMS)
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    world.create(pod("p", volumes=[volume]))
    why = 'storageclass.storage.k8s.io "fast" not found'
    await eventually(lambda: ("ProvisioningFailed", why) in world.events("data"))
    await eventually(lambda: any("unbound immediate" in text for _, text in world.events("p")))
    assert phase(world) == "Pending"
    world.create(
        {"metadata": {"name": "fast"}, "provisioner": "x", "reclaimPolicy": "Retain"}, CLASSES
    )
    await eventually(lambda: phase(world) == "Bound")
    await world.ready("p")
    (kept,) = world.store.items(VOLUMES)
    world.store.delete("pods", "default", "p", grace_s=0)
    world.store.delete(CLAIMS, "default", "data")
    await world.gone("data", CLAIMS)
    await eventually(
        lambda: (
            world.store.entry(VOLUMES, "", kept["metadata"]["name"]).object["status"]["phase"]
            == "Released"
        )
    )


async def test_a_claim_without_a_class_is_not_provisioned(world: World) -> None:
    world.create(claim(storageClassName=""), CLAIMS)
    why = "no persistent volumes available for this claim and no storage class is set"
    await eventually(lambda: ("FailedBinding", why) in world.events("data"))
    assert phase(world) == "Pending"
