"""Values that the server refuses: data, budgets, priorities, and parts of containers."""

from typing import Any

import pytest

from tests.contract.bodies import pod
from tests.contract.client import Api, Json

BUDGETS = "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets"
CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"
MAPS = "/api/v1/namespaces/{ns}/configmaps"
SECRETS = "/api/v1/namespaces/{ns}/secrets"
BIG = "a" * (1 << 20) + "a"
TOO_LONG = "Too long: may not be more than 1048576 bytes"


def budget(**spec: Any) -> Json:
    return {"spec": {"selector": {"matchLabels": {"a": "b"}}, **spec}}


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (MAPS, {"data": {"a": BIG}}, {"[]": TOO_LONG}),
        (SECRETS, {"stringData": {"a": BIG}}, {"data": TOO_LONG}),
        (SECRETS, {"type": "kubernetes.io/tls", "stringData": {"tls.crt": "x"}},
         {"data[tls.key]": "Required value"}),
        (BUDGETS, budget(minAvailable="150%"),
         {"spec.minAvailable": 'Invalid value: "150%": must not be greater than 100%'}),
        (BUDGETS, budget(maxUnavailable=-1),
         {"spec.maxUnavailable": "Invalid value: -1: must be greater than or equal to 0"}),
        (CLASSES, {"value": 2_000_000_000},
         {"value": "Forbidden: maximum allowed value of a user defined priority is 1000000000"}),
    ],
)  # fmt: skip
def test_refused_values(api: Api, path: str, body: Json, told: dict[str, str]) -> None:
    named = {"metadata": {"name": f"{api.space}-x"}, **body}
    said = api.refused(422, "POST", path.replace("{ns}", api.space), named)
    assert {each["field"]: each["message"] for each in said["details"]["causes"]} == told


def test_reserved_names_of_priority_classes(api: Api) -> None:
    body = {"metadata": {"name": "system-x"}, "value": 1}
    said = api.refused(422, "POST", CLASSES, body)
    (cause,) = said["details"]["causes"]
    assert cause["field"] == "metadata.name"
    assert "names with 'system-' prefix are reserved for system use only" in cause["message"]


@pytest.mark.parametrize(
    ("container", "field", "message"),
    [
        ({"ports": [{"containerPort": 1, "name": "a_B"}]}, "ports[0].name",
         'Invalid value: "a_B": must contain only alpha-numeric characters (a-z, 0-9), and hyphens'
         " (-)"),
        ({"ports": [{"containerPort": 1, "name": "a-name-that-is-long"}]}, "ports[0].name",
         'Invalid value: "a-name-that-is-long": must be no more than 15 characters'),
        ({"ports": [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]},
         "ports[1].name", 'Duplicate value: "a"'),
        ({"readinessProbe": {}}, "readinessProbe", "Required value: must specify a handler type"),
        ({"livenessProbe": {"tcpSocket": {"port": 1}, "successThreshold": 2}},
         "livenessProbe.successThreshold", "Invalid value: 2: must be 1"),
        ({"startupProbe": {"tcpSocket": {"port": 1}, "exec": {"command": ["a"]}}},
         "startupProbe.tcpSocket", "Forbidden: may not specify more than 1 handler type"),
        ({"env": [{"name": "A=", "value": "x"}]}, "env[0].name",
         'Invalid value: "A=": a valid environment variable name must consist only of printable'
         " ASCII characters other than '='"),
        ({"env": [{"name": "A", "value": "x",
                   "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
         "env[0].valueFrom",
         'Invalid value: "": may not be specified when `value` is not empty'),
        ({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "nope"}}}]},
         "env[0].valueFrom.fieldRef.fieldPath",
         'Invalid value: "nope": error converting fieldPath: field label not supported: nope'),
    ],
)  # fmt: skip
def test_refused_parts_of_containers(api: Api, container: Json, field: str, message: str) -> None:
    body = pod()
    body["spec"]["containers"][0] |= container
    said = api.refused(422, "POST", api.pods(), body)
    told = [(each["field"], each["message"]) for each in said["details"]["causes"]]
    assert told == [(f"spec.containers[0].{field}", message)]


def test_ports_on_a_nodes_network_are_the_nodes(api: Api) -> None:
    body = pod()
    body["spec"]["hostNetwork"] = True
    body["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 81}]
    said = api.refused(422, "POST", api.pods(), body)
    assert "containers[0].ports[0].containerPort: Invalid value: 80: must match" in said["message"]
