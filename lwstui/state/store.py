"""The store: everything the watches brought, one writer, immutable snapshots out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from controller.api.core import Event
from controller.api.meta import Key
from controller.api.names import (
    Resource,
)
from controller.api.pods import Pod
from lwstui.kube.sync import KindSync
from lwstui.state.activitylog import ActivityLog
from lwstui.state.deathlog import DeathLog
from lwstui.state.foreign import Foreign
from lwstui.state.insights import Insights
from lwstui.state.inview import VIEWED, homes, in_view
from lwstui.state.model import (
    Activity,
    ClusterState,
    ControllerView,
    GroupHistory,
    Pending,
    Snapshot,
    Underway,
)
from lwstui.state.records import FIELDS, key_of, uid_of
from lwstui.state.reduce import group_start, ordered, whole_groups, with_leader
from lwstui.state.setmemory import SetMemory
from lwstui.state.telemetry import Telemetry

EVENT_LIMIT: Final = 2000


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
        self._members: dict[Key, dict[str, Pod]] = {}
        self._tenants: dict[str, dict[Key, Pod]] = {}
        self._leaders: dict[tuple[Key, int], Pod] = {}
        self._history: dict[tuple[Key, int], GroupHistory] = {}
        self._by_set: dict[Key, tuple[Pod, ...]] = {}
        self._node_pods: dict[str, tuple[Pod, ...]] = {}
        self._sync: dict[str, KindSync] = {}
        self.past = ActivityLog()
        self._pending: dict[Key, Pending] = {}
        self._underway: dict[Key, Underway] = {}
        self._changed: set[str] = set()
        self.memory = SetMemory(self._changed)
        self.deaths = DeathLog(self._changed)
        self._dirty_sets: set[Key] = set()
        self._dirty_nodes: set[str] = set()
        self._snapshot = Snapshot(cluster=cluster or ClusterState())
        self._controller = self._snapshot.controller
        self.telemetry, self.insights = self._snapshot.telemetry, self._snapshot.insights
        self._cluster = self._snapshot.cluster

    # What the watches bring.

    def apply(self, resource: Resource, type_: str, record: Any) -> None:
        """Take one watch event.

        Args:
            resource: Kind of the record; kinds the snapshot does not hold are ignored.
            type_: ``ADDED``, ``MODIFIED`` or ``DELETED``.
            record: The struct of ``controller.api`` for the kind.
        """
        name = FIELDS.get(resource)
        if name is None:
            return
        if type_ == "DELETED":
            self._remove(name, record)
        else:
            self._put(name, record)

    def page(self, resource: Resource, records: Iterable[Any]) -> None:
        """Take a part of a list that ``replace`` will complete."""
        for record in records:
            self.apply(resource, "MODIFIED", record)

    def replace(self, resource: Resource, records: Iterable[Any], namespace: str = "") -> None:
        """Take a complete list: what it lacks is gone, except events, which outlive the API's.

        Args:
            resource: Kind of the records.
            records: All of them.
            namespace: The namespace the list is complete for; empty for all.
        """
        name = FIELDS.get(resource)
        if name is None:
            return
        fresh = list(records)
        if name != "events":
            present = {key_of(record) for record in fresh}
            if name == "pods" and self._foreign.keep(present, namespace):
                self._changed.add("loads")
            known = {**self._kinds[name], **(self._others if name == "pods" else {})}
            for key in known.keys() - present:
                if not namespace or key.namespace == namespace:
                    self._remove(name, known[key])
        self.page(resource, fresh)

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
        if controller != self._controller:
            self._controller = controller
            self._changed.add("controller")

    def tell(self, *, telemetry: Telemetry | None = None, insights: Insights | None = None) -> None:
        """Take what was measured, or what the rules say."""
        if telemetry is not None:
            self.telemetry = telemetry
            self._changed.add("telemetry")
        if insights is not None and insights != self.insights:
            self.insights = insights
            self._changed.add("insights")

    def recalled(self, earlier: Iterable[Activity]) -> None:
        """Take lines of the activity log from before."""
        self.past.remember(earlier)
        self._changed.add("activity")

    def log(self, activity: Activity) -> None:
        """Add one line to the activity log."""
        self.past.add(activity, self._cluster.context)
        self._changed.add("activity")

    @property
    def latest(self) -> Snapshot:
        """The last snapshot."""
        return self._snapshot

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

    def members(self, key: Key) -> Iterable[Pod]:
        """Return the pods of a set as they are held now, in no order."""
        return self._members.get(key, {}).values()

    @property
    def natively_owned(self) -> bool:
        """Whether some set's leader belongs to a StatefulSet: a native controller made it."""
        return any(leader.owner_kind == "StatefulSet" for leader in self._leaders.values())

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
        self._settle_sets()
        self._settle_nodes()
        fields: dict[str, Any] = {
            name: in_view(name, self._source(name), self._cluster.namespaces)
            for name in self._changed & _MAPPINGS
        }
        if "sets" in self._changed:
            fields["sets_by_namespace"] = homes(self._kinds["sets"])
        if "activity" in self._changed:
            fields["activity"] = self.past.lines
        if "deaths" in self._changed:
            fields["deaths"] = self.deaths.all
        self._snapshot = replace(
            self._snapshot,
            version=self._snapshot.version + 1,
            taken_at=now,
            cluster=self._cluster,
            controller=self._controller,
            telemetry=self.telemetry,
            insights=self.insights,
            **fields,
        )
        self._changed.clear()
        return self._snapshot

    def _source(self, name: str) -> dict[Any, Any]:
        own: dict[str, dict[Any, Any]] = {
            "by_set": self._by_set,
            "node_pods": self._node_pods,
            "history": self._history,
            "starts": self.memory.starts,
            "kept": self.memory.kept,
            "loads": self._foreign.loads,
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
        old = kind.get(key)
        if old == record:
            return
        kind[key] = record
        self._changed.add(name)
        if name == "sets":
            self._shrunk(key, record.spec.get("replicas"))
        elif name == "events" and len(kind) > EVENT_LIMIT * 1.1:
            self._drop_old_events(kind)

    def _put_pod(self, key: Key, pod: Pod) -> None:
        if self._foreign.put(key, pod):
            self._changed.add("loads")
        pods: dict[Key, Pod] = self._kinds["pods"]
        old = pods.get(key) or self._others.get(key)
        if old is pod or old == pod:
            return
        self._index(old, pod)
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
            self._changed.add("loads")
        old = kind.get(key) or (self._others.get(key) if name == "pods" else None)
        if old is None:
            return
        uid, gone = (uid_of(old), uid_of(record))
        if uid and gone and uid != gone:
            return  # the late end of an earlier incarnation
        if name == "pods":
            self._index(old, None)
            self._others.pop(key, None)
        if kind.pop(key, None) is not None:
            self._changed.add(name)
        if name == "sets":
            self._forget_history(key)
            self.memory.forget(key)

    def _index(self, old: Pod | None, pod: Pod | None) -> None:
        """Move a pod in the indexes by set and by node."""
        if old is not None:
            self._leave(old)
        if pod is None:
            return
        if pod.node and (pod.set_name or pod.accelerators):
            self._tenants.setdefault(pod.node, {})[pod.key] = pod
            self._dirty_nodes.add(pod.node)
            self._changed.add("node_pods")
        if pod.set_name:
            self._members.setdefault(pod.set_key, {})[pod.name] = pod
            self._dirty_sets.add(pod.set_key)
            self._changed.add("by_set")
            if pod.worker == 0 and pod.group >= 0:
                self._see_leader(pod)

    def _leave(self, old: Pod) -> None:
        if self._tenants.get(old.node, {}).pop(old.key, None) is not None:
            self._dirty_nodes.add(old.node)
            self._changed.add("node_pods")
        if self._members.get(old.set_key, {}).pop(old.name, None) is not None:
            self._dirty_sets.add(old.set_key)
            self._changed.add("by_set")

    def _see_leader(self, leader: Pod) -> None:
        slot = (leader.set_key, leader.group)
        known = self._history.get(slot)
        history = with_leader(known, self._leaders.get(slot), leader)
        self._leaders[slot] = leader
        if history is not known:
            self._history[slot] = history
            self._changed.add("history")

    def _shrunk(self, key: Key, replicas: Any) -> None:
        """Forget groups that were scaled away: coming back is no recreation."""
        if isinstance(replicas, int):
            self._forget_history(key, above=replicas)

    def _forget_history(self, key: Key, above: int = 0) -> None:
        """Forget the groups of a set whose index is at or above a number."""
        for slot in [s for s in self._history if s[0] == key and s[1] >= above]:
            del self._history[slot]
            self._leaders.pop(slot, None)
            self._changed.add("history")

    def _drop_old_events(self, kind: dict[str, Event]) -> None:
        newest = sorted(kind.values(), key=lambda event: event.last_at)[-EVENT_LIMIT:]
        kind.clear()
        kind.update((event.uid or event.name, event) for event in newest)

    # Indexes, once per snapshot.

    def _settle_sets(self) -> None:
        for key in self._dirty_sets:
            pods = ordered(self._members.get(key, {}).values())
            if pods:
                self._by_set[key] = pods
            else:
                self._by_set.pop(key, None)
                self._members.pop(key, None)
            for index, members in whole_groups(pods):
                history = self._history.get((key, index))
                if history is not None and not history.ready_once:
                    self._history[key, index] = replace(history, ready_once=True)
                    self._changed.add("history")
                    self.memory.note_start(key, group_start(members))
        self._dirty_sets.clear()

    def _settle_nodes(self) -> None:
        for node in self._dirty_nodes:
            if pods := self._tenants.get(node):
                self._node_pods[node] = ordered(pods.values())
            else:
                self._node_pods.pop(node, None)
                self._tenants.pop(node, None)
        self._dirty_nodes.clear()


_MAPPINGS: Final = frozenset(
    {
        *FIELDS.values(),
        "by_set",
        "node_pods",
        "history",
        "starts",
        "kept",
        "loads",
        "sync",
        "pending",
        "underway",
    }
)
