"""The columns of kinds in server-side tables, and what their cells say."""

from typing import Any

import pytest

from lwstui.sandbox.tables import builtin_table


def cells(key: str, obj: dict[str, Any]) -> dict[str, Any]:
    """Return the cells of an object without an age, by the names of their columns."""
    table = builtin_table(key)
    body = {"metadata": {"name": "x"}, **obj}
    told = table.cells(body, 0.0)
    assert len(told) == len(table.columns)
    named = dict(zip((column.name for column in table.columns), told, strict=True))
    return {name: value for name, value in named.items() if name not in ("Name", "Age")}


PORTS = [{"port": 80, "protocol": "TCP", "nodePort": 30080}]
ADDRESSES = [{"ip": f"10.0.0.{index}"} for index in range(5)]


@pytest.mark.parametrize(
    ("key", "obj", "told"),
    [
        ("services", {"spec": {"type": "NodePort", "clusterIP": "10.96.0.9", "ports": PORTS}},
         {"Type": "NodePort", "Cluster-IP": "10.96.0.9", "External-IP": "<none>",
          "Port(s)": "80:30080/TCP", "Selector": "<none>"}),
        ("services", {"spec": {"type": "LoadBalancer", "ports": PORTS}},
         {"Type": "LoadBalancer", "Cluster-IP": "<none>", "External-IP": "<pending>",
          "Port(s)": "80:30080/TCP", "Selector": "<none>"}),
        ("endpoints", {}, {"Endpoints": "<none>"}),
        ("endpoints", {"subsets": [{"notReadyAddresses": ADDRESSES}]}, {"Endpoints": ""}),
        ("endpoints", {"subsets": [{"addresses": ADDRESSES[:2], "ports": [{"port": 8080}]}]},
         {"Endpoints": "10.0.0.0:8080,10.0.0.1:8080"}),
        ("endpoints", {"subsets": [{"addresses": ADDRESSES}]},
         {"Endpoints": "10.0.0.0,10.0.0.1,10.0.0.2 + 2 more..."}),
        ("endpointslices.discovery.k8s.io", {"addressType": "IPv4", "endpoints": []},
         {"AddressType": "IPv4", "Ports": "<unset>", "Endpoints": "<unset>"}),
        ("endpointslices.discovery.k8s.io",
         {"addressType": "IPv4", "ports": [{"port": 80}, {}],
          "endpoints": [{"addresses": ["10.0.0.1"]}]},
         {"AddressType": "IPv4", "Ports": "80,*", "Endpoints": "10.0.0.1"}),
        ("ingresses.networking.k8s.io", {"spec": {"defaultBackend": {}}},
         {"Class": "<none>", "Hosts": "*", "Address": "", "Ports": "80"}),
        ("ingresses.networking.k8s.io",
         {"spec": {"ingressClassName": "nginx", "tls": [{}], "rules": [{"host": "a.example"}]},
          "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}},
         {"Class": "nginx", "Hosts": "a.example", "Address": "1.2.3.4", "Ports": "80, 443"}),
        ("ingressclasses.networking.k8s.io",
         {"spec": {"controller": "c/x", "parameters": {"apiGroup": "g", "kind": "K", "name": "n"}}},
         {"Controller": "c/x", "Parameters": "K.g/n"}),
        ("networkpolicies.networking.k8s.io",
         {"spec": {"podSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [
             {"key": "c", "operator": "In", "values": ["y", "x"]},
             {"key": "d", "operator": "DoesNotExist"}]}}},
         {"Pod-Selector": "a=b,c in (x,y),!d"}),
        ("certificatesigningrequests.certificates.k8s.io",
         {"spec": {"signerName": "s", "username": "u", "expirationSeconds": 3600}},
         {"SignerName": "s", "Requestor": "u", "RequestedDuration": "60m", "Condition": "Pending"}),
        ("runtimeclasses.node.k8s.io", {"handler": "runc"}, {"Handler": "runc"}),
        ("apiservices.apiregistration.k8s.io", {"spec": {}},
         {"Service": "Local", "Available": "Unknown"}),
        ("resourceclaims.resource.k8s.io", {}, {"State": "pending"}),
        ("validatingadmissionpolicies.admissionregistration.k8s.io",
         {"spec": {"validations": [{}, {}]}}, {"Validations": 2, "ParamKind": "<unset>"}),
        ("flowschemas.flowcontrol.apiserver.k8s.io", {"spec": {"matchingPrecedence": 7}},
         {"PriorityLevel": "", "MatchingPrecedence": 7, "DistinguisherMethod": "<none>",
          "MissingPL": "?"}),
    ],
)  # fmt: skip
def test_cells(key: str, obj: dict[str, Any], told: dict[str, Any]) -> None:
    assert cells(key, obj) == told
