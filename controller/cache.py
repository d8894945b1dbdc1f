"""What the watches brought, indexed the way planning asks for it.

One writer, the engine's loop. Nothing here reads a clock: callers pass the time in. Records are
the frozen structs of ``controller.api``; a set's part of the cache is handed out as ``Observed``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from controller.api import names
from controller.api.core import Claim, Node, Revision, Service
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.names import (
    CLAIMS,
    LEADERWORKERSETS,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
    Resource,
)
from controller.api.pods import Pod
from controller.expectations import Expectations, version_number
from controller.index import Children, describe_owner, key_of, same_place
from controller.plan.observed import Lost, Observed

REQUIRED: Final = (LEADERWORKERSETS, PODS, SERVICES, REVISIONS)


def _identity(record: Any) -> Key | str:
    if isinstance(record, Node):
        return record.name
    return record.key if isinstance(record, LeaderWorkerSet) else key_of(record)


def _version(record: Any) -> str:
    if isinstance(record, LeaderWorkerSet):
        return record.metadata.resource_version
    version: str = record.resource_version
    return version


class Cache:
    """Sets, pods, services, revisions, claims and node labels, as last seen.

    Attributes:
        expectations: Our own writes that the watches have not shown yet.
        on_affected: Called with the key of each known set that a change may concern.
        on_synced: Called when a kind has been listed completely for the first time.
    """

    def __init__(
        self, on_affected: Callable[[Key], None], on_synced: Callable[[], None] = lambda: None
    ) -> None:
        self.on_affected = on_affected
        self.on_synced = on_synced
        self.expectations = Expectations()
        self._sets: dict[Key, LeaderWorkerSet] = {}
        self._nodes: dict[str, Node] = {}
        self._pods = Children[Pod](PODS, ordinals=range(1, 3))
        self._services = Children[Service](SERVICES, ordinals=range(2))
        self._revisions = Children[Revision](REVISIONS)
        self._claims = Children[Claim](CLAIMS)
        self._children: dict[Resource, Children[Any]] = {
            children.resource: children
            for children in (self._pods, self._services, self._revisions, self._claims)
        }
        # Set key -> pods and services of others under names the set may want.
        self._strangers: dict[Key, dict[tuple[str, Key], Pod | Service]] = {}
        # Node name -> leaders with an exclusive topology that run there.
        self._placed: dict[str, dict[Key, None]] = {}
        # Leader UID -> names of its workers that vanished.
        self._lost: dict[str, dict[str, None]] = {}
        self._synced: set[Resource] = set()

    # Feeding

    def apply(self, resource: Resource, type_: str, record: Any) -> None:
        """Take one watch event.

        Args:
            resource: Kind of the record.
            type_: ``ADDED``, ``MODIFIED`` or ``DELETED``.
            record: The struct of ``controller.api`` for that kind; for ``DELETED`` the last
                known or last sent one.
        """
        children = self._children.get(resource)
        if children is not None:
            self._apply_child(children, record, gone=type_ == "DELETED")
        elif resource == NODES:
            self._apply_node(record, gone=type_ == "DELETED")
        else:
            self._apply_set(record, gone=type_ == "DELETED")

    def page(self, resource: Resource, records: Iterable[Any]) -> None:
        """Take a part of a list that ``replace`` will complete."""
        for record in records:
            self.apply(resource, "MODIFIED", record)

    def replace(self, resource: Resource, records: Iterable[Any]) -> None:
        """Take a complete list: what it lacks is gone. The kind counts as synced from now on."""
        present = {_identity(record): record for record in records}
        known = self._known(resource)
        for gone in [old for key, old in known.items() if key not in present]:
            self.apply(resource, "DELETED", gone)
        # What came with a page is here already.
        self.page(resource, [one for key, one in present.items() if known.get(key) is not one])
        if resource not in self._synced:
            self._synced.add(resource)
            self.on_synced()
            self._notify(self._sets)

    def distrust(self) -> None:
        """Count the required kinds as not listed; what is known stays, to find what has gone."""
        self._synced.difference_update(REQUIRED)

    # Asking

    def synced(self, resource: Resource) -> bool:
        """Tell whether a kind has been listed completely at least once."""
        return resource in self._synced

    @property
    def unsynced(self) -> tuple[Resource, ...]:
        """Kinds that planning needs and that have not been listed yet."""
        return tuple(resource for resource in REQUIRED if resource not in self._synced)

    def set_keys(self) -> tuple[Key, ...]:
        """Return the keys of all sets."""
        return tuple(self._sets)

    def get(self, key: Key) -> LeaderWorkerSet | None:
        """Return a set, or None."""
        return self._sets.get(key)

    def observe(self, key: Key) -> Observed | None:
        """Return everything known about a set, or None if it is not known.

        The cost grows with the set's own pods, not with the cache.
        """
        lws = self._sets.get(key)
        if lws is None:
            return None
        pods = self._pods.of(key)
        leaders = [pod for pod in pods if pod.worker == 0]
        return Observed(
            lws=lws,
            pods=pods,
            services=self._services.of(key) + self._foreign_services(key),
            revisions=self._revisions.of(key),
            claims=self._claims.of(key),
            claims_listed=self.synced(CLAIMS),
            node_labels={
                leader.node: self._nodes[leader.node].labels
                for leader in leaders
                if leader.topology and leader.node in self._nodes
            },
            lost=tuple(
                Lost(leader.uid, name)
                for leader in leaders
                if not leader.terminating
                for name in self._lost.get(leader.uid, ())
            ),
            taken=dict(self._taken(lws, pods)),
        )

    def knows(self, resource: Resource, key: Key) -> bool:
        """Tell whether an object of this kind and name has been seen and is not gone."""
        return key in self._known(resource)

    def expect_written(
        self, key: Key, resource: Resource, name: str, resource_version: str, now: float
    ) -> None:
        """Expect to see a set or a child of it at the version the server answered to a write."""
        record = self._known(resource).get(Key(key.namespace, name))
        version = version_number(resource_version)
        if record is not None and version > version_number(_version(record)):
            self.expectations.written(key, resource, name, version, now)

    def expect_deleted(self, key: Key, resource: Resource, name: str, uid: str, now: float) -> None:
        """Expect to see a child gone or terminating, unless it already was seen so."""
        record = self._children[resource].by_key.get(Key(key.namespace, name))
        if record is not None and record.uid == uid and record.deleted_at is None:
            self.expectations.deleted(key, resource, uid, now)

    # One kind each

    def _apply_set(self, lws: LeaderWorkerSet, *, gone: bool) -> None:
        key, meta = lws.key, lws.metadata
        old = self._sets.get(key)
        if gone:
            self._sets.pop(key, None)
        else:
            self._sets[key] = lws
        if gone or (old is not None and old.metadata.uid != meta.uid):
            self.expectations.clear(key)
        self.expectations.saw(
            LEADERWORKERSETS, key, meta.uid, ending=gone, version=meta.resource_version
        )
        self.on_affected(key)

    def _apply_node(self, node: Node, *, gone: bool) -> None:
        before = self._nodes.pop(node.name, None)
        if not gone:
            self._nodes[node.name] = node
        if gone or before is None or before.labels != node.labels:
            placed = self._placed.get(node.name, ())
            self._notify(self._pods.by_key[key].set_key for key in placed)

    def _apply_child(self, children: Children[Any], record: Any, *, gone: bool) -> None:
        key = key_of(record)
        old = children.by_key.get(key)
        if old is not None and gone and old.uid != record.uid:
            return  # the late end of an earlier incarnation
        affected = children.concerned(key, record)
        same = same_place(old, record)
        if old is not None and (gone or not same):
            affected |= children.concerned(key, old)
            self._remove(children, key, old, ended=gone or old.uid != record.uid)
        if not gone:
            self._store(children, key, record, known=same)
        ending = gone or record.deleted_at is not None
        met = self.expectations.saw(
            children.resource, key, record.uid, ending=ending, version=record.resource_version
        )
        if met is not None:
            affected.add(met)
        self._notify(affected)

    def _store(self, children: Children[Any], key: Key, record: Any, *, known: bool) -> None:
        children.put(key, record)
        for claimant in children.claimants(key):
            if claimant.name != record.set_name:
                strangers = self._strangers.setdefault(claimant, {})
                strangers[children.resource.plural, key] = record
        if children is self._pods:
            if not known:
                self._lost.get(record.owner_uid, {}).pop(record.name, None)
            if record.worker == 0 and record.topology and record.node:
                self._placed.setdefault(record.node, {})[key] = None

    def _remove(self, children: Children[Any], key: Key, old: Any, *, ended: bool) -> None:
        children.drop(key)
        for claimant in children.claimants(key):
            strangers = self._strangers.get(claimant, {})
            strangers.pop((children.resource.plural, key), None)
            if not strangers:
                self._strangers.pop(claimant, None)
        if children is self._pods:
            self._placed.get(old.node, {}).pop(key, None)
        if not ended:
            return
        self.expectations.saw(children.resource, key, old.uid, ending=True)
        if children is self._pods:
            self._lost.pop(old.uid, None)
            self._note_loss(old)

    def _note_loss(self, pod: Pod) -> None:
        # Whether it was seen terminating does not matter: that may have been too short for a
        # pass to take place, and a recreation that is backing off must not forget its reason.
        # A new worker under the name ends it.
        leader = self._pods.by_key.get(Key(pod.namespace, pod.owner_name))
        if leader is not None and leader.uid == pod.owner_uid and pod.worker > 0:
            self._lost.setdefault(leader.uid, {})[pod.name] = None

    def _notify(self, keys: Iterable[Key]) -> None:
        for key in set(keys):
            if key in self._sets:
                self.on_affected(key)

    # Names the set would use

    def _taken(self, lws: LeaderWorkerSet, pods: tuple[Pod, ...]) -> Iterator[tuple[str, str]]:
        uid = lws.metadata.uid
        for pod in pods:
            parent, _ = names.split_ordinal(pod.name)
            ours = pod.owner_kind == PODS.kind and pod.owner_name == parent and pod.worker > 0
            if not ours and pod.owner_uid != uid:
                yield f"{PODS.plural}/{pod.name}", describe_owner(pod)
        for service in self._services.of(lws.key):
            if service.owner_uid != uid and service.owner_kind != PODS.kind:
                yield f"{SERVICES.plural}/{service.name}", describe_owner(service)
        for (plural, key), record in self._strangers.get(lws.key, {}).items():
            yield f"{plural}/{key.name}", describe_owner(record)

    def _foreign_services(self, key: Key) -> tuple[Service, ...]:
        """Return the Services of others under names the set would use: they may serve it."""
        strangers = self._strangers.get(key, {}).values()
        return tuple(record for record in strangers if isinstance(record, Service))

    def _known(self, resource: Resource) -> Mapping[Any, Any]:
        if resource == NODES:
            return self._nodes
        if resource == LEADERWORKERSETS:
            return self._sets
        return self._children[resource].by_key
