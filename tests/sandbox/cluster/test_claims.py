"""Volume claims: protected while a pod uses them."""

from typing import Any

from lwstui.sandbox.admission import CLAIM_PROTECTION, admit
from tests.sandbox.cluster.builders import pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

CLAIMS = "persistentvolumeclaims"


def claim(name: str = "data") -> dict[str, Any]:
    made = {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
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
