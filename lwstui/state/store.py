"""The store: everything the watches brought, one writer, immutable snapshots out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

from controller.api.core import Event, Node
from controller.api.meta import Key
from controller.api.names import DEVICE_KINDS, PODS, Resource
from controller.api.pods import Pod
from lwstui.kube.sync import KindSync
from lwstui.state.activitylog import ActivityLog
from lwstui.state.deathlog import DeathLog
from lwstui.state.devicebook import DeviceBook
from lwstui.state.foreign import Foreign
from lwstui.state.groupmemory import GroupMemory
from lwstui.state.insights import Insights
from lwstui.state.inview import MAPPINGS, VIEWED, homes, in_view
from lwstui.state.manner import Manner
from lwstui.state.model import (
    Activity,
    ClusterState,
    ControllerView,
    Pending,
    Snapshot,
    Underway,
)
from lwstui.state.records import FIELDS, key_of, uid_of
from lwstui.state.setmemory import SetMemory
from lwstui.state.shelves import Shelves
from lwstui.state.telemetry import Telemetry

EVENT_LIMIT: Final = 2000
Place = TypeVar("Place")


class Store:
    """Private dictionaries that only the engine's thread changes, published as snapshots.

    A kind's mapping is copied only if something of that kind changed since the last snapshot;
    ``by_set`` and ``node_pods`` keep their tuples for sets and nodes nothing changed in. A
    record equal to the one held is no change: heartbeats of nodes cost nothing downstream.
    Snapshots show the namespaces in view; more of them may be held, so looking elsewhere is free.
    """

    def __init__(self, cluster: ClusterState | None = None) -> None:
        self._kinds: dict[str, dict[Any, Any]] = {name: {} for name in FIELDS.values()}
        # Pods outside sets, as far as they hold accelerators.
        self._others: dict[Key, Pod] = {}
        self._foreign = Foreign()
        self._waiting: dict[Key, Pod] = {}
        self._devices = DeviceBook(self._renew, lambda: self._changed.add("devices"))
        self._sync: dict[str, KindSync] = {}
        self.past = ActivityLog()
        self._pending: dict[Key, Pending] = {}
        self._underway: dict[Key, Underway] = {}
        self._changed: set[str] = set()
        self._by_set: Shelves[Key] = Shelves("by_set", self._changed)
        self._by_node: Shelves[str] = Shelves("node_pods", self._changed)
        self.memory = SetMemory(self._changed)
        self.groups = GroupMemory(self._changed)
        self.deaths = DeathLog(self._changed)
        self._snapshot = Snapshot(cluster=cluster or ClusterState())
        self.controller = self._snapshot.controller
        self.telemetry, self.insights = self._snapshot.telemetry, self._snapshot.insights
        self._cluster, self._manner = self._snapshot.cluster, self._snapshot.manner

    # What the watches bring.

    def apply(self, resource: Resource, type_: str, record: Any) -> None:
        """Take one watch event.

        Args:
            resource: Kind of the record; kinds the snapshot does not hold are ignored.
            type_: ``ADDED``, ``MODIFIED`` or ``DELETED``.
            record: The struct of ``controller.api`` for the kind.
        """
        if resource in DEVICE_KINDS:
            self._devices.apply(resource, type_, record)
        name = FIELDS.get(resource)
        if name is None:
            return
        if type_ == "DELETED":
            self._remove(name, record)
        else:
            self._put(name, record)

    def page(self, resource: Resource, records: Iterable[Any]) -> None:
        """Take a part of a list that ``replace`` will complete."""
        if resource in DEVICE_KINDS:
            self._devices.page(resource, records)
            return
        for record in records:
            self.apply(resource, "MODIFIED", record)

    def replace(self, resource: Resource, records: Iterable[Any], namespace: str = "") -> None:
        """Take a complete list: what it lacks is gone, except events, which outlive the API's.

        Args:
            resource: Kind of the records.
            records: All of them.
            namespace: The namespace the list is complete for; empty for all.
        """
        if resource in DEVICE_KINDS:
            self._devices.replace(resource, records, namespace)
        name = FIELDS.get(resource)
        if name is None:
            return
        fresh = {key_of(record): record for record in records}
        known: dict[Any, Any] = {}
        if name != "events":
            if name == "pods":
                self._devices.keep(fresh.keys(), namespace)
                if self._foreign.keep(fresh.keys(), namespace):
                    self._changed.add("loads")
            known = {**self._kinds[name], **(self._others if name == "pods" else {})}
            for key in known.keys() - fresh.keys():
                if not namespace or key.namespace == namespace:
                    self._remove(name, known[key])
        self.page(resource, (one for key, one in fresh.items() if known.get(key) is not one))

    def forget(self, resource: Resource) -> None:
        """Drop a kind and its freshness, when its watch has been ended on purpose."""
        if self._sync.pop(resource.plural, None) is not None:
            self._changed.add("sync")

    def synced(self, resource: Resource, sync: KindSync) -> None:
        """Take the freshness of a kind."""
        self._sync[resource.plural] = sync
        self._changed.add("sync")

    # What the engine says.

    def set_cluster(self, cluster: ClusterState) -> None:
        """Take where the console is attached."""
        if cluster == self._cluster:
            return
        if cluster.namespaces != self._cluster.namespaces:
            self._changed |= VIEWED
        self._cluster = cluster
        self._changed.add("cluster")

    @property
    def cluster(self) -> ClusterState:
        """Where the console is attached."""
        return self._cluster

    def set_controller(self, controller: ControllerView) -> None:
        """Take what is known of the acting controller."""
        if controller != self.controller:
            self.controller = controller
            self._changed.add("controller")

    def tell(self, *, telemetry: Telemetry | None = None, insights: Insights | None = None) -> None:
        """Take what was measured, or what the rules say."""
        if telemetry is not None:
            self.telemetry = telemetry
            self._changed.add("telemetry")
        if insights is not None and insights != self.insights:
            self.insights = insights
            self._changed.add("insights")

    def judge_by(self, manner: Manner) -> None:
        """Have everything judged in this manner from now on, by rules and by screens."""
        if manner != self._manner:
            self._manner = manner
            self._changed.add("manner")

    def recalled(self, earlier: Iterable[Activity]) -> None:
        """Take lines of the activity log from before."""
        self.past.remember(earlier)
        self._changed.add("activity")

    def log(self, activity: Activity) -> None:
        """Add one line to the activity log."""
        self.past.add(activity, self._cluster.context)
        self._changed.add("activity")

    def mark(self, key: Key, pending: Pending | None) -> None:
        """Set or clear the mark of an intent that the watch has not confirmed yet."""
        self._note("pending", self._pending, key, pending)

    def follow(self, key: Key, underway: Underway | None) -> None:
        """Set or clear how far an intent is that the watch has confirmed."""
        self._note("underway", self._underway, key, underway)

    def _note(self, name: str, notes: dict[Key, Any], key: Key, value: Any) -> None:
        if notes.get(key) != value:
            self._changed.add(name)
            notes.pop(key, None)
            if value is not None:
                notes[key] = value

    # What others ask.

    def get(self, resource: Resource, key: Any) -> Any:
        """Return the record held under a key (UID for events, name for nodes), or None."""
        return self._kinds[FIELDS[resource]].get(key)

    def held(self, resource: Resource) -> Iterable[Any]:
        """Return all records of a kind as they were read, those too that no snapshot shows."""
        if resource in DEVICE_KINDS:
            return self._devices.held(resource)
        found = (*self._kinds[FIELDS[resource]].values(),)
        strangers = (*self._others.values(), *self._foreign.pods) if resource == PODS else ()
        return map(self._devices.read, (*found, *strangers))

    def members(self, key: Key) -> Iterable[Pod]:
        """Return the pods of a set as they are held now, in no order."""
        return self._by_set.held(key)

    @property
    def natively_owned(self) -> bool:
        """Whether some set's leader belongs to a StatefulSet: a native controller made it."""
        return self.groups.natively_owned

    @property
    def snapshot(self) -> Snapshot:
        """The last one published."""
        return self._snapshot

    @property
    def dirty(self) -> bool:
        """Whether anything changed since the last snapshot."""
        return bool(self._changed)

    def publish(self, now: float) -> Snapshot:
        """Return a snapshot of everything; the previous one if nothing changed."""
        if not self._changed:
            return self._snapshot
        self._settle()
        fields: dict[str, Any] = {
            name: in_view(name, self._source(name), self._cluster.namespaces)
            for name in self._changed & MAPPINGS
        }
        if "sets" in self._changed:
            fields["sets_by_namespace"] = homes(self._kinds["sets"])
        if "activity" in self._changed:
            fields["activity"] = self.past.lines
        if "devices" in self._changed:
            fields["devices"] = self._devices.facts
        if "deaths" in self._changed:
            fields["deaths"] = self.deaths.all
        self._snapshot = replace(
            self._snapshot,
            version=self._snapshot.version + 1,
            taken_at=now,
            cluster=self._cluster,
            controller=self.controller,
            telemetry=self.telemetry,
            insights=self.insights,
            manner=self._manner,
            **fields,
        )
        self._changed.clear()
        return self._snapshot

    def _source(self, name: str) -> dict[Any, Any]:
        own: dict[str, dict[Any, Any]] = {
            "by_set": self._by_set.ordered,
            "node_pods": self._by_node.ordered,
            "history": self.groups.histories,
            "starts": self.memory.starts,
            "kept": self.memory.kept,
            "loads": self._foreign.loads,
            "waiting": self._waiting,
            "sync": self._sync,
            "pending": self._pending,
            "underway": self._underway,
        }
        return own[name] if name in own else self._kinds[name]

    # One record.

    def _put(self, name: str, record: Any) -> None:
        kind, key = self._kinds[name], key_of(record)
        if name == "pods":
            self._put_pod(key, record)
            return
        if name == "nodes":
            record = self._devices.node(record)
        old = kind.get(key)
        if old == record:
            return
        kind[key] = record
        self._changed.add(name)
        if name == "sets":
            self._shrunk(key, record.spec.get("replicas"))
        elif name == "events" and len(kind) > EVENT_LIMIT * 1.1:
            self._drop_old_events(kind)

    def _renew(self, record: Node | Pod) -> None:
        """Count a node or a pod anew."""
        self._put("nodes" if isinstance(record, Node) else "pods", record)

    def _put_pod(self, key: Key, pod: Pod) -> None:
        pod = self._devices.pod(pod)
        if self._foreign.put(key, pod):
            self._changed.add("loads")
        pods: dict[Key, Pod] = self._kinds["pods"]
        old = pods.get(key) or self._others.get(key)
        if old is pod or old == pod:
            return
        self._index(key, old, pod)
        if pod.set_name:
            pods[key] = pod
            self._changed.add("pods")
        elif pod.accelerators:
            self._others[key] = pod

    def _remove(self, name: str, record: Any) -> None:
        if name == "events":
            return  # kept on purpose: the API server forgets them after an hour
        kind, key = self._kinds[name], key_of(record)
        if name == "pods" and self._foreign.drop(key, uid_of(record)):
            self._devices.drop(key)
            self._changed.add("loads")
        old = kind.get(key) or (self._others.get(key) if name == "pods" else None)
        if old is None:
            return
        uid, gone = (uid_of(old), uid_of(record))
        if uid and gone and uid != gone:
            return  # the late end of an earlier incarnation
        if name == "pods":
            self._index(key, old, None)
            self._others.pop(key, None)
            self._devices.drop(key)
        elif name == "nodes":
            self._devices.lose(key)
        if kind.pop(key, None) is not None:
            self._changed.add(name)
        if name == "sets":
            self.groups.forget(key)
            self.memory.forget(key)

    def _index(self, key: Key, old: Pod | None, pod: Pod | None) -> None:
        """Move a pod on the shelves of nodes and of sets, and among those that have no node."""
        if _waits(old) or _waits(pod):
            self._note("waiting", self._waiting, key, pod if _waits(pod) else None)
        _move(self._by_node, key, _node_of(old), _node_of(pod), pod)
        _move(self._by_set, key, _set_of(old), _set_of(pod), pod)
        if pod is not None and pod.set_name:
            self.groups.see(pod)

    def _shrunk(self, key: Key, replicas: Any) -> None:
        """Forget groups that were scaled away: coming back is no recreation."""
        if isinstance(replicas, int):
            self.groups.forget(key, above=replicas)

    def _drop_old_events(self, kind: dict[str, Event]) -> None:
        newest = sorted(kind.values(), key=lambda event: event.last_at)[-EVENT_LIMIT:]
        kind.clear()
        kind.update((event.uid or event.name, event) for event in newest)

    def _settle(self) -> None:
        """Bring what is derived up to date, once per snapshot."""
        self._by_node.settle()
        for key, pods in self._by_set.settle():
            for start in self.groups.settle(key, pods):
                self.memory.note_start(key, start)


def _node_of(pod: Pod | None) -> str | None:
    """Return the node a pod is shown on, None if on none."""
    if pod is None or not _kept(pod):
        return None
    return pod.node or None


def _waits(pod: Pod | None) -> bool:
    """Tell whether a pod has no node and has not ended."""
    return pod is not None and not pod.node and not pod.finished and _kept(pod)


def _kept(pod: Pod) -> bool:
    return bool(pod.set_name or pod.accelerators)


def _set_of(pod: Pod | None) -> Key | None:
    return pod.set_key if pod is not None and pod.set_name else None


def _move(
    shelves: Shelves[Place], key: Key, before: Place | None, now: Place | None, pod: Pod | None
) -> None:
    if before is not None and before != now:
        shelves.drop(before, key)
    if pod is not None and now is not None:
        shelves.put(now, key, pod)
