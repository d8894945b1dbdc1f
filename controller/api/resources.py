"""Resource requests: accelerators by name, and what a pod asks of a node."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
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
_KIND: Final = re.compile("gpu|tpu|npu|xpu|gaudi|neuron|mlu|dcu|gcu|ascend|accelerator")
_AMD_PARTITION: Final = re.compile(r"amd\.com/[a-z]+_nps\d+")
# Shares of a device: its memory, its cores, or access to look at it.
_SHARES: Final = re.compile("(_monitoring|mem|memory|cores?|percentage|millicores|tiles)$")


@lru_cache(1024)
def is_accelerator(resource: str) -> bool:
    """Tell whether an extended resource name counts accelerators or slices of one.

    The names of vendors that are not known are told by their last part, as in
    ``example.com/npu``.
    """
    if resource in ACCELERATORS or resource.startswith(_MIG_PREFIX):
        return True
    domain, slash, last = resource.partition("/")
    if not slash or domain == "kubernetes.io" or domain.endswith(".kubernetes.io"):
        return False
    if _AMD_PARTITION.fullmatch(resource):
        return True
    kind = last.lower()
    return _KIND.search(kind) is not None and _SHARES.search(kind) is None


Accelerators = tuple[tuple[str, int], ...]
"""Sorted (resource name, devices) pairs."""

Amounts = tuple[tuple[str, int], ...]
"""Sorted (resource name, amount) pairs of what is neither cpu, memory, pods nor a device."""

_APART: Final = ("cpu", "memory", "pods")
_POD_LEVEL: Final = ("cpu", "memory")


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
    return {
        name: lenient(quantity.milli if name == "cpu" else quantity.whole, value)
        for name, value in merged.items()
    }


def _add(total: dict[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: total.get(name, 0) + more.get(name, 0) for name in total.keys() | more.keys()}


def effective_request(
    containers: list[WireContainer] | None,
    init_containers: list[WireContainer] | None,
    overhead: Mapping[str, str | int | float] | None = None,
    whole: WireResources | None = None,
) -> dict[str, int]:
    """Return what a pod asks of a node: cpu in milli, all else in its unit.

    Regular containers and sidecars add up; an init container needs itself plus the sidecars
    declared before it; the larger of both counts. What is asked for the pod as a whole stands
    in for cpu, memory and huge pages of its containers. Overhead comes on top.

    Source: k8s.io/component-helpers resource.PodRequests.
    """
    main: dict[str, int] = {}
    for container in containers or ():
        main = _add(main, _request(container)) if main else _request(container)
    total = _with_inits(main, init_containers) if init_containers else main
    if whole is not None:
        total |= {n: v for n, v in _request(WireContainer(resources=whole)).items() if _shared(n)}
    if overhead:
        extra = _request(WireContainer(resources=WireResources(requests=dict(overhead))))
        total = _add(total, extra)
    return total


def _with_inits(main: Mapping[str, int], init_containers: list[WireContainer]) -> dict[str, int]:
    """Return what containers ask together with those before and beside them."""
    sidecars: dict[str, int] = {}
    peak: dict[str, int] = {}
    for container in init_containers or ():
        need = _add(sidecars, _request(container))
        if container.restart_policy == "Always":
            sidecars = need
        peak = {
            name: max(peak.get(name, 0), need.get(name, 0)) for name in peak.keys() | need.keys()
        }
    main = _add(dict(main), sidecars)
    return {name: max(main.get(name, 0), peak.get(name, 0)) for name in main.keys() | peak.keys()}


def _shared(name: str) -> bool:
    """Tell whether the containers of a pod may share what is asked for the pod as a whole."""
    return name in _POD_LEVEL or name.startswith("hugepages-")


def others(amounts: Mapping[str, int]) -> Amounts:
    """Return the non-zero amounts of what is neither cpu, memory, pods nor a device, by name."""
    return _told_apart(tuple(amounts.items()))[1]


def offered(quantities: Mapping[str, str | int | float]) -> Amounts:
    """Return the same of a resource list."""
    return others({n: lenient(quantity.whole, v) for n, v in quantities.items()})


@lru_cache(4096)
def _told_apart(amounts: Amounts) -> tuple[Accelerators, Amounts]:
    """Return devices, and the rest; the pods of a cluster ask for few different amounts."""
    found = sorted((intern(name), amount) for name, amount in amounts if amount)
    return (
        _one(tuple(pair for pair in found if is_accelerator(pair[0]))),
        _one(tuple(p for p in found if p[0] not in _APART and not is_accelerator(p[0]))),
    )


@lru_cache(4096)
def _one(amounts: Amounts) -> Amounts:
    """Return one object for equal amounts."""
    return amounts


def accelerators(amounts: Mapping[str, int]) -> Accelerators:
    """Return the non-zero accelerator amounts of a request, sorted by name."""
    return _told_apart(tuple(amounts.items()))[0]
