"""Short texts that several screens share: products, accelerator counts, bars, event lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from controller.api.core import Event, Node
from lwstui.capacity.free import Devices
from lwstui.state.manner import Times
from lwstui.view.ages import moment
from lwstui.view.types import Line, Span, Tone

_PRODUCT_LABELS: Final = (
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "gpu.intel.com/product",
    "cloud.google.com/gke-tpu-accelerator",
    "cloud.google.com/gke-accelerator",
)
_FAMILIES: Final = {
    "nvidia.com/gpu": "GPU",
    "nvidia.com/gpu.shared": "slices",
    "amd.com/gpu": "AMD GPU",
    "google.com/tpu": "TPU",
    "gpu.intel.com/i915": "Intel GPU",
    "gpu.intel.com/xe": "Intel GPU",
    "habana.ai/gaudi": "Gaudi",
    "huawei.com/Ascend910": "Ascend",
}
_MAKERS: Final = re.compile(r"^(?:NVIDIA|AMD|Intel|Tesla|Instinct|Radeon)[-_ ]+", re.IGNORECASE)
_MEMORY: Final = re.compile(r"^(\d+)GB$", re.IGNORECASE)
TOPOLOGY_LABELS: Final = (
    "cloud.provider.com/topology-block",
    "cloud.provider.com/topology-rack",
    "topology.kubernetes.io/rack",
    "kubernetes.io/rack",
    "rack",
    "cloud.google.com/gke-nodepool",
    "topology.kubernetes.io/zone",
)


def product(node: Node) -> str:
    """Return a node's accelerator product as ``H100-80G``, empty if no label tells it."""
    text = next((node.labels[k] for k in _PRODUCT_LABELS if node.labels.get(k)), "")
    while match := _MAKERS.match(text):
        text = text[match.end() :]
    words = []
    for word in text.split("-"):
        memory = _MEMORY.match(word)
        words.append(f"{memory[1]}G" if memory else word)
        if memory:
            break
    return "-".join(words)


def family(resource: str) -> str:
    """Return what one unit of an accelerator resource is called."""
    known = _FAMILIES.get(resource)
    return known or resource.rpartition("/")[2]


def devices_text(devices: Devices, name: str = "") -> str:
    """Return ``6/8 H100-80G``: allocated of allocatable."""
    text = f"{devices.allocated}/{devices.allocatable} {name or family(devices.resource)}"
    return f"{text} +{devices.overcommitted} over" if devices.overcommitted else text


def totals_texts(totals: Sequence[Devices]) -> tuple[str, ...]:
    """Return ``GPU 812/832`` per resource, not added across resources, the largest first."""
    found = sorted(totals, key=lambda devices: -devices.allocatable)
    return tuple(f"{family(d.resource)} {d.allocated}/{d.allocatable}" for d in found)


def topology_key(nodes: Iterable[Node], preferred: str = "") -> str:
    """Return the label key nodes are ordered by: the preferred one, or a known one in use."""
    keys = {key for node in nodes for key in node.labels}
    return next((k for k in (preferred, *TOPOLOGY_LABELS) if k and k in keys), "")


def topology_keys(nodes: Iterable[Node], chosen: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the topology keys that nodes have, names last.

    Args:
        nodes: The nodes.
        chosen: The keys to look for, in order; the known ones, closest domains first, if none.
    """
    keys = {key for node in nodes for key in node.labels}
    wanted = dict.fromkeys((*(chosen or TOPOLOGY_LABELS), "kubernetes.io/hostname"))
    return tuple(key for key in wanted if key in keys)


def natural(name: str) -> tuple[str | int, ...]:
    """Return a sort key that puts ``rack-2`` before ``rack-10``: text and numbers in turn."""
    parts = re.split(r"([0-9]+)", name)
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def bar(part: int, whole: int, width: int = 7) -> str:
    """Return a bar of ``width`` cells, filled in proportion and only when complete full."""
    filled = width * part // whole if whole else 0
    return "█" * filled + "░" * (width - filled)


def runs(indexes: Sequence[int]) -> str:
    """Return group indexes as ``3``, ``2-5`` or ``0, 4-6, 9``; long lists end in ``…``."""
    parts = []
    for _, run in groupby(enumerate(sorted(indexes)), key=lambda item: item[1] - item[0]):
        found = [index for _, index in run]
        parts.append(f"{found[0]}-{found[-1]}" if len(found) > 1 else str(found[0]))
    return ", ".join(parts[:4]) + (", …" if len(parts) > 4 else "")


def group_runs(indexes: Sequence[int]) -> str:
    """Return group indexes with their noun: ``group 3``, ``groups 2-5``."""
    return f"group{'' if len(indexes) == 1 else 's'} {runs(indexes)}"


def event_tone(event: Event) -> Tone:
    """Return the tone of an event: warnings stand out."""
    return "warn" if event.type == "Warning" else "dim"


def event_lines(events: Iterable[Event], now: float, times: Times) -> tuple[Line, ...]:
    """Return events as lines one below the other: time, type, reason, object, note.

    Args:
        events: The events.
        now: Epoch seconds.
        times: How moments are written.
    """
    found = [(event, _often(event), _about(event)) for event in events]
    reasons = max((len(reason) for _, reason, _ in found), default=0)
    abouts = max((len(about) for _, _, about in found), default=0)
    return tuple(
        (
            Span(f"{moment(event.last_at, now, times):<8} ", "dim"),
            Span(f"{event.type[:1]} {reason:<{reasons}}  ", event_tone(event)),
            Span(f"{about:<{abouts}}  "),
            Span(event.note),
        )
        for event, reason, about in found
    )


def _often(event: Event) -> str:
    return f"{event.reason} ×{event.count}" if event.count > 1 else event.reason


def _about(event: Event) -> str:
    name, namespace = event.regarding_name, event.namespace
    return f"{namespace}/{name}" if namespace else name
