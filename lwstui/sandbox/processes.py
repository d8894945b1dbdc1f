"""What runs in a container, as its shell, its network and its devices show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lwstui.sandbox.amounts import milli
from lwstui.sandbox.containers import Container, serving_at
from lwstui.sandbox.devices import device_ids
from lwstui.sandbox.engines.detect import RAY_PORT, RPC_PORT, Kind
from lwstui.sandbox.engines.load import Load, load_now
from lwstui.sandbox.engines.scene import Scene
from lwstui.sandbox.kubelet import Failure, Kubelet
from lwstui.sandbox.logs import scene
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.podrecords import PodRecord, group_of
from lwstui.sandbox.podstatus import KINDS, phase


@dataclass(frozen=True, slots=True)
class HostDevice:
    """A GPU of a node, and who holds it.

    ``owner`` are namespace, pod and container, empty for a free device; ``process`` is what runs
    there, and ``place`` the device's index in that container. ``xid`` is the error that a device
    was lost with, 0 for one that works.
    """

    index: int
    uuid: str
    owner: tuple[str, str, str] | None = None
    process: "Process | None" = None
    place: int = 0
    xid: int = 0


@dataclass(frozen=True, slots=True)
class Process:
    """The running process of a container.

    ``now_s`` counts simulated seconds since its start. ``load`` is how busy the engine is that it
    is, or is a part of; None while that does not serve. ``devices`` are ids by resource, ``host``
    all GPUs of its node if it can see them.
    """

    pod: Json
    spec: Json
    scene: Scene
    now_s: float
    now: float
    serves: bool
    stopping: bool
    devices: Mapping[str, Sequence[str]]
    load: Load | None
    node: Json = field(default_factory=dict)
    host: Sequence[HostDevice] = ()

    @property
    def hangs(self) -> bool:
        """Tell whether the process has stopped to answer."""
        return self.now_s >= self.scene.hang_s

    @property
    def gpus(self) -> Sequence[str]:
        """Return the ids of its NVIDIA devices."""
        return self.devices.get("nvidia.com/gpu", ())

    @property
    def ports(self) -> frozenset[int]:
        """Return the TCP ports it listens on, as its log says."""
        engine, found = self.scene.engine, set()
        booted = self.now_s >= self.scene.stages.boot_s
        if engine.kind in (Kind.PLAIN, Kind.DCGM):
            found |= {port["containerPort"] for port in self.spec.get("ports") or ()}
        elif not engine.is_worker:
            found.add(engine.port)
        found = found if self.serves else set()
        if engine.kind is Kind.VLLM and engine.waits_for_group and booted:
            found.add(RAY_PORT)
        if engine.kind is Kind.LLAMACPP and engine.is_worker and booted:
            found.add(RPC_PORT)
        return frozenset(found)


_Holder = tuple[tuple[str, str, str], Process | None, int]
_GPU = "nvidia.com/gpu"


class KubeletProcesses:
    """The processes of the pods a kubelet plays.

    Args:
        store: Whose clock says what time it is.
        kubelet: Knows the containers' runs.
    """

    def __init__(self, store: Store, kubelet: Kubelet) -> None:
        self._store = store
        self._clock = store.clock
        self._kubelet = kubelet

    def find(self, pod: Json, container: str) -> Process | None:
        """Return the process of a container, None when it does not run."""
        record = self._kubelet.record(pod["metadata"]["uid"])
        state = None if record is None else record.run.container(container)
        if record is None or state is None:
            return None
        return self._process(record, state)

    def listed(self, pod: Json) -> Iterator[Process]:
        """Yield the processes that share a pod's network."""
        record = self._kubelet.record(pod["metadata"]["uid"])
        for state in () if record is None else record.run.containers:
            process = self._process(record, state) if record is not None else None
            if process is not None:
                yield process

    def end(self, pod: Json, container: str, code: int) -> None:
        """End the process of a container with an exit code."""
        reason = "Error" if code else "Completed"
        self._kubelet.fail(pod["metadata"]["uid"], container, Failure(code, reason))

    def severed(self, one: Json, other: Json) -> bool:
        """Tell whether nothing gets between two pods: one is cut off from the rest of its group."""
        cut = self._kubelet.cut_off
        uids = {one["metadata"]["uid"], other["metadata"]["uid"]}
        if uids.isdisjoint(cut) or len(uids) == 1:
            return False
        group = group_of(one)
        return group is not None and group == group_of(other)

    async def ended(self, pod: Json, container: str) -> None:
        """Return when the process that runs in a container now has ended."""
        record = self._kubelet.record(pod["metadata"]["uid"])
        state = None if record is None else record.run.container(container)
        while record is not None and state is not None and state.is_running:
            number = state.restarts
            await record.changed.wait()
            state = record.run.container(container)
            if state is None or state.restarts != number:
                return

    async def gone(self, pod: Json) -> None:
        """Return when a pod runs no more."""
        uid = pod["metadata"]["uid"]
        while (record := self._kubelet.record(uid)) is not None and phase(record.run) == "Running":
            await record.changed.wait()

    def _process(self, record: PodRecord, state: Container) -> Process | None:
        run = state.run
        if not state.is_running or run is None:
            return None
        told = scene(record, state, run)
        now = self._clock.now()
        now_s = record.pod_time(now) - run.started_s
        serves = record.pod_time(now) >= serving_at(state)
        sees_host = told.engine.kind is Kind.DCGM
        node = self._store.get("nodes", "", record.node) or {}
        return Process(
            pod=record.pod,
            spec=_spec(record.pod, state.name),
            scene=told,
            now_s=now_s,
            now=now,
            serves=serves,
            stopping=record.run.stopping,
            devices=record.where.devices.get(state.name) or {},
            load=self._load(record, told, now_s, serves=serves),
            node=node,
            host=tuple(self._host(node)) if sees_host and node else (),
        )

    def _host(self, node: Json) -> Iterator[HostDevice]:
        """Yield the GPUs of a node."""
        name = node["metadata"]["name"]
        count = milli((node["status"].get("capacity") or {}).get(_GPU, "0")) // 1000
        lost = self._kubelet.ledger.lost(name, _GPU)
        held = dict(self._held(name))
        for index, uuid in enumerate(device_ids(name, _GPU, count)):
            owner, process, place = held.get(uuid, (None, None, 0))
            if uuid in lost:
                yield HostDevice(index, uuid, xid=lost[uuid])
            else:
                yield HostDevice(index, uuid, owner, process, place)

    def _held(self, node: str) -> Iterator[tuple[str, _Holder]]:
        """Yield the GPUs of a node that pods hold."""
        for record in self._kubelet.on_node(node):
            for container, resources in record.where.devices.items():
                ids = resources.get(_GPU, ())
                state = record.run.container(container) if ids else None
                process = None if state is None else self._process(record, state)
                for place, uuid in enumerate(ids):
                    yield uuid, ((*record.ref, container), process, place)

    def _load(self, record: PodRecord, told: Scene, now_s: float, *, serves: bool) -> Load | None:
        if told.engine.is_worker:
            return self._leaders_load(record)
        return load_now(told, now_s) if serves else None

    def _leaders_load(self, record: PodRecord) -> Load | None:
        """Return the load of the engine that a worker is a part of."""
        for each in self._kubelet.peers(record):
            for state in each.run.containers:
                run, now = state.run, each.pod_time(self._clock.now())
                if run is None or not state.is_running or now < serving_at(state):
                    continue
                told = scene(each, state, run)
                if told.engine.waits_for_group:
                    return load_now(told, now - run.started_s)
        return None


def _spec(pod: Mapping[str, Any], name: str) -> Json:
    return next(
        spec for kind in KINDS for spec in pod["spec"].get(kind) or () if spec["name"] == name
    )
