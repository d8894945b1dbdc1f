"""The objects around one set in memory, and what users, nodes and the garbage collector do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from controller.api import names
from controller.api.core import Claim, Revision, Service
from controller.api.lws import LeaderWorkerSet, LwsStatus
from controller.api.meta import format_time
from controller.api.pods import Pod
from controller.plan.observed import Lost

START = 1_700_000_000.0


@dataclass
class Objects:
    """The objects around one set.

    Attributes:
        bodies: Pod bodies as they were created, by name of the living pods.
        conditions: Sets of True conditions the status went through.
    """

    lws: LeaderWorkerSet
    now: float = START
    pods: dict[str, Pod] = field(default_factory=dict)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    service_bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    revisions: dict[str, Revision] = field(default_factory=dict)
    revision_bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    claim_bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    node_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    nodes: tuple[str, ...] = ("node-0",)
    lost: list[Lost] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)
    conditions: set[frozenset[str]] = field(default_factory=set)
    claims_listed: bool = True
    _uids: int = 0

    # Storage.

    def children_of(self, resource: names.Resource) -> dict[str, Any]:
        return {
            names.PODS: self.pods,
            names.SERVICES: self.services,
            names.REVISIONS: self.revisions,
        }[resource]

    def living(self) -> set[str]:
        return {self.lws.metadata.uid, *(p.uid for p in self.pods.values() if not p.terminating)}

    def _stored(self, body: Mapping[str, Any]) -> bytes:
        metadata = {
            **body["metadata"],
            "uid": self._uid(),
            "resourceVersion": self._uid(),
            "creationTimestamp": format_time(self.now),
        }
        return msgspec.json.encode({**body, "metadata": metadata})

    def _uid(self) -> str:
        self._uids += 1
        return f"uid-{self._uids}"

    def _replace_meta(self, **more: Any) -> None:
        meta = msgspec.structs.replace(self.lws.metadata, **more)
        self.lws = msgspec.structs.replace(self.lws, metadata=meta)

    def _write_status(self, status: LwsStatus) -> None:
        self.lws = msgspec.structs.replace(self.lws, status=status)
        self.conditions.add(frozenset(c.type for c in status.conditions if c.status == "True"))

    # What users do.

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the spec in place of a copy and raise the generation."""
        spec = json.loads(json.dumps(self.lws.spec))
        change(spec)
        if spec != self.lws.spec:
            self.lws = msgspec.structs.replace(self.lws, spec=spec)
            self._replace_meta(generation=self.lws.metadata.generation + 1)

    def set_image(self, image: str) -> None:
        def change(spec: dict[str, Any]) -> None:
            group = spec["leaderWorkerTemplate"]
            group["workerTemplate"]["spec"]["containers"][0]["image"] = image

        self.edit(change)

    def scale(self, replicas: int) -> None:
        self.edit(lambda spec: spec.update(replicas=replicas))

    def delete(self, name: str, *, foreground: bool = False) -> None:
        """Delete a pod as a user or controller does."""
        pod = self.pods[name]
        if not pod.terminating:
            self.change(name, deleted_at=self.now, foreground=foreground, ready=False)
            if foreground:
                for worker in self.dependents(pod.uid):
                    self.delete(worker.name)

    def orphan(self, resource: names.Resource, name: str) -> None:
        """Leave an object without any owner, as the deletion of its owner can."""
        children = self.children_of(resource)
        fields: dict[str, Any] = {
            "ownerless": True,
            "owner_uid": "",
            "resource_version": self._uid(),
        }
        if resource != names.REVISIONS:
            fields["owner_kind"] = ""
        if resource == names.PODS:
            fields["owner_name"] = ""
        children[name] = msgspec.structs.replace(children[name], **fields)

    def delete_set(self, *, orphan: bool = False) -> None:
        """Delete the set; its children go too, or lose their owner and stay."""
        uid = self.lws.metadata.uid
        for resource in (names.PODS, names.SERVICES, names.REVISIONS):
            for child in list(self.children_of(resource).values()):
                if child.owner_uid != uid:
                    continue
                if orphan:
                    self.orphan(resource, child.name)
                elif resource == names.PODS:
                    self.delete(child.name)
                else:
                    del self.children_of(resource)[child.name]
        self._disown_claims(uid, collect=not orphan)

    def create_set(self, lws: LeaderWorkerSet, uid: str) -> None:
        """Make a set under the name of one that is gone."""
        self.lws = lws
        self._replace_meta(uid=uid)

    # What nodes do.

    def change(self, name: str, **fields: Any) -> None:
        self.pods[name] = msgspec.structs.replace(self.pods[name], **fields)

    def schedule(self, name: str, node: str | None = None) -> None:
        position = sum(map(ord, name)) % len(self.nodes)
        self.change(name, node=node or self.nodes[position], scheduled=True)

    def run(self, name: str) -> None:
        """Schedule a pod, run it and make it ready."""
        if not self.pods[name].scheduled:
            self.schedule(name)
        started = self.pods[name].started_at or self.pods[name].created_at
        self.change(
            name, phase="Running", ready=True, ready_changed_at=self.now, started_at=started
        )

    def unready(self, name: str) -> None:
        self.change(name, ready=False, ready_changed_at=self.now)

    def restart_container(self, name: str) -> None:
        pod = self.pods[name]
        first, *rest = pod.containers
        first = msgspec.structs.replace(first, restarts=first.restarts + 1)
        self.change(name, containers=(first, *rest))

    def vanish(self, name: str) -> None:
        """Remove a pod as a force delete does: no deletionTimestamp is ever seen."""
        pod = self.pods.pop(name)
        self.bodies.pop(name)
        if pod.worker:
            self.lost.append(Lost(pod.owner_uid, name))
        self._collect(pod.uid)

    def dependents(self, uid: str) -> list[Pod]:
        return [pod for pod in self.pods.values() if pod.owner_uid == uid]

    def reap(self, name: str) -> bool:
        """Let a terminating pod go, unless it waits for dependents; collect what it owned."""
        pod = self.pods[name]
        if not pod.terminating or (pod.foreground and self.dependents(pod.uid)):
            return False
        del self.pods[name], self.bodies[name]
        self._collect(pod.uid)
        return True

    def _collect(self, uid: str) -> None:
        """Do what the garbage collector does for dependents of an owner that is gone."""
        for worker in self.dependents(uid):
            self.delete(worker.name)
        for service in [s for s in self.services.values() if s.owner_uid == uid]:
            del self.services[service.name]
        self.lost = [entry for entry in self.lost if entry.leader_uid != uid]
        self._disown_claims(uid, collect=True)

    def _disown_claims(self, uid: str, *, collect: bool) -> None:
        """Take an owner from its claims; those left without one are deleted, or stay orphaned."""
        for claim in [c for c in self.claims.values() if uid in {o.uid for o in c.owners}]:
            owners = tuple(owner for owner in claim.owners if owner.uid != uid)
            self.claims[claim.name] = msgspec.structs.replace(
                claim,
                owners=owners,
                owner_uid="",
                deleted_at=claim.deleted_at or (self.now if collect and not owners else None),
                resource_version=self._uid(),
            )

    def reap_claims(self) -> None:
        """Let claims go that are being deleted and that no pod uses."""
        used = {
            volume["persistentVolumeClaim"]["claimName"]
            for body in self.bodies.values()
            for volume in body["spec"].get("volumes", ())
            if "persistentVolumeClaim" in volume
        }
        for claim in list(self.claims.values()):
            if claim.deleted_at is not None and claim.name not in used:
                del self.claims[claim.name], self.claim_bodies[claim.name]
