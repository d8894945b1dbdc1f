"""What pods and nodes use of CPU and memory, as the cluster's metrics API tells it. Pure.

Source: k8s.io/metrics pkg/apis/metrics/v1beta1/types.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import inf
from typing import Final

import msgspec

from controller.api import quantity
from controller.api.meta import Key, parse_time
from controller.api.names import Resource

GROUP: Final = "metrics.k8s.io"
POD_METRICS: Final = Resource(GROUP, "v1beta1", "pods", "PodMetrics")
NODE_METRICS: Final = Resource(GROUP, "v1beta1", "nodes", "NodeMetrics", namespaced=False)

_NANO, _KIB = 1e-9, 1024.0
_POWER: Final = re.compile(r"[eE][+-]?\d+$")
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_SPAN_S: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


class Usage(msgspec.Struct, frozen=True):
    """What something uses.

    Attributes:
        cpu: Cores, None if that is not told.
        memory: Bytes of the working set, None if that is not told.
        at: End of the time it was measured over, epoch seconds.
        window_s: How long that time was.
        parts: The same of each container of a pod, by name.
    """

    cpu: float | None
    memory: float | None
    at: float
    window_s: float = 0.0
    parts: tuple[tuple[str, Usage], ...] = ()

    def part(self, name: str) -> Usage | None:
        """Return what one container uses, None if nothing is known of it."""
        return next((usage for container, usage in self.parts if container == name), None)


class _Amounts(msgspec.Struct, frozen=True):
    cpu: str = ""
    memory: str = ""


class _Container(msgspec.Struct, frozen=True):
    name: str = ""
    usage: _Amounts = _Amounts()


class _Meta(msgspec.Struct, frozen=True):
    name: str = ""
    namespace: str = ""


class _Item(msgspec.Struct, frozen=True):
    metadata: _Meta = _Meta()
    timestamp: str = ""
    window: str = ""
    usage: _Amounts = _Amounts()
    containers: list[_Container] | None = None


class _List(msgspec.Struct, frozen=True):
    items: list[_Item] | None = None


class Unreadable(ValueError):
    """An answer is no list of metrics."""


def read_usage(raw: bytes, received_at: float, skew_s: float = 0.0) -> dict[Key, Usage]:
    """Return what the objects of a list use, by namespace and name; nodes have no namespace.

    Args:
        raw: A ``PodMetricsList`` or ``NodeMetricsList``.
        received_at: Epoch seconds; nothing was measured later.
        skew_s: How far the cluster's clock is ahead of ours.

    Raises:
        Unreadable: If it is not one.
    """
    try:
        items = msgspec.json.decode(raw, type=_List).items or ()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
    return {
        Key(item.metadata.namespace, item.metadata.name): _usage(item, received_at, skew_s)
        for item in items
    }


def _usage(item: _Item, received_at: float, skew_s: float) -> Usage:
    told_at = parse_time(item.timestamp) if item.timestamp else None
    at = received_at if told_at is None else min(received_at, told_at - skew_s)
    window_s = _seconds(item.window)
    if item.containers is None:
        return _amounts(item.usage, at, window_s)
    parts = tuple((one.name, _amounts(one.usage, at, window_s)) for one in item.containers)
    return Usage(
        _sum(usage.cpu for _, usage in parts),
        _sum(usage.memory for _, usage in parts),
        at,
        window_s,
        parts,
    )


def _amounts(amounts: _Amounts, at: float, window_s: float) -> Usage:
    return Usage(_amount(amounts.cpu), _amount(amounts.memory), at, window_s)


def _sum(values: Iterable[float | None]) -> float | None:
    """Return the sum, None if a part of it is missing or there is none."""
    found = [*values]
    known = [value for value in found if value is not None]
    return sum(known) if known and len(known) == len(found) else None


def _amount(text: str) -> float | None:
    """Return an amount in its unit; the two suffixes that a metrics server writes are quick."""
    if text.endswith("n") and text[:-1].isdecimal():
        return int(text[:-1]) * _NANO
    if text.endswith("Ki") and text[:-2].isdecimal():
        return int(text[:-2]) * _KIB
    try:
        # A power of ten is left to float, which is done with it however large it is.
        amount = float(text) if _POWER.search(text) else float(quantity.parse(text))
    except (ValueError, OverflowError):
        return None
    return amount if 0 <= amount < inf else None


def _seconds(text: str) -> float:
    """Return a duration as Go writes it, such as ``1m0.5s``."""
    return sum(float(number) * _SPAN_S[unit] for number, unit in _SPAN.findall(text))
