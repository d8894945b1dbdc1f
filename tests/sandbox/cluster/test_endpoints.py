"""EndpointSlices and Endpoints: which pods are behind a service, as these records tell it."""

from typing import Any

import pytest

from lwstui.sandbox.endpoints import MOST_IN_ENDPOINTS, Member, endpoints_of, member
from lwstui.sandbox.endpointslices import ENDPOINTS, SLICES
from lwstui.sandbox.network import is_ready
from lwstui.sandbox.objects import Json
from lwstui.sandbox.serviceindex import ServiceIndex
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually


def service(name: str = "s", **spec: Any) -> Json:
    wanted = {"selector": {"app": "x"}, "type": "ClusterIP", "clusterIP": "10.96.0.9", **spec}
    metadata = {"name": name, "namespace": "default", "uid": f"uid-{name}", "labels": {"a": "b"}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": wanted}


def running(*, ready: bool = True, phase: str = "Running", **fields: Any) -> Json:
    made = pod(labels={"app": "x"}, nodeName="n", **fields)
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    made["status"] = {"phase": phase, "podIP": "10.0.0.1", "conditions": [condition]}
    return made


def ending(body: Json) -> Json:
    body["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return body


@pytest.mark.parametrize(
    ("body", "publishes", "told"),
    [
        (running(), False, (True, True, False)),
        (running(ready=False), False, (False, False, False)),
        (running(ready=False), True, (True, False, False)),
        (ending(running()), False, (False, True, True)),
        (ending(running()), True, (True, True, True)),
        (running(phase="Failed"), True, None),
        (pod(labels={"app": "x"}), True, None),
    ],
)
def test_what_a_service_knows_of_a_pod(
    body: Json, publishes: bool, told: tuple[bool, ...] | None
) -> None:
    found = member(service(publishNotReadyAddresses=publishes), body, None)
    if told is None:
        assert found is None
        return
    assert found is not None
    conditions = found.endpoint["conditions"]
    assert tuple(conditions[name] for name in ("ready", "serving", "terminating")) == told


def test_an_entry_names_the_pod_its_node_and_its_place() -> None:
    node = {"metadata": {"name": "n", "labels": {"topology.kubernetes.io/zone": "z1"}}}
    found = member(service(), running(hostname="p-0", subdomain="s"), node)
    assert found is not None
    told = {name: found.endpoint.get(name) for name in ("hostname", "nodeName", "zone")}
    assert told == {"hostname": "p-0", "nodeName": "n", "zone": "z1"}
    assert found.endpoint["targetRef"] == {
        "kind": "Pod",
        "namespace": "default",
        "name": "p",
        "uid": "uid-default-p",
    }
    elsewhere = member(service(), running(hostname="p-0", subdomain="other"), None)
    assert elsewhere is not None
    assert not {"hostname", "zone"} & elsewhere.endpoint.keys()


def test_ports_are_those_of_the_pod() -> None:
    ports = [
        {"name": "http", "port": 80, "targetPort": "web", "appProtocol": "http"},
        {"name": "metrics", "port": 9090, "targetPort": 9400},
        {"name": "absent", "port": 1, "targetPort": "nothere"},
    ]
    containers = [container(ports=[{"name": "web", "containerPort": 8080}])]
    found = member(service(ports=ports), running(containers=containers), None)
    assert found is not None
    assert found.ports == (("http", "TCP", 8080, "http"), ("metrics", "TCP", 9400, ""))


def test_endpoints_leave_out_what_ends_and_what_is_too_much() -> None:
    def entry(index: int, *, ready: bool = True, terminating: bool = False) -> Member:
        address = f"10.0.{index // 250}.{index % 250 + 1}"
        conditions = {"ready": ready, "serving": ready, "terminating": terminating}
        return Member((), {"addresses": [address], "conditions": conditions})

    told = endpoints_of(
        service(), [entry(0), entry(1, ready=False), entry(2, terminating=True)], ""
    )
    (subset,) = told["subsets"]
    assert [each["ip"] for each in subset["addresses"]] == ["10.0.0.1"]
    assert [each["ip"] for each in subset["notReadyAddresses"]] == ["10.0.0.2"]
    assert "subsets" not in endpoints_of(service(), [], "")
    many = [entry(index) for index in range(MOST_IN_ENDPOINTS + 5)]
    told = endpoints_of(service(), [entry(2000, ready=False), *many], "")
    assert len(told["subsets"][0]["addresses"]) == MOST_IN_ENDPOINTS
    marked = told["metadata"]["annotations"]["endpoints.kubernetes.io/over-capacity"]
    assert marked == "truncated"


def test_a_service_is_found_by_the_label_that_fewest_share() -> None:
    index = ServiceIndex()
    for group in range(50):
        index.add(("default", f"s-{group}"), {"set": "x", "group": str(group)})
    labelled = pod(labels={"set": "x", "group": "7"})
    assert len(list(index.selecting("default", labelled))) <= 2
    assert ("default", "s-7") in index.selecting("default", labelled)
    assert list(index.selecting("other", labelled)) == []
    index.remove(("default", "s-7"))
    assert ("default", "s-7") not in index.selecting("default", labelled)


def slices(world: World, name: str = "s") -> list[Json]:
    return [
        each
        for each in world.store.items(SLICES, "default")
        if each["metadata"]["labels"]["kubernetes.io/service-name"] == name
    ]


def told(world: World) -> dict[str, bool]:
    """Return the pods in the slices of a service, and whether they are ready."""
    return {
        entry["targetRef"]["name"]: entry["conditions"]["ready"]
        for each in slices(world)
        for entry in each["endpoints"]
    }


def in_endpoints(world: World) -> list[str]:
    obj = world.store.get(ENDPOINTS, "default", "s") or {}
    return [
        address["targetRef"]["name"]
        for subset in obj.get("subsets") or ()
        for address in subset.get("addresses") or ()
    ]


async def test_records_follow_the_pods_of_a_service(world: World) -> None:
    world.create(service(), "services")
    await eventually(lambda: slices(world))
    (empty,) = slices(world)
    assert (empty["endpoints"], empty["ports"]) == ([], None)
    assert empty["metadata"]["labels"]["a"] == "b"
    world.create(pod("p-0", labels={"app": "x"}))
    world.create(pod("p-1", labels={"app": "x"}))
    world.create(pod("other", labels={"app": "y"}))
    await eventually(lambda: told(world) == {"p-0": True, "p-1": True})
    (same,) = slices(world)
    assert same["metadata"]["uid"] == empty["metadata"]["uid"]
    await eventually(lambda: in_endpoints(world) == ["p-0", "p-1"])

    def relabel(body: Json) -> None:
        body["metadata"]["labels"] = {"app": "y"}

    world.store.update("pods", "default", "p-0", relabel)
    await eventually(lambda: told(world) == {"p-1": True})
    world.store.delete("pods", "default", "p-1", grace_s=0)
    await eventually(lambda: not told(world) and not in_endpoints(world))

    def reselect(body: Json) -> None:
        body["spec"]["selector"] = {"app": "y"}

    world.store.update("services", "default", "s", reselect)
    await eventually(lambda: told(world) == {"p-0": True, "other": True})
    assert all(is_ready(world.pod(name) or {}) for name in ("p-0", "other"))


async def test_records_go_with_their_service_and_come_back_when_deleted(world: World) -> None:
    world.create(service(), "services")
    world.create(pod("p-0", labels={"app": "x"}))
    await eventually(lambda: told(world) == {"p-0": True})
    (first,) = slices(world)
    world.store.delete(SLICES, "default", first["metadata"]["name"])
    world.store.delete(ENDPOINTS, "default", "s")
    await eventually(lambda: told(world) == {"p-0": True} and in_endpoints(world) == ["p-0"])
    (second,) = slices(world)
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    world.store.delete("services", "default", "s")
    await eventually(lambda: not slices(world) and not world.store.items(ENDPOINTS, "default"))


async def test_a_large_service_has_slices_of_a_hundred(world: World) -> None:
    world.create(service(), "services")
    # Gated pods stay as they are: no scheduler and no kubelet touches them.
    body = running(schedulingGates=[{"name": "g"}])
    del body["spec"]["nodeName"]
    for index in range(205):
        meta = {"name": f"p-{index:03}", "namespace": "default", "labels": {"app": "x"}}
        world.create({**body, "metadata": meta})
    await eventually(lambda: len(told(world)) == 205)
    sizes = sorted(len(each["endpoints"]) for each in slices(world))
    assert sizes == [5, 100, 100]
    version = {
        each["metadata"]["name"]: each["metadata"]["resourceVersion"] for each in slices(world)
    }
    world.store.delete("pods", "default", "p-003", grace_s=0)
    await eventually(lambda: "p-003" not in told(world))
    written = [
        each["metadata"]["name"]
        for each in slices(world)
        if each["metadata"]["resourceVersion"] != version[each["metadata"]["name"]]
    ]
    assert len(written) == 1


async def test_a_service_whose_endpoints_others_write_is_left_alone(world: World) -> None:
    bare = service("bare")
    del bare["spec"]["selector"]
    world.create(bare, "services")
    world.create(service(), "services")
    own = {"metadata": {"name": "bare", "namespace": "default"}, "subsets": []}
    world.store.create(ENDPOINTS, own)
    await eventually(lambda: slices(world))
    assert slices(world, "bare") == []
    assert world.store.get(ENDPOINTS, "default", "bare") is not None
