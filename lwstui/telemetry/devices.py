"""From samples to devices: one reading per physical device or slice of one.

Source: NVIDIA dcgm-exporter internal/pkg/rendermetrics and transformation; labels of other vendors
as their exporters document them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import msgspec

from controller.api.meta import Key
from lwstui.telemetry.quantities import MEANINGS, Quantity, measured
from lwstui.telemetry.scan import Sample

_UUID: Final = ("UUID", "uuid", "gpu_uuid", "vdie_id")
_INDEX: Final = ("gpu", "gpu_id", "id", "device", "accelerator_id")
_MODEL: Final = ("modelName", "model_name", "model", "card_model")
_SLICE: Final = ("GPU_I_ID", "gpu_partition_id")
_PROFILE: Final = ("GPU_I_PROFILE",)
# Where a scrape does not honour the exporter's labels, its own come under these names.
_POD: Final = ("exported_pod", "pod", "pod_name")
_NAMESPACE: Final = ("exported_namespace", "namespace", "pod_namespace")
_HOST: Final = ("Hostname", "hostname", "node")
_EXPORTERS: Final = ("dcgm-exporter", "metrics-exporter", "npu-exporter")
_SUMMED: Final = frozenset({Quantity.XIDS_COUNTED, Quantity.LINK_ERRORS})
"""Quantities that come in parts, by code or by link."""


class DeviceId(msgspec.Struct, frozen=True, order=True):
    """Which device.

    Attributes:
        node: Node name, empty if unknown.
        uuid: The vendor's identity of the device, or its index where it has none.
        slice: Instance of a partitioned device, empty for a whole one.
    """

    node: str
    uuid: str
    slice: str = ""


class Reading(msgspec.Struct, frozen=True):
    """What was measured of one device at one moment.

    Attributes:
        device: Which one.
        at: Epoch seconds: the sample's own time, else when the answer came.
        index: Its number on the node as the exporter counts, empty if it does not.
        model: Such as ``NVIDIA H100 80GB HBM3``.
        profile: Profile of a slice, such as ``1g.10gb``.
        values: By quantity, in its unit; what is missing was not measured.
        pods: Pods that the exporter says hold it; more than one where it is shared.
    """

    device: DeviceId
    at: float
    index: str = ""
    model: str = ""
    profile: str = ""
    values: Mapping[Quantity, float] = MappingProxyType({})
    pods: tuple[Key, ...] = ()

    def value(self, quantity: Quantity) -> float | None:
        """Return what was measured, None if nothing was."""
        return self.values.get(quantity)

    @property
    def memory_total(self) -> float | None:
        """Bytes of its memory: as told, or the sum of its parts."""
        total = self.value(Quantity.MEMORY_TOTAL)
        if total is not None:
            return total
        used, free = self.value(Quantity.MEMORY_USED), self.value(Quantity.MEMORY_FREE)
        if used is None or free is None:
            return None
        return used + free + (self.value(Quantity.MEMORY_RESERVED) or 0.0)

    @property
    def memory_share(self) -> float | None:
        """Share of its memory that is used, 0 to 1."""
        used, total = self.value(Quantity.MEMORY_USED), self.memory_total
        return min(1.0, used / total) if used is not None and total else None

    @property
    def power(self) -> float | None:
        """Watts it draws."""
        return self.value(Quantity.POWER)

    @property
    def busy(self) -> float | None:
        """Share of the time it worked, by the best measure there is."""
        engine = self.value(Quantity.ENGINE)
        return engine if engine is not None else self.value(Quantity.UTIL)


class _Place:
    """What the labels of a sample say: which device, and who holds it."""

    def __init__(self, sample: Sample, node: str) -> None:
        self.device = _device(sample, node)
        self.pod = _pod(sample)
        self.shared = self.pod is not None and bool(sample.label("vgpu"))


class _Draft:
    """A device while its samples are collected."""

    def __init__(self, first: Sample) -> None:
        self.first = first
        self.values: dict[Quantity, float] = {}
        self.shared: dict[Quantity, float] = {}
        self.pods: dict[Key, None] = {}
        self.at: float | None = None

    def add(self, sample: Sample, place: _Place, quantity: Quantity, value: float) -> None:
        """Take one sample; what is said of the device itself counts more than of a pod on it."""
        if place.pod is not None:
            self.pods[place.pod] = None
        into = self.shared if place.shared else self.values
        if quantity in _SUMMED:
            into[quantity] = into.get(quantity, 0.0) + value
        else:
            into[quantity] = value
        if sample.at is not None:
            self.at = sample.at

    def reading(self, device: DeviceId, received_at: float) -> Reading:
        """Return what was collected."""
        first = self.first
        return Reading(
            device,
            received_at if self.at is None else self.at,
            index=first.label(*_INDEX).removeprefix("nvidia"),
            model=first.label(*_MODEL),
            profile=first.label(*_PROFILE),
            values=MappingProxyType({**self.shared, **self.values}),
            pods=tuple(self.pods),
        )


def readings(samples: Sequence[Sample], received_at: float, node: str = "") -> tuple[Reading, ...]:
    """Return the devices that samples speak of, in order of node, index and slice.

    Args:
        samples: Of one exporter, or of all of them through Prometheus.
        received_at: Epoch seconds.
        node: Node of the exporter that was asked; empty takes the samples' word for it.
    """
    drafts: dict[DeviceId, _Draft] = {}
    by_labels: dict[int, _Place] = {}
    for sample in samples:
        found = measured(sample.name, sample.value)
        if found is None:
            continue
        place = by_labels.get(id(sample.labels))
        if place is None:
            place = by_labels[id(sample.labels)] = _Place(sample, node)
        if place.device is None:
            continue
        draft = drafts.get(place.device)
        if draft is None:
            draft = drafts[place.device] = _Draft(sample)
        draft.add(sample, place, *found)
    made = [draft.reading(device, received_at) for device, draft in drafts.items()]
    return tuple(sorted(made, key=_order))


def named(samples: Sequence[Sample]) -> Mapping[Quantity, str]:
    """Return the metric that tells each quantity; the last one counts, as for readings."""
    found = {}
    for name in dict.fromkeys(sample.name for sample in samples):
        if (meaning := MEANINGS.get(name)) is not None:
            found[meaning.quantity] = name
    return _same(tuple(found.items()))


@lru_cache(256)
def _same(names: tuple[tuple[Quantity, str], ...]) -> Mapping[Quantity, str]:
    """Return one object for all exporters that are alike."""
    return MappingProxyType(dict(names))


def _order(reading: Reading) -> tuple[str, int, str, DeviceId]:
    number = int(reading.index) if reading.index.isdigit() else 1_000_000
    return reading.device.node, number, reading.index, reading.device


def _device(sample: Sample, node: str) -> DeviceId | None:
    uuid = sample.label(*_UUID) or sample.label(*_INDEX)
    host = node or sample.label(*_HOST)
    return DeviceId(host, uuid, sample.label(*_SLICE)) if uuid else None


def _pod(sample: Sample) -> Key | None:
    """Return the pod that holds the device, None where the label names the exporter itself."""
    name = sample.label(*_POD)
    if not name or (not sample.label("exported_pod") and any(x in name for x in _EXPORTERS)):
        return None
    return Key(sample.label(*_NAMESPACE), name)
