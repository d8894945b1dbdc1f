"""Events in both versions of their API, leases, and other small kinds."""

import pytest

from tests.contract.bodies import KINDS, pod
from tests.contract.client import Api, Json

TIME = "2026-11-20T10:00:00Z"
MICRO = "2026-11-20T10:00:00.000001Z"


def core_event(api: Api, name: str = "e", **more: object) -> Json:
    regarding = {"kind": "Pod", "namespace": api.space, "name": "p", "uid": "u"}
    return {
        "metadata": {"name": name},
        "involvedObject": regarding,
        "reason": "Started",
        "message": "Container started",
        "type": "Normal",
        "source": {"component": "kubelet", "host": "n0"},
        "firstTimestamp": TIME,
        "lastTimestamp": TIME,
        "count": 3,
        **more,
    }


def new_event(api: Api, name: str = "e", **more: object) -> Json:
    return {
        "metadata": {"name": name},
        "regarding": {"kind": "Pod", "namespace": api.space, "name": "p"},
        "reason": "Started",
        "action": "Starting",
        "note": "Container started",
        "type": "Normal",
        "eventTime": MICRO,
        "reportingController": "example.com/engine",
        "reportingInstance": "engine-0",
        **more,
    }


def events(api: Api, *rest: str) -> str:
    return api.of("events.k8s.io/v1", "events", *rest)


def test_core_events_seen_through_the_new_api(api: Api) -> None:
    api.create(api.core("events"), core_event(api))
    seen = api.get(events(api, "e"))
    assert seen["apiVersion"] == "events.k8s.io/v1"
    assert seen["regarding"]["name"] == "p"
    assert seen["note"] == "Container started"
    assert seen["deprecatedSource"] == {"component": "kubelet", "host": "n0"}
    assert (seen["deprecatedFirstTimestamp"], seen["deprecatedCount"]) == (TIME, 3)
    assert "message" not in seen
    assert "involvedObject" not in seen


def test_new_events_seen_through_the_core_api(api: Api) -> None:
    api.create(events(api), new_event(api))
    seen = api.get(api.core("events", "e"))
    assert seen["apiVersion"] == "v1"
    assert seen["involvedObject"]["name"] == "p"
    assert seen["message"] == "Container started"
    assert seen["reportingComponent"] == "example.com/engine"
    assert seen["eventTime"] == MICRO


def test_both_are_one_collection(api: Api) -> None:
    api.create(api.core("events"), core_event(api, "e"))
    api.create(events(api), new_event(api, "f"))
    for path in (api.core("events"), events(api)):
        assert api.names(path) == ["e", "f"]
    api.delete(events(api, "e"))
    assert api.names(api.core("events")) == ["f"]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("involvedObject.name=p", ["e"]),
        ("involvedObject.kind=Pod,type=Normal", ["e"]),
        ("reason=Stopped", []),
        ("source=kubelet", ["e"]),
        ("involvedObject.uid=u", ["e"]),
    ],
)
def test_selecting_events(api: Api, selector: str, names: list[str]) -> None:
    api.create(api.core("events"), core_event(api))
    assert api.names(api.core("events"), fieldSelector=selector) == names


def test_series_are_updated(api: Api) -> None:
    api.create(events(api), new_event(api))
    series = {"series": {"count": 2, "lastObservedTime": MICRO}}
    assert api.patch(events(api, "e"), series)["series"]["count"] == 2


@pytest.mark.parametrize(
    "missing", ["eventTime", "reportingController", "reportingInstance", "action", "reason"]
)
def test_what_new_events_need(api: Api, missing: str) -> None:
    body = new_event(api)
    del body[missing]
    said = api.refused(422, "POST", events(api), body)
    assert missing in {each["field"] for each in said["details"]["causes"]}


def test_an_event_lives_beside_its_object(api: Api) -> None:
    body = core_event(api) | {"involvedObject": {"kind": "Pod", "namespace": "x", "name": "p"}}
    said = api.refused(422, "POST", api.core("events"), body)
    assert said["details"]["causes"][0]["field"] == "involvedObject.namespace"
    assert "does not match event.namespace" in said["message"]


LEASE = {"holderIdentity": "one", "leaseDurationSeconds": 15, "renewTime": MICRO}


def leases(api: Api, *rest: str) -> str:
    return api.of("coordination.k8s.io/v1", "leases", *rest)


def test_one_of_two_takes_a_lease(api: Api) -> None:
    made = api.create(leases(api), {"metadata": {"name": "l"}, "spec": LEASE})
    taken = made | {"spec": LEASE | {"holderIdentity": "two"}}
    assert api.ok("PUT", leases(api, "l"), taken)["spec"]["holderIdentity"] == "two"
    other = made | {"spec": LEASE | {"holderIdentity": "three"}}
    assert api.refused(409, "PUT", leases(api, "l"), other)["reason"] == "Conflict"
    assert api.get(leases(api, "l"))["spec"]["holderIdentity"] == "two"


def test_a_lease_is_made_by_an_update(api: Api) -> None:
    answer = api.call("PUT", leases(api, "l"), {"metadata": {"name": "l"}, "spec": LEASE})
    assert answer.code == 201


@pytest.mark.parametrize("plural", ["configmaps", "pods", "deployments", "leaderworkersets"])
def test_other_kinds_are_not(api: Api, plural: str) -> None:
    (kind,) = [each for each in KINDS if each.plural == plural]
    said = api.refused(404, "PUT", f"{kind.collection(api)}/x", kind.new("x"))
    assert said["reason"] == "NotFound"


@pytest.mark.parametrize("seconds", [0, -1])
def test_lease_durations_are_positive(api: Api, seconds: int) -> None:
    body = {"metadata": {"name": "l"}, "spec": LEASE | {"leaseDurationSeconds": seconds}}
    said = api.refused(422, "POST", leases(api), body)
    assert said["details"]["causes"][0]["field"] == "spec.leaseDurationSeconds"


def test_text_of_secrets_is_encoded(api: Api) -> None:
    body = {"metadata": {"name": "s"}, "stringData": {"a": "b"}}
    made = api.create(api.core("secrets"), body)
    assert (made["data"], made["type"]) == ({"a": "Yg=="}, "Opaque")
    assert "stringData" not in made


def test_headless_services(api: Api) -> None:
    spec = {"clusterIP": "None", "selector": {"a": "b"}, "publishNotReadyAddresses": True}
    made = api.create(api.core("services"), {"metadata": {"name": "s"}, "spec": spec})["spec"]
    assert made["clusterIPs"] == ["None"]
    assert made["type"] == "ClusterIP"
    assert made["sessionAffinity"] == "None"
    assert made["internalTrafficPolicy"] == "Cluster"
    assert made["publishNotReadyAddresses"] is True


def test_addresses_of_services(api: Api) -> None:
    spec = {"ports": [{"port": 80}], "selector": {"a": "b"}}
    made = api.create(api.core("services"), {"metadata": {"name": "s"}, "spec": spec})["spec"]
    assert made["clusterIPs"] == [made["clusterIP"]]
    assert made["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    said = api.refused(
        422,
        "PATCH",
        api.core("services", "s"),
        {"spec": {"clusterIP": "10.0.0.200"}},
        kind="application/merge-patch+json",
    )
    assert "spec.clusterIPs[0]" in said["message"]


def test_revisions_are_immutable(api: Api) -> None:
    path = api.of("apps/v1", "controllerrevisions")
    api.create(path, {"metadata": {"name": "r"}, "revision": 1, "data": {"a": 1}})
    assert api.patch(f"{path}/r", {"revision": 2})["revision"] == 2
    said = api.refused(
        422, "PATCH", f"{path}/r", {"data": {"a": 2}}, kind="application/merge-patch+json"
    )
    assert "data" in {each["field"] for each in said["details"]["causes"]}


def test_claims_are_pending_and_protected(api: Api) -> None:
    (kind,) = [each for each in KINDS if each.plural == "persistentvolumeclaims"]
    made = api.create(kind.collection(api), kind.new("x"))
    assert made["status"] == {"phase": "Pending"}
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    assert made["spec"]["volumeMode"] == "Filesystem"


def test_autoscalers_in_both_versions(api: Api) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    spec = {"scaleTargetRef": target, "maxReplicas": 3, "targetCPUUtilizationPercentage": 50}
    old = api.of("autoscaling/v1", "horizontalpodautoscalers")
    api.create(old, {"metadata": {"name": "h"}, "spec": spec})
    seen = api.get(api.of("autoscaling/v2", "horizontalpodautoscalers", "h"))["spec"]
    assert seen["metrics"] == [
        {
            "type": "Resource",
            "resource": {
                "name": "cpu",
                "target": {"type": "Utilization", "averageUtilization": 50},
            },
        }
    ]
    assert api.get(f"{old}/h")["spec"]["targetCPUUtilizationPercentage"] == 50


def test_nodes_are_cordoned_and_tainted(api: Api) -> None:
    name = f"{api.space}-n"
    path = f"/api/v1/nodes/{name}"
    api.create("/api/v1/nodes", {"metadata": {"name": name}})
    api.patch(path, {"spec": {"unschedulable": True}})
    taint = {"key": "a", "value": "b", "effect": "NoSchedule"}
    tainted = api.patch(path, {"spec": {"taints": [taint]}})
    assert tainted["spec"]["unschedulable"] is True
    assert tainted["spec"]["taints"] == [taint]
    assert name in api.names("/api/v1/nodes", fieldSelector="spec.unschedulable=true")
    api.delete(path)


def test_a_pod_may_name_a_node_that_is_not_there(api: Api) -> None:
    assert api.create(api.pods(), pod(nodeName="nowhere"))["spec"]["nodeName"] == "nowhere"
