from typing import Any

import pytest

from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

MAPS = "configmaps"


def _map(world: World, name: str, *owners: dict[str, Any], **meta: Any) -> dict[str, Any]:
    references = [_reference(owner) for owner in owners]
    fields: dict[str, Any] = {"name": name, "namespace": "default", **meta}
    if references:
        fields["ownerReferences"] = references
    return world.store.create(MAPS, {"metadata": fields})


def _reference(owner: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "blockOwnerDeletion": True,
        **changed,
    }


def _names(world: World) -> set[str]:
    return {each["metadata"]["name"] for each in world.store.items(MAPS, "default")}


async def test_dependents_go_wave_by_wave_after_their_owner(world: World) -> None:
    top = _map(world, "top")
    middle = _map(world, "middle", top)
    _map(world, "leaf", middle)
    _map(world, "other")
    world.store.delete(MAPS, "default", "top")
    await eventually(lambda: _names(world) == {"other"})
    order = [
        change.object["metadata"]["name"]
        for change in world.changes
        if change.key == MAPS and change.type == "DELETED"
    ]
    assert order == ["top", "middle", "leaf"]


async def test_one_living_owner_keeps_a_dependent(world: World) -> None:
    first, second = _map(world, "first"), _map(world, "second")
    _map(world, "shared", first, second)
    world.store.delete(MAPS, "default", "first")
    kept = await eventually(
        lambda: (
            [
                each["uid"]
                for each in (world.store.get(MAPS, "default", "shared") or {})["metadata"][
                    "ownerReferences"
                ]
            ]
            == [second["metadata"]["uid"]]
        )
    )
    assert kept


@pytest.mark.parametrize("changed", [{"uid": "another"}, {"name": "nobody"}])
async def test_a_dependent_of_nobody_is_collected(world: World, changed: dict[str, Any]) -> None:
    owner = _map(world, "owner")
    references = [_reference(owner, **changed)]
    meta = {"name": "lost", "namespace": "default", "ownerReferences": references}
    world.store.create(MAPS, {"metadata": meta})
    await eventually(lambda: _names(world) == {"owner"})


async def test_an_owner_of_an_unknown_kind_is_taken_for_alive(world: World) -> None:
    reference = {"apiVersion": "x.io/v1", "kind": "Ghost", "name": "g", "uid": "u"}
    meta = {"name": "kept", "namespace": "default", "ownerReferences": [reference]}
    world.store.create(MAPS, {"metadata": meta})
    world.create(pod("p"))
    await world.ready("p")
    assert _names(world) == {"kept"}


async def test_foreground_waits_for_blocking_dependents(world: World) -> None:
    world.create(pod("leader", annotations={"sandbox.lwstui.dev/shutdown": "3s"}))
    leader = world.pod("leader")
    assert leader is not None
    worker = pod("worker", annotations={"sandbox.lwstui.dev/shutdown": "10s"})
    worker["metadata"]["ownerReferences"] = [_reference(leader)]
    world.create(worker)
    await world.ready("leader", "worker")
    world.store.delete("pods", "default", "leader", propagation="Foreground")
    await world.gone("worker")
    await world.gone("leader")
    order = [
        change.object["metadata"]["name"]
        for change in world.changes
        if change.key == "pods" and change.type == "DELETED"
    ]
    assert order == ["worker", "leader"]


async def test_foreground_does_not_wait_for_others(world: World) -> None:
    owner = _map(world, "owner")
    free = _reference(owner, blockOwnerDeletion=False)
    meta = {"name": "free", "namespace": "default", "ownerReferences": [free]}
    world.store.create(MAPS, {"metadata": {**meta, "finalizers": ["example.com/hold"]}})
    world.store.delete(MAPS, "default", "owner", propagation="Foreground")
    await world.gone("owner", MAPS)
    left = world.store.get(MAPS, "default", "free")
    assert left is not None
    assert "deletionTimestamp" in left["metadata"]


async def test_orphans_lose_their_references(world: World) -> None:
    owner = _map(world, "owner")
    _map(world, "child", owner)
    world.store.delete(MAPS, "default", "owner", propagation="Orphan")
    await world.gone("owner", MAPS)
    child = world.store.get(MAPS, "default", "child")
    assert child is not None
    assert "ownerReferences" not in child["metadata"]


async def test_a_namespace_is_emptied_before_it_goes(world: World) -> None:
    world.store.create(
        "namespaces", {"metadata": {"name": "team"}, "spec": {"finalizers": ["kubernetes"]}}
    )
    await eventually(lambda: world.store.get("serviceaccounts", "team", "default"))
    world.create(pod("p", namespace="team", containers=[container()]))
    await eventually(lambda: (world.pod("p", "team") or {}).get("status", {}).get("podIP"))
    world.store.delete("namespaces", "", "team")
    left = world.store.get("namespaces", "", "team")
    assert left is not None
    assert left["status"]["phase"] == "Terminating"
    await world.gone("team", "namespaces", "")
    assert world.pod("p", "team") is None
    assert world.store.items("serviceaccounts", "team") == []
    assert world.store.items("events", "team") == []
