"""Resource requests: accelerators by name, and what a pod asks of a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from sys import intern
from typing import Final

import msgspec

from controller.api import quantity

ACCELERATORS: Final = frozenset(
    {
        "nvidia.com/gpu",
        "nvidia.com/gpu.shared",
        "amd.com/gpu",
        "google.com/tpu",
        "gpu.intel.com/i915",
        "gpu.intel.com/xe",
        "habana.ai/gaudi",
        "aws.amazon.com/neuron",
        "aws.amazon.com/neurondevice",
        "aws.amazon.com/neuroncore",
        "huawei.com/Ascend910",
    }
)
_MIG_PREFIX: Final = "nvidia.com/mig-"


def is_accelerator(resource: str) -> bool:
    """Tell whether an extended resource name counts accelerators or slices of one."""
    return resource in ACCELERATORS or resource.startswith(_MIG_PREFIX)


Accelerators = tuple[tuple[str, int], ...]
"""Sorted (resource name, devices) pairs."""


class WireResources(msgspec.Struct, frozen=True, gc=False):
    """``resources`` of a container."""

    requests: dict[str, str | int | float] | None = None
    limits: dict[str, str | int | float] | None = None


class WireContainer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The fields of a container's spec that we read."""

    name: str = ""
    image: str = ""
    restart_policy: str | None = None
    resources: WireResources | None = None


def devices(quantities: Mapping[str, str | int | float] | None) -> dict[str, int]:
    """Return the accelerator quantities of a resource list, in whole devices."""
    found: dict[str, int] = {}
    for name, value in (quantities or {}).items():
        if is_accelerator(name):
            found[name] = lenient(quantity.whole, value)
    return found


def lenient(read: Callable[[object], int], value: object) -> int:
    """Return a quantity read by ``read``, or 0 if it is malformed."""
    try:
        return read(value)
    except ValueError:
        return 0


def _request(container: WireContainer) -> dict[str, int]:
    """Return one container's requests: limits stand in for absent requests."""
    resources = container.resources
    if resources is None:
        return {}
    merged = {**(resources.limits or {}), **(resources.requests or {})}
    amounts = devices(merged)
    if "cpu" in merged:
        amounts["cpu"] = lenient(quantity.milli, merged["cpu"])
    if "memory" in merged:
        amounts["memory"] = lenient(quantity.whole, merged["memory"])
    return amounts


def _add(total: dict[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: total.get(name, 0) + more.get(name, 0) for name in total.keys() | more.keys()}


def effective_request(
    containers: list[WireContainer] | None,
    init_containers: list[WireContainer] | None,
    overhead: Mapping[str, str | int | float] | None = None,
) -> dict[str, int]:
    """Return what a pod asks of a node: cpu in milli, memory in bytes, devices.

    Regular containers and sidecars add up; an init container needs itself plus the sidecars
    declared before it; the larger of both counts, plus overhead.

    Source: k8s.io/component-helpers resource.PodRequests.
    """
    main: dict[str, int] = {}
    for container in containers or ():
        main = _add(main, _request(container))
    sidecars: dict[str, int] = {}
    peak: dict[str, int] = {}
    for container in init_containers or ():
        need = _add(sidecars, _request(container))
        if container.restart_policy == "Always":
            sidecars = need
        peak = {
            name: max(peak.get(name, 0), need.get(name, 0)) for name in peak.keys() | need.keys()
        }
    main = _add(main, sidecars)
    total = {name: max(main.get(name, 0), peak.get(name, 0)) for name in main.keys() | peak.keys()}
    if overhead:
        extra = _request(WireContainer(resources=WireResources(requests=dict(overhead))))
        total = _add(total, extra)
    return total


def accelerators(amounts: Mapping[str, int]) -> Accelerators:
    """Return the non-zero accelerator amounts of a request, sorted by name."""
    return tuple(sorted((intern(n), v) for n, v in amounts.items() if is_accelerator(n) and v))
