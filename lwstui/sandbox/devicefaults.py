"""Accelerators that fail: the node offers fewer, and the process that used one dies."""

from dataclasses import dataclass

from lwstui.sandbox.amounts import milli
from lwstui.sandbox.devices import device_ids
from lwstui.sandbox.kubelet import Failure, Kubelet
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.recorder import Recorder

GPU = "nvidia.com/gpu"


@dataclass(frozen=True, slots=True)
class Loss:
    """A device that was lost: its id, and the pod (empty: none) that held it."""

    device: str
    pod: str = ""


def bus_address(index: int) -> str:
    """Return the PCI address of the device with this index in its host."""
    return f"0000:{4 + index:02x}:00"


class DeviceFaults:
    """Takes GPUs off their bus and puts them back.

    Args:
        store: The cluster's objects.
        recorder: Takes the node's events.
        kubelet: Runs the processes, and hands out devices.
    """

    def __init__(self, store: Store, recorder: Recorder, kubelet: Kubelet) -> None:
        self._store = store
        self._recorder = recorder
        self._kubelet = kubelet

    def lose(self, node: str, index: int, xid: int, words: tuple[str, ...]) -> Loss:
        """Have a GPU of a node fall off the bus.

        Args:
            node: Name of the node.
            index: Of the device in its host, from 0.
            xid: NVIDIA's number of the error; 79 is a GPU that has fallen off the bus.
            words: Last lines of the log of the container that used it.

        Raises:
            LookupError: The node does not exist or has no such GPU.
        """
        device = self._device(node, index)
        if not self._kubelet.ledger.lose(node, GPU, device, xid):
            raise LookupError(f"GPU {index} of node {node} is lost already")
        stored = self._count(node, -1)
        self._recorder.component(
            "kernel-monitor",
            stored,
            f"XID{xid}",
            f"NVRM: Xid (PCI:{bus_address(index)}): {xid}, GPU has fallen off the bus.",
            warning=True,
        )
        for uid, container in self._kubelet.ledger.holders(node, GPU, device):
            self._kubelet.fail(uid, container, Failure(1, "Error", words))
            record = self._kubelet.record(uid)
            return Loss(device, "" if record is None else record.ref[1])
        return Loss(device)

    def restore(self, node: str) -> int:
        """Put all lost GPUs of a node back and return how many."""
        count = self._kubelet.ledger.restore(node, GPU)
        if count and self._store.get("nodes", "", node) is not None:
            self._count(node, count)
        return count

    def _device(self, name: str, index: int) -> str:
        node = self._store.get("nodes", "", name)
        if node is None:
            raise LookupError(f"there is no node {name}")
        count = milli(node["status"].get("capacity", {}).get(GPU, "0")) // 1000
        if not 0 <= index < count:
            raise LookupError(f"node {name} has {count} GPUs, none with index {index}")
        return device_ids(name, GPU, count)[index]

    def _count(self, node: str, difference: int) -> Json:
        def change(target: Json) -> None:
            allocatable = target["status"]["allocatable"]
            allocatable[GPU] = str(milli(allocatable[GPU]) // 1000 + difference)

        return self._store.update("nodes", "", node, change, subresource="status")
