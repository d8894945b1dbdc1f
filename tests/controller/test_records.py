"""What records keep of objects: owners, versions, and what adoption needs to know."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from controller.api import names
from controller.api.core import decode_claim, decode_node, decode_revision, decode_service
from controller.api.meta import OwnerReference
from controller.api.pods import decode_pod
from controller.api.resources import is_accelerator

SET = {"kind": "LeaderWorkerSet", "name": "a", "uid": "s", "controller": True}
BACKUP = {"kind": "Backup", "name": "b", "uid": "b"}


def raw(**meta: Any) -> bytes:
    base = {"name": "a-0", "namespace": "default", "uid": "u", "resourceVersion": "7"}
    return msgspec.json.encode({"metadata": {**base, **meta}})


@pytest.mark.parametrize("decode", [decode_pod, decode_service, decode_revision])
@pytest.mark.parametrize(
    ("owners", "ownerless", "controller"),
    [(None, True, ""), ([], True, ""), ([BACKUP], False, ""), ([BACKUP, SET], False, "s")],
)
def test_an_object_is_ownerless_only_without_any_owner(
    decode: Any, owners: Any, ownerless: bool, controller: str
) -> None:
    record = decode(raw(ownerReferences=owners))
    assert (record.ownerless, record.owner_uid) == (ownerless, controller)
    assert record.resource_version == "7"


def test_a_claim_keeps_all_its_owners() -> None:
    claim = decode_claim(raw(ownerReferences=[BACKUP, SET]))
    assert claim.owners == (
        OwnerReference("", "Backup", "b", "b"),
        OwnerReference("", "LeaderWorkerSet", "a", "s", True),
    )
    assert (claim.owner_uid, claim.resource_version) == ("s", "7")


def pod(restarts: int, baseline: str | None, phase: str = "Running") -> Any:
    annotations = {} if baseline is None else {names.RESTARTS_BASELINE: baseline}
    statuses = [
        {"name": "main", "restartCount": restarts},
        {"name": "side", "restartCount": 1 if restarts else 0},
    ]
    body = {
        "metadata": {"name": "a-0", "annotations": annotations},
        "spec": {"containers": [{"name": "main"}, {"name": "side"}]},
        "status": {"phase": phase, "containerStatuses": statuses},
    }
    return decode_pod(msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("restarts", "baseline", "phase", "fault"),
    [
        (0, None, "Running", False),
        (1, None, "Running", True),
        (1, None, "Failed", False),
        (1, "2", "Running", False),
        (2, "2", "Running", True),
        (2, "2", "Pending", True),
        (1, "1", "Running", True),
        (1, "many", "Running", True),
        (1, "-5", "Running", True),
    ],
)
def test_restarts_count_from_the_baseline(
    restarts: int, baseline: str | None, phase: str, fault: bool
) -> None:
    assert pod(restarts, baseline, phase).has_restarted is fault


@pytest.mark.parametrize(
    ("ready", "started", "changed", "lost"),
    [
        ("True", 0, 9, False),
        ("False", 0, 0, False),
        ("False", 0, 1, False),
        ("False", 0, 9, True),
        ("False", None, 9, False),
        ("False", 0, None, False),
    ],
)
def test_readiness_is_lost_if_it_changed_after_the_start(
    ready: str, started: int | None, changed: int | None, lost: bool
) -> None:
    condition: dict[str, Any] = {"type": "Ready", "status": ready}
    status: dict[str, Any] = {"phase": "Running", "conditions": [condition]}
    if changed is not None:
        condition["lastTransitionTime"] = f"2026-01-01T00:00:{changed:02}Z"
    if started is not None:
        status["startTime"] = f"2026-01-01T00:00:{started:02}Z"
    made = decode_pod(msgspec.json.encode({"metadata": {"name": "a-0"}, "status": status}))
    assert made.lost_readiness is lost


def test_the_devices_a_pod_was_given_are_read_from_its_status():
    status = {
        "phase": "Running",
        "containerStatuses": [
            {
                "name": "engine",
                "allocatedResourcesStatus": [
                    {
                        "name": "nvidia.com/gpu",
                        "resources": [
                            {"resourceID": "GPU-a::3", "health": "Healthy"},
                            {"resourceID": "GPU-b", "health": "Unhealthy"},
                        ],
                    },
                    {
                        "name": "claim:x/gpu",
                        "resources": [{"resourceID": "gpu.nvidia.com/n/gpu-0"}],
                    },
                    {"name": "example.com/none"},
                ],
            }
        ],
    }
    pod = decode_pod(msgspec.json.encode({"metadata": {"name": "p"}, "status": status}))
    assert pod.devices == ("GPU-a", "GPU-b", "gpu.nvidia.com/n/gpu-0")
    assert pod.sick_devices == ("GPU-b",)
    assert not pod.finished


def test_a_pod_keeps_all_that_it_asks_for():
    limits = {"nvidia.com/gpu": "8", "cpu": "2", "memory": "1Gi", "rdma/hca": 1}
    more = {"ephemeral-storage": "10Gi", "hugepages-1Gi": "2Gi", "nvidia.com/gpumem": "100"}
    spec = {
        "containers": [{"name": "a", "resources": {"limits": limits | more}}],
        "resources": {"requests": {"memory": "3Gi", "nvidia.com/gpu": "1"}},
        "overhead": {"memory": "1Gi"},
    }
    body = {"metadata": {"name": "a"}, "spec": spec, "status": {"nominatedNodeName": "n7"}}
    made = decode_pod(msgspec.json.encode(body))
    assert made.accelerators == (("nvidia.com/gpu", 8),)
    assert (made.cpu_milli, made.memory_bytes) == (2000, 4 << 30)
    assert made.others == (
        ("ephemeral-storage", 10 << 30),
        ("hugepages-1Gi", 2 << 30),
        ("nvidia.com/gpumem", 100),
        ("rdma/hca", 1),
    )
    assert made.nominated == "n7"


def test_equal_requests_are_kept_once():
    spec = {"containers": [{"name": "a", "resources": {"limits": {"rdma/hca": "1"}}}]}
    one, other = (
        decode_pod(msgspec.json.encode({"metadata": {"name": name}, "spec": spec}))
        for name in ("a", "b")
    )
    assert one.others == (("rdma/hca", 1),)
    assert one.others is other.others


def test_a_node_keeps_all_that_it_offers():
    offers = {"cpu": "4", "memory": "1Gi", "pods": "110", "amd.com/cpx_nps4": "8"}
    more = {"ephemeral-storage": "1Gi", "hugepages-2Mi": "0", "rdma/hca": "4"}
    body = {"metadata": {"name": "n"}, "status": {"allocatable": offers | more}}
    made = decode_node(msgspec.json.encode(body))
    assert made.allocatable == (("amd.com/cpx_nps4", 8),)
    assert made.others == (("ephemeral-storage", 1 << 30), ("rdma/hca", 4))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("nvidia.com/gpu", True),
        ("nvidia.com/mig-1g.10gb", True),
        ("amd.com/spx_nps1", True),
        ("huawei.com/Ascend910B2", True),
        ("cambricon.com/vmlu", True),
        ("example.com/npu", True),
        ("aws.amazon.com/neuroncore", True),
        ("nvidia.com/gpumem", False),
        ("nvidia.com/gpumem-percentage", False),
        ("nvidia.com/gpucores", False),
        ("gpu.intel.com/i915_monitoring", False),
        ("huawei.com/npu-core", False),
        ("rdma/hca", False),
        ("gpu", False),
        ("deviceclass.resource.kubernetes.io/gpu.nvidia.com", False),
    ],
)
def test_which_resources_count_devices(name, counts):
    assert is_accelerator(name) is counts
