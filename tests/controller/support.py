"""An in-memory cluster that applies plans, with a kubelet and a garbage collector by hand.

It refuses what an API server would refuse (taken names, wrong UIDs) and what a controller must
never ask for (a worker of a leader that is gone, a pod without its revision), so every test
that drives a plan through it checks those rules too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from controller.api import names
from controller.api.core import Claim, Revision, Service, decode_revision, decode_service
from controller.api.lws import LeaderWorkerSet, LwsStatus
from controller.api.meta import ObjectMeta, format_time
from controller.api.pods import Pod, decode_pod
from controller.plan import actions as act
from controller.plan.compose import plan
from controller.plan.observed import Lost, Observed

DATA = Path(__file__).parents[1] / "data" / "golden"
START = 1_700_000_000.0


def container(name: str = "main", image: str = "img:v1", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **more}


def template(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": list(containers) or [container()], **spec}}


def raw_spec(replicas: int = 2, size: int = 2, **more: Any) -> dict[str, Any]:
    """A spec as a user writes it; ``rollout`` and ``template`` merge into their places."""
    group = {"size": size, "workerTemplate": template(), **more.pop("template", {})}
    rollout = more.pop("rollout", None)
    spec = {"replicas": replicas, "leaderWorkerTemplate": group, **more}
    if rollout is not None:
        spec["rolloutStrategy"] = {
            "type": "RollingUpdate",
            "rollingUpdateConfiguration": rollout,
        }
    return spec


def make_set(
    spec: dict[str, Any] | None = None,
    *,
    name: str = "sample",
    namespace: str = "default",
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> LeaderWorkerSet:
    meta = ObjectMeta(
        name=name,
        namespace=namespace,
        uid="set-1",
        resource_version="1",
        generation=1,
        annotations=dict(annotations or {}),
        labels=dict(labels or {}),
    )
    return LeaderWorkerSet(meta, raw_spec() if spec is None else spec)


def golden(kind: str, name: str) -> dict[str, Any]:
    """One recorded file: ``objects`` or ``traces`` by name."""
    loaded: dict[str, Any] = json.loads((DATA / kind / f"{name}.json").read_text())
    return loaded


def golden_names(kind: str) -> list[str]:
    return sorted(path.stem for path in (DATA / kind).glob("*.json"))


@dataclass
class FakeCluster:
    """The objects around one set.

    Attributes:
        bodies: Pod bodies as they were created, by name of the living pods.
        batches: Leaders created, one list per plan: (group, revision key).
        deletions: Pods deleted by plans: (name, cause).
        conditions: Sets of True conditions the status went through.
        writes: Requests made by applied plans.
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
    batches: list[list[tuple[int, str]]] = field(default_factory=list)
    conditions: set[frozenset[str]] = field(default_factory=set)
    events: list[act.EventNote] = field(default_factory=list)
    deletions: list[tuple[str, str]] = field(default_factory=list)
    writes: int = 0
    history_limit: int = 10
    last: act.Plan = field(default_factory=act.Plan)
    _uids: int = 0

    # What a controller sees and does.

    def observe(self) -> Observed:
        return Observed(
            self.lws,
            tuple(self.pods.values()),
            tuple(self.services.values()),
            tuple(self.revisions.values()),
            tuple(self.claims.values()),
            self.node_labels,
            tuple(self.lost),
            self.taken,
        )

    def plan(self) -> act.Plan:
        return plan(self.observe(), self.now, history_limit=self.history_limit)

    def step(self) -> act.Plan:
        """Plan once and apply everything."""
        self.last = self.plan()
        self.apply(self.last)
        return self.last

    def quiet(self, most: int = 12) -> act.Plan:
        """Plan and apply until nothing is left to do now; return the last plan."""
        for _ in range(most):
            last = self.step()
            if not last.actions and last.status is None:
                return last
        raise AssertionError(f"still busy after {most} passes: {last.actions}, {last.status}")

    def apply(self, planned: act.Plan) -> None:
        batch: list[tuple[int, str]] = []
        for action in planned.actions:
            self.writes += 1
            self.perform(action)
            if isinstance(action, act.CreatePod) and action.worker == 0:
                batch.append((action.group, self.pods[action.name].revision))
        if batch:
            self.batches.append(batch)
        if planned.status is not None:
            self.writes += 1
            self._write_status(planned.status)
        self.events += planned.events

    def perform(self, action: act.Action) -> None:
        match action:
            case act.CreateRevision():
                assert action.name not in self.revisions
                body = self._stored(action.body)
                self.revision_bodies[action.name] = action.body
                self.revisions[action.name] = decode_revision(body)
            case act.DeleteRevision():
                assert self.revisions[action.name].uid == action.uid
                key = self.revisions.pop(action.name).key
                users = [p.name for p in self.pods.values() if p.revision == key]
                left = any(r.key == key for r in self.revisions.values())
                assert left or not users, f"{key} is still used by {users}"
            case act.RecordRollout():
                text = msgspec.json.encode(action.record).decode()
                annotations = {**self.lws.annotations, names.ROLLOUT_RECORD: text}
                self._replace_meta(annotations=annotations)
            case act.CreateService():
                assert action.name not in self.services
                self.service_bodies[action.name] = action.body
                self.services[action.name] = decode_service(self._stored(action.body))
            case act.CreateClaim():
                assert action.name not in self.claims
                self.claim_bodies[action.name] = action.body
                self.claims[action.name] = Claim(
                    self.lws.metadata.namespace, action.name, self._uid(), self.lws.metadata.name
                )
            case act.CreatePod():
                self._create_pod(action)
            case act.DeletePod():
                assert self.pods[action.name].uid == action.uid
                assert not self.pods[action.name].terminating
                assert action.foreground == (self.pods[action.name].worker == 0)
                self.deletions.append((action.name, action.cause))
                self.delete(action.name, foreground=action.foreground)

    def apply_late(self, planned: act.Plan, seen: LeaderWorkerSet) -> None:
        """Apply a plan made from an old observation, as an executor against an API server does.

        What is taken, gone or changed by now is refused there and passed over here; a record
        for a set that changed since is a conflict and ends the pass.
        """
        for action in planned.actions:
            if isinstance(action, act.RecordRollout) and self.lws != seen:
                return
            if self.possible(action):
                self.perform(action)

    def possible(self, action: act.Action) -> bool:
        """Whether an API server would accept an action and no collector undo it at once."""
        match action:
            case act.CreatePod():
                owner = action.body["metadata"]["ownerReferences"][0]["uid"]
                alive = {p.uid for p in self.pods.values() if not p.terminating}
                return action.name not in self.pods and owner in alive | {"set-1"}
            case act.DeletePod():
                pod = self.pods.get(action.name)
                return pod is not None and pod.uid == action.uid and not pod.terminating
            case act.CreateRevision():
                return action.name not in self.revisions
            case act.CreateService():
                owner = action.body["metadata"]["ownerReferences"][0]["uid"]
                alive = {p.uid for p in self.pods.values()}
                return action.name not in self.services and owner in alive | {"set-1"}
            case act.CreateClaim():
                return action.name not in self.claims
            case act.DeleteRevision():
                return action.name in self.revisions
            case _:
                return True

    def _create_pod(self, action: act.CreatePod) -> None:
        assert action.name not in self.pods, f"{action.name} exists"
        assert f"pods/{action.name}" not in self.taken
        status = {"phase": "Pending"}
        pod = decode_pod(self._stored({**action.body, "status": status}))
        assert (pod.name, pod.group, pod.worker) == (action.name, action.group, action.worker)
        assert any(r.key == pod.revision for r in self.revisions.values()), "no such revision"
        if pod.worker:
            leader = self.pods[names.leader_name(self.lws.metadata.name, pod.group)]
            assert (leader.uid, leader.terminating) == (pod.owner_uid, False)
        for volume in action.body["spec"].get("volumes", ()):
            claim = volume.get("persistentVolumeClaim")
            assert claim is None or claim["claimName"] in self.claims
        self.pods[action.name] = pod
        self.bodies[action.name] = action.body

    def _stored(self, body: Mapping[str, Any]) -> bytes:
        metadata = {
            **body["metadata"],
            "uid": self._uid(),
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
        self.change(name, phase="Running", ready=True, ready_changed_at=self.now)

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

    def tick(self, seconds: float = 1.0) -> None:
        """Let time pass: what terminates is gone, what waits runs and is ready."""
        self.now += seconds
        leaving = [pod for pod in self.pods.values() if pod.terminating]
        for pod in sorted(leaving, key=lambda p: p.worker == 0):
            self.reap(pod.name)
        for pod in list(self.pods.values()):
            if not pod.terminating and pod.phase == "Pending":
                self.run(pod.name)

    def settle(self, most: int = 60) -> act.Plan:
        """Alternate planning and ticking until a tick changes nothing; return the last plan."""
        for _ in range(most):
            last = self.quiet()
            before = dict(self.pods)
            self.tick()
            if self.pods == before:
                return last
        raise AssertionError(f"not settled after {most} ticks: {last.waits}")

    # What tests ask.

    def groups(self) -> list[int]:
        """Indexes of groups whose leader exists."""
        return sorted(pod.group for pod in self.pods.values() if pod.worker == 0)

    def ready_groups(self) -> list[int]:
        """Indexes of groups whose leader and workers are all Running, Ready and staying."""
        ready = []
        for pod in self.pods.values():
            if pod.worker == 0:
                members = [pod, *self.dependents(pod.uid)]
                fine = all(p.running_and_ready and not p.terminating for p in members)
                if fine and len(members) == pod.size:
                    ready.append(pod.group)
        return sorted(ready)

    def true_conditions(self) -> list[str]:
        return sorted(c.type for c in self.lws.status.conditions if c.status == "True")
