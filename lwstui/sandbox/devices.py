"""Accelerators of each node by id, and which pod holds which."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from lwstui.sandbox.amounts import Amounts, container_request

Held = dict[str, dict[str, list[str]]]


def is_device(resource: str) -> bool:
    """Tell whether a resource is handed out as single devices: any extended resource."""
    domain, slash, _ = resource.partition("/")
    return bool(slash) and not domain.endswith("kubernetes.io")


def device_ids(node: str, resource: str, count: int) -> list[str]:
    """Return the ids of a node's devices, the same for the same node at every start."""
    ids = []
    for index in range(count):
        digest = hashlib.sha256(f"{node}/{resource}/{index}".encode()).digest()
        ids.append(f"GPU-{uuid.UUID(bytes=digest[:16])}" if "gpu" in resource else str(index))
    return ids


class Ledger:
    """Who holds which device. Keys are node names and pod uids."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, Held]] = {}
        self._lost: dict[tuple[str, str], dict[str, int]] = {}

    def take(
        self, node: str, allocatable: Amounts, uid: str, spec: Mapping[str, Any]
    ) -> tuple[Held, str]:
        """Give a pod's containers the devices they ask for.

        Returns:
            Container name to resource to ids, and an empty text; or nothing and why not, in the
            words of the kubelet's device manager.
        """
        held: Held = {}
        free: dict[str, list[str]] = {}
        for container in spec.get("containers") or ():
            for resource, amount in container_request(container).items():
                if not is_device(resource):
                    continue
                left = free.get(resource)
                if left is None:
                    left = self._free(node, resource, allocatable.get(resource, 0) // 1000)
                count = amount // 1000
                if count > len(left):
                    why = (
                        f"Allocate failed due to requested number of devices unavailable for "
                        f"{resource}. Requested: {count}, Available: {len(left)}, "
                        "which is unexpected"
                    )
                    return {}, why
                held.setdefault(container["name"], {})[resource] = left[:count]
                free[resource] = left[count:]
        self._held.setdefault(node, {})[uid] = held
        return held, ""

    def release(self, node: str, uid: str) -> None:
        """Take a pod's devices back."""
        self._held.get(node, {}).pop(uid, None)

    def lose(self, node: str, resource: str, device: str, xid: int) -> bool:
        """Stop handing a device out that failed with error ``xid``; False if it is lost already."""
        lost = self._lost.setdefault((node, resource), {})
        known = device in lost
        lost.setdefault(device, xid)
        return not known

    def restore(self, node: str, resource: str) -> int:
        """Hand a node's lost devices out again and return how many there were."""
        return len(self._lost.pop((node, resource), ()))

    def lost(self, node: str, resource: str) -> Mapping[str, int]:
        """Return the devices of a node that are not handed out, with their errors."""
        return self._lost.get((node, resource), {})

    def holders(self, node: str, resource: str, device: str) -> list[tuple[str, str]]:
        """Return the uid of the pod and the name of the container that hold a device, if any."""
        return [
            (uid, container)
            for uid, held in self._held.get(node, {}).items()
            for container, resources in held.items()
            if device in resources.get(resource, ())
        ]

    def _free(self, node: str, resource: str, count: int) -> list[str]:
        """Return the devices of a node that work and no pod holds; ``count`` of all work."""
        lost = self.lost(node, resource)
        taken = {
            each
            for held in self._held.get(node, {}).values()
            for resources in held.values()
            for each in resources.get(resource, ())
        }
        known = device_ids(node, resource, count + len(lost))
        return [each for each in known if each not in taken and each not in lost]
