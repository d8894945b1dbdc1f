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

    def take(
        self, node: str, allocatable: Amounts, uid: str, spec: Mapping[str, Any]
    ) -> tuple[Held, str]:
        """Give a pod's containers the devices they ask for.

        Returns:
            Container name to resource to ids, and an empty text; or nothing and why not, in the
            words of the kubelet's device manager.
        """
        free = self._free(node, allocatable)
        held: Held = {}
        for container in spec.get("containers") or ():
            for resource, amount in container_request(container).items():
                if not is_device(resource):
                    continue
                count, left = amount // 1000, free.get(resource, [])
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

    def _free(self, node: str, allocatable: Amounts) -> dict[str, list[str]]:
        taken = {
            (resource, each)
            for held in self._held.get(node, {}).values()
            for resources in held.values()
            for resource, ids in resources.items()
            for each in ids
        }
        return {
            resource: [
                each
                for each in device_ids(node, resource, amount // 1000)
                if (resource, each) not in taken
            ]
            for resource, amount in allocatable.items()
            if is_device(resource)
        }
