"""Node leases: who renews one, and who is too silent to."""

from lwstui.sandbox.nodeleases import LEASES, NAMESPACE, NodeLeases
from lwstui.sandbox.objects import Json
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually


def lease(world: World, node: str) -> Json:
    return world.store.entry(LEASES, NAMESPACE, node).object


def renew(world: World) -> None:
    """Renew as the next turns of the clock would."""
    leases = NodeLeases(world.store, world.behaviour.node_health)
    leases.start()
    leases.stop()


async def test_every_node_has_a_lease_of_its_own(world: World) -> None:
    nodes = {each["metadata"]["name"]: each for each in world.store.items("nodes")}
    leases = {each["metadata"]["name"]: each for each in world.store.items(LEASES, NAMESPACE)}
    assert leases.keys() == nodes.keys()
    for name, each in leases.items():
        assert each["spec"]["holderIdentity"] == name
        assert each["spec"]["leaseDurationSeconds"] == 40
        (owner,) = each["metadata"]["ownerReferences"]
        assert owner["uid"] == nodes[name]["metadata"]["uid"]


async def test_leases_are_renewed_but_by_nodes_that_are_cut_off(world: World) -> None:
    health = world.behaviour.node_health
    health.cut_off("h100-01")
    health.disable("h100-02", "KubeletNotReady", "container runtime is down")
    before = {name: lease(world, name)["spec"]["renewTime"] for name in ("h100-01", "h100-02")}
    renew(world)
    assert lease(world, "h100-01")["spec"]["renewTime"] == before["h100-01"]
    assert lease(world, "h100-02")["spec"]["renewTime"] > before["h100-02"]
    health.restore("h100-01")
    renew(world)
    assert lease(world, "h100-01")["spec"]["renewTime"] > before["h100-01"]


async def test_the_lease_of_a_node_that_is_gone_goes_too(world: World) -> None:
    world.store.delete("nodes", "", "h100-03")
    await eventually(lambda: world.store.get(LEASES, NAMESPACE, "h100-03") is None)
