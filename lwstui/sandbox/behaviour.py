"""Everything that acts on the sandbox's objects besides its clients, and how a cluster begins."""

from importlib import resources
from typing import Protocol

import yaml

from lwstui.sandbox.autoscaler import Autoscaler
from lwstui.sandbox.binder import CLASSES, ClaimBinder, default_class
from lwstui.sandbox.bootstraproles import make_roles
from lwstui.sandbox.claims import ClaimProtector
from lwstui.sandbox.demand import DemandSpreader
from lwstui.sandbox.devicefaults import DeviceFaults
from lwstui.sandbox.disruptions import DisruptionController
from lwstui.sandbox.endpointslices import EndpointControllers
from lwstui.sandbox.evictor import TaintEvictor
from lwstui.sandbox.exporter import ExporterDaemon, install
from lwstui.sandbox.garbage import GarbageCollector
from lwstui.sandbox.kubelet import Kubelet
from lwstui.sandbox.logs import KubeletLogs
from lwstui.sandbox.metrics import KubeletMetrics
from lwstui.sandbox.namespaces import NamespaceController, PodCollector
from lwstui.sandbox.nodehealth import NodeHealth
from lwstui.sandbox.nodeleases import NodeLeases
from lwstui.sandbox.nodes import machines, node
from lwstui.sandbox.objects import Store
from lwstui.sandbox.podmetrics import PodMetrics
from lwstui.sandbox.priorities import CLASSES as PRIORITIES
from lwstui.sandbox.priorities import system_classes
from lwstui.sandbox.processes import KubeletProcesses
from lwstui.sandbox.recorder import Recorder
from lwstui.sandbox.scheduler import Scheduler

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_CRD_KEY = "customresourcedefinitions.apiextensions.k8s.io"


class _Part(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


class Behaviour:
    """Scheduler, kubelets and controllers of a store, with the logs, metrics, processes they give.

    Args:
        store: The cluster's objects.
    """

    def __init__(self, store: Store) -> None:
        recorder = Recorder(store)
        self.kubelet = kubelet = Kubelet(store, recorder)
        self.node_health = NodeHealth(store, recorder, kubelet)
        self.device_faults = DeviceFaults(store, recorder, kubelet)
        self.logs = KubeletLogs(store, kubelet)
        self.metrics = KubeletMetrics(store, kubelet)
        self.processes = KubeletProcesses(store, kubelet)
        self._parts: tuple[_Part, ...] = (
            GarbageCollector(store),
            NamespaceController(store),
            ClaimBinder(store, recorder),
            ClaimProtector(store),
            PodCollector(store, recorder),
            TaintEvictor(store, recorder),
            Scheduler(store, recorder),
            DisruptionController(store, recorder),
            EndpointControllers(store),
            Autoscaler(store, recorder, PodMetrics(self.metrics, self.processes)),
            DemandSpreader(store, kubelet),
            ExporterDaemon(store),
            kubelet,
            NodeLeases(store, self.node_health),
        )

    def start(self) -> None:
        """Begin to act; needs a running loop."""
        for part in self._parts:
            part.start()

    def stop(self) -> None:
        """Stop acting; objects stay as they are."""
        self.node_health.stop()
        for part in reversed(self._parts):
            part.stop()


def populate(store: Store, h100_nodes: int, gpus_per_node: int) -> None:
    """Create what a new cluster has: namespaces, the LeaderWorkerSet definition, machines."""
    for name in _NAMESPACES:
        labels = {"kubernetes.io/metadata.name": name}
        store.create(
            "namespaces",
            {
                "metadata": {"name": name, "labels": labels},
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            },
        )
    definition = resources.files("lwstui.data").joinpath("leaderworkersets.yaml")
    store.create(_CRD_KEY, yaml.safe_load(definition.read_text(encoding="utf-8")))
    for machine in machines(h100_nodes, gpus_per_node):
        store.create("nodes", node(machine, store.clock.now()))
    store.create(CLASSES, default_class())
    for each in system_classes():
        store.create(PRIORITIES, each)
    make_roles(store)
    install(store)
