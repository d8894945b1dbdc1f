"""Services: the ports they have on nodes, and workloads as the server completes them."""

import pytest

from tests.contract.client import Api, Json


def service(type_: str) -> Json:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    return {"metadata": {"name": "s"}, "spec": {"type": type_, "ports": ports}}


@pytest.mark.parametrize("type_", ["NodePort", "LoadBalancer"])
def test_services_outside_have_a_port_on_every_node(api: Api, type_: str) -> None:
    spec = api.create(api.core("services"), service(type_))["spec"]
    given = [port["nodePort"] for port in spec["ports"]]
    assert all(30000 <= port < 32768 for port in given)
    assert given[0] != given[1]
    assert spec["externalTrafficPolicy"] == "Cluster"
    assert spec.get("allocateLoadBalancerNodePorts") is (type_ == "LoadBalancer" or None)


def test_ports_on_nodes_are_of_their_range(api: Api) -> None:
    body = service("NodePort")
    body["spec"]["ports"][1]["nodePort"] = 80
    said = api.refused(422, "POST", api.core("services"), body)
    (cause,) = said["details"]["causes"]
    assert cause["field"] == "spec.ports[1].nodePort"
    assert cause["message"].startswith("Invalid value: 80: provided port is not in the valid range")


def test_ports_on_nodes_come_and_go_with_the_type(api: Api) -> None:
    path = api.core("services", "s")
    made = api.create(api.core("services"), service("ClusterIP"))
    assert "nodePort" not in made["spec"]["ports"][0]
    outside = api.patch(path, {"spec": {"type": "NodePort"}})
    given = [port["nodePort"] for port in outside["spec"]["ports"]]
    again = api.ok("PUT", path, {**service("NodePort"), "metadata": outside["metadata"]})
    assert [port["nodePort"] for port in again["spec"]["ports"]] == given
    inside = api.patch(path, {"spec": {"type": "ClusterIP"}})
    assert "nodePort" not in inside["spec"]["ports"][0]
    assert "externalTrafficPolicy" not in inside["spec"]


def test_an_unannounced_body_is_json(api: Api) -> None:
    body = {"metadata": {"name": "c"}, "data": {"a": "b"}}
    made = api.call("POST", api.core("configmaps"), body, kind="")
    assert (made.code, made.body["data"]) == (201, {"a": "b"})


@pytest.mark.parametrize(
    ("resource", "spec", "filled"),
    [
        ("batch/v1/jobs", {}, {
            "parallelism": 1, "completions": 1, "backoffLimit": 6, "suspend": False,
            "completionMode": "NonIndexed", "podReplacementPolicy": "TerminatingOrFailed",
        }),
        ("batch/v1/jobs", {"parallelism": 3}, {"parallelism": 3, "completions": None}),
        ("apps/v1/statefulsets", {"serviceName": "s"}, {
            "replicas": 1, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "persistentVolumeClaimRetentionPolicy": {
                "whenDeleted": "Retain", "whenScaled": "Retain"},
        }),
        ("apps/v1/daemonsets", {}, {
            "updateStrategy": {
                "type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            "revisionHistoryLimit": 10,
        }),
    ],
)  # fmt: skip
def test_workloads_are_completed(api: Api, resource: str, spec: Json, filled: Json) -> None:
    pod = {"containers": [{"name": "main", "image": "x"}], "restartPolicy": "Always"}
    labels = {"app": "x"}
    if resource.startswith("batch"):
        pod["restartPolicy"] = "Never"
    else:
        spec = {**spec, "selector": {"matchLabels": labels}}
    group, version, plural = resource.split("/")
    path = f"/apis/{group}/{version}/namespaces/{api.space}/{plural}"
    template = {"metadata": {"labels": labels}, "spec": pod}
    made = api.create(path, {"metadata": {"name": "w"}, "spec": {**spec, "template": template}})
    assert {name: made["spec"].get(name) for name in filled} == filled
