"""Dynamic resource allocation as its versions spell it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from controller.api.devices import (
    Allotted,
    Device,
    DeviceRequest,
    decode_claim_template,
    decode_device_claim,
    decode_device_class,
    decode_slice,
)
from controller.api.pods import decode_pod


def raw(spec: Any, status: Any = None, **meta: Any) -> bytes:
    body = {"metadata": {"name": "a", "namespace": "prod", "uid": "u", **meta}, "spec": spec}
    return msgspec.json.encode(body | ({"status": status} if status else {}))


FACTS = {
    "attributes": {
        "type": {"string": "gpu"},
        "gpu.nvidia.com/uuid": {"string": "GPU-1"},
        "productName": {"string": "H100"},
        "architecture": {"string": "Hopper"},
        "numa": {"int": 1},
    },
    "consumesCounters": [{"counterSet": "gpu-0", "counters": {}}],
}


@pytest.mark.parametrize("device", [{"name": "gpu-0", **FACTS}, {"name": "gpu-0", "basic": FACTS}])
def test_a_slice_in_either_version(device: Any) -> None:
    found = decode_slice(
        raw(
            {
                "driver": "gpu.nvidia.com",
                "nodeName": "n1",
                "pool": {"name": "n1", "generation": 3, "resourceSliceCount": 2},
                "devices": [device, {"name": "gpu-1", "taints": [{"effect": "NoExecute"}]}],
            }
        )
    )
    assert (found.driver, found.pool, found.generation, found.slices) == (
        "gpu.nvidia.com",
        "n1",
        3,
        2,
    )
    assert found.node == "n1"
    assert found.devices == (
        Device("gpu-0", "", "gpu", "GPU-1", "H100", counters=("gpu-0",)),
        Device("gpu-1", shut=True),
    )


def old(**fields: Any) -> Any:
    return {"name": "r", "deviceClassName": "gpu", **fields}


def new(**fields: Any) -> Any:
    return {"name": "r", "exactly": {"deviceClassName": "gpu", **fields}}


@pytest.mark.parametrize("spelled", [old, new])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, DeviceRequest("r", "gpu", 1)),
        ({"allocationMode": "ExactCount", "count": 4}, DeviceRequest("r", "gpu", 4)),
        ({"allocationMode": "All"}, DeviceRequest("r", "gpu", 0, "all devices of a node")),
        ({"selectors": [{"cel": {"expression": "x"}}]}, DeviceRequest("r", "gpu", 1, "selectors")),
        ({"adminAccess": True}, DeviceRequest("r", "gpu", 1, looks=True)),
        (
            {"capacity": {"requests": {"memory": "1Gi"}}},
            DeviceRequest("r", "gpu", 1, "a part of a device's capacity"),
        ),
    ],
)
def test_a_request_in_either_version(spelled: Any, fields: Any, expected: Any) -> None:
    spec = {"devices": {"requests": [spelled(**fields)]}}
    assert decode_device_claim(raw(spec)).requests == (expected,)
    assert decode_claim_template(raw({"spec": spec})).requests == (expected,)


def test_what_is_more_than_a_class_and_a_number_is_named() -> None:
    first = {"name": "r", "firstAvailable": [{"name": "x", "deviceClassName": "gpu", "count": 2}]}
    found = decode_device_claim(raw({"devices": {"requests": [first]}})).requests
    assert found == (DeviceRequest("r", "gpu", 2, "alternatives"),)
    tied = {"requests": [new()], "constraints": [{"matchAttribute": "x/y"}]}
    found = decode_device_claim(raw({"devices": tied})).requests
    assert found == (DeviceRequest("r", "gpu", 1, "constraints between devices"),)


def test_what_a_claim_was_given() -> None:
    results = [
        {"request": "r", "driver": "d", "pool": "p", "device": "x"},
        {"request": "r", "driver": "d", "pool": "p", "device": "y", "adminAccess": True},
        {"request": "r", "driver": "d", "pool": "p", "device": "z", "shareID": "s"},
    ]
    status = {
        "allocation": {"devices": {"results": results}},
        "reservedFor": [{"resource": "pods", "name": "b", "uid": "b-1"}],
    }
    found = decode_device_claim(raw({}, status))
    assert found.allocated
    assert found.allotted == (
        Allotted("d", "p", "x"),
        Allotted("d", "p", "y", looks=True),
        Allotted("d", "p", "z", share="s"),
    )
    assert found.users == ("b-1",)
    assert not decode_device_claim(raw({})).allocated


def test_a_class() -> None:
    spec = {"selectors": [{"cel": {"expression": "a"}}], "extendedResourceName": "nvidia.com/gpu"}
    found = decode_device_class(raw(spec))
    assert (found.selectors, found.stands_for) == (("a",), "nvidia.com/gpu")


def test_the_claims_of_a_pod_and_what_they_give_in_a_plugin_s_place() -> None:
    limits = {"nvidia.com/gpu": "2", "amd.com/gpu": "1"}
    spec = {
        "containers": [{"name": "main", "resources": {"limits": limits}}],
        "resourceClaims": [
            {"name": "own", "resourceClaimTemplateName": "t"},
            {"name": "shared", "resourceClaimName": "s"},
            {"name": "none", "resourceClaimTemplateName": "t"},
        ],
    }
    status = {
        "resourceClaimStatuses": [
            {"name": "own", "resourceClaimName": "a-own-x"},
            {"name": "none"},
        ],
        "extendedResourceClaimStatus": {
            "resourceClaimName": "a-ext",
            "requestMappings": [
                {"containerName": "main", "resourceName": "nvidia.com/gpu", "requestName": "r"}
            ],
        },
    }
    made = decode_pod(raw(spec, status))
    assert made.claims == ("s", "a-own-x", "a-ext")
    assert made.accelerators == (("amd.com/gpu", 1),)
