"""Which pod a device belongs to: by what the pod itself says first, by the exporter's word last.

Only this order survives a device going from one pod to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.telemetry.devices import DeviceId, Reading

How = Literal["device", "label", ""]
"""By the pod's own status, by the exporter's label, or not at all."""


class Owner(msgspec.Struct, frozen=True):
    """Who holds a device.

    Attributes:
        pods: The pods, several where it is shared; empty if nobody does.
        how: What says so.
        lags: The exporter says something else than the pods do.
    """

    pods: tuple[Key, ...] = ()
    how: How = ""
    lags: bool = False


NOBODY = Owner()


def owners(
    found: Iterable[Reading], node_pods: Mapping[str, tuple[Pod, ...]]
) -> dict[DeviceId, Owner]:
    """Return who holds each device.

    Args:
        found: Readings.
        node_pods: Pods bound to each node.
    """
    claimed = {
        (node, device): pod.key
        for node, pods in node_pods.items()
        for pod in pods
        if not pod.finished
        for device in pod.devices
    }
    return {one.device: _owner(one, claimed, node_pods) for one in found}


def _owner(
    reading: Reading,
    claimed: Mapping[tuple[str, str], Key],
    node_pods: Mapping[str, tuple[Pod, ...]],
) -> Owner:
    node, uuid = reading.device.node, reading.device.uuid
    holder = claimed.get((node, uuid))
    told = tuple(key for key in reading.pods if _holds(key, node_pods.get(node, ())))
    if holder is not None:
        return Owner((holder,), "device", lags=bool(told) and holder not in told)
    return Owner(told, "label") if told else NOBODY


def _holds(key: Key, pods: Iterable[Pod]) -> bool:
    return any(pod.key == key and pod.accelerators and not pod.finished for pod in pods)
