"""The sandbox's machines: H100 hosts in racks, one TPU slice, CPU nodes and two small GPU nodes."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lwstui.sandbox.clock import rfc3339

KUBELET_VERSION = "v1.36.2"
NODES_PER_RACK = 2
_REGION = "us-central1"
_ZONES = ("us-central1-a", "us-central1-b", "us-central1-c", "us-central1-f")
_GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
# Only a wish: no admission adds the toleration here that TPU pods are given on GKE.
_TPU_TAINT = {"key": "google.com/tpu", "value": "present", "effect": "PreferNoSchedule"}


@dataclass(frozen=True, slots=True)
class Machine:
    """One node to be: where it stands and what it offers."""

    name: str
    index: int
    rack: int
    pool: str
    instance_type: str
    cpu: int
    memory_gi: int
    disk_gi: int
    devices: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, str], ...] = ()


def _gpu_labels(product: str, memory_mib: int, count: int, family: str) -> dict[str, str]:
    return {
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.product": product,
        "nvidia.com/gpu.memory": str(memory_mib),
        "nvidia.com/gpu.count": str(count),
        "nvidia.com/gpu.family": family,
        "nvidia.com/gpu.replicas": "1",
        "nvidia.com/mig.strategy": "single",
    }


def machines(h100_nodes: int, gpus_per_node: int) -> Iterator[Machine]:
    """Return every machine of the sandbox.

    Args:
        h100_nodes: H100 hosts, two to a rack.
        gpus_per_node: Devices in each of them.
    """
    racks = -(-h100_nodes // NODES_PER_RACK)
    gpu = _gpu_labels("NVIDIA-H100-80GB-HBM3", 81559, gpus_per_node, "hopper")
    for index in range(h100_nodes):
        rack = index // NODES_PER_RACK + 1
        yield Machine(
            name=f"h100-{index + 1:02}",
            index=index,
            rack=rack,
            pool=f"h100-rack-{rack}",
            instance_type="a3-highgpu-8g",
            cpu=208,
            memory_gi=1872,
            disk_gi=6144,
            devices={"nvidia.com/gpu": gpus_per_node},
            labels=gpu | {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"},
        )
    others = (
        _tpu_slice(racks + 1),
        _cpu_nodes(racks + 2),
        _small_gpu_nodes(racks + 3),
    )
    for offset, machine in enumerate(machine for pool in others for machine in pool):
        yield replace(machine, index=h100_nodes + offset)


def _tpu_slice(rack: int) -> Iterator[Machine]:
    for index in range(4):
        yield Machine(
            name=f"tpu-v5e-{index + 1}",
            index=0,
            rack=rack,
            pool="tpu-v5e-16",
            instance_type="ct5lp-hightpu-4t",
            cpu=112,
            memory_gi=192,
            disk_gi=512,
            devices={"google.com/tpu": 4},
            labels={
                "cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice",
                "cloud.google.com/gke-tpu-topology": "4x4",
                "cloud.google.com/gke-accelerator-count": "4",
            },
            taints=(_TPU_TAINT,),
        )


def _cpu_nodes(rack: int) -> Iterator[Machine]:
    for index in range(2):
        yield Machine(f"cpu-{index + 1}", 0, rack, "cpu", "n2-standard-32", 32, 128, 512)


def _small_gpu_nodes(rack: int) -> Iterator[Machine]:
    for index in range(2):
        yield Machine(
            name=f"a10g-{index + 1}",
            index=0,
            rack=rack,
            pool="a10g",
            instance_type="g5.4xlarge",
            cpu=16,
            memory_gi=64,
            disk_gi=600,
            devices={"nvidia.com/gpu": 1},
            labels=_gpu_labels("NVIDIA-A10G", 23028, 1, "ampere"),
            taints=(_GPU_TAINT,),
        )


def _labels(machine: Machine) -> dict[str, str]:
    rack = f"rack-{machine.rack}"
    return {
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": machine.instance_type,
        "topology.kubernetes.io/region": _REGION,
        "topology.kubernetes.io/zone": _ZONES[(machine.rack - 1) % len(_ZONES)],
        "topology.kubernetes.io/rack": rack,
        "rack": rack,
        "cloud.google.com/gke-nodepool": machine.pool,
        "google.com/node-pool": machine.pool,
        **machine.labels,
    }


def _conditions(now: str) -> list[dict[str, str]]:
    rows = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "sufficient PID available"),
    )
    conditions = [(kind, value, why, f"kubelet has {text}") for kind, value, why, text in rows]
    conditions.append(("Ready", "True", "KubeletReady", "kubelet is posting ready status"))
    return [
        {
            "type": kind,
            "status": value,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
            "reason": why,
            "message": text,
        }
        for kind, value, why, text in conditions
    ]


def _system_info(name: str) -> dict[str, str]:
    digest = hashlib.sha256(name.encode()).digest()
    return {
        "machineID": digest[:16].hex(),
        "systemUUID": str(uuid.UUID(bytes=digest[:16])),
        "bootID": str(uuid.UUID(bytes=digest[16:])),
        "kernelVersion": "6.12.0-sandbox",
        "osImage": "lwstui sandbox (simulated)",
        "containerRuntimeVersion": "containerd://2.2.0",
        "kubeletVersion": KUBELET_VERSION,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": "amd64",
    }


def _resources(machine: Machine, memory_gi: int) -> dict[str, str]:
    return {
        "cpu": str(machine.cpu),
        "memory": f"{memory_gi}Gi",
        "ephemeral-storage": f"{machine.disk_gi}Gi",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "pods": "110",
        **{name: str(count) for name, count in machine.devices.items() if count},
    }


def node(machine: Machine, now_s: float) -> dict[str, Any]:
    """Return the Node object of a machine, ready since ``now_s`` (epoch seconds)."""
    spec: dict[str, Any] = {
        "podCIDR": f"10.{128 + machine.index // 256}.{machine.index % 256}.0/24",
        "podCIDRs": [f"10.{128 + machine.index // 256}.{machine.index % 256}.0/24"],
        "providerID": f"sandbox://{_REGION}/{machine.name}",
    }
    if machine.taints:
        spec["taints"] = [dict(taint) for taint in machine.taints]
    host = machine.index + 2
    return {
        "metadata": {
            "name": machine.name,
            "labels": _labels(machine),
            "annotations": {"sandbox.lwstui.dev/simulated": "true"},
        },
        "spec": spec,
        "status": {
            "capacity": _resources(machine, machine.memory_gi),
            "allocatable": _resources(machine, machine.memory_gi - max(4, machine.memory_gi // 64)),
            "conditions": _conditions(rfc3339(now_s)),
            "addresses": [
                {"type": "InternalIP", "address": f"10.0.{host // 256}.{host % 256}"},
                {"type": "Hostname", "address": machine.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": _system_info(machine.name),
        },
    }
