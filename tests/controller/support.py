"""An in-memory cluster that applies plans, with a kubelet and a garbage collector by hand.

It refuses what an API server would refuse (taken names, wrong UIDs) and what a controller must
never ask for (a worker of a leader that is gone, a pod without its revision), so every test
that drives a plan through it checks those rules too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from controller.api import names
from controller.api.core import (
    decode_claim,
    decode_revision,
    decode_service,
)
from controller.api.lws import LeaderWorkerSet, SetMeta
from controller.api.pods import decode_pod
from controller.plan import actions as act
from controller.plan.compose import plan
from controller.plan.observed import Observed
from tests.controller.objects import START, Objects

__all__ = [
    "START",
    "FakeCluster",
    "container",
    "golden",
    "golden_names",
    "make_set",
    "raw_spec",
    "template",
]

DATA = Path(__file__).parents[1] / "data" / "golden"


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
    meta = SetMeta(
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
class FakeCluster(Objects):
    """The objects around one set, and a controller that plans for it.

    Attributes:
        batches: Leaders created, one list per plan: (group, revision key).
        deletions: Pods deleted by plans: (name, cause).
        writes: Requests made by applied plans.
    """

    batches: list[list[tuple[int, str]]] = field(default_factory=list)
    events: list[act.EventNote] = field(default_factory=list)
    deletions: list[tuple[str, str]] = field(default_factory=list)
    writes: int = 0
    history_limit: int = 10
    last: act.Plan = field(default_factory=act.Plan)

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
            self.claims_listed,
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
                self.claims[action.name] = decode_claim(self._stored(action.body))
            case act.OwnClaim():
                self._own_claim(action)
            case act.Adopt():
                self._adopt(action)
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
        for a set that changed since, or an owner for an object that did, is a conflict and ends
        the pass.
        """
        for action in planned.actions:
            if isinstance(action, act.RecordRollout) and self.lws != seen:
                return
            if self.possible(action):
                self.perform(action)
            elif isinstance(action, act.OwnClaim | act.Adopt):
                return

    def possible(self, action: act.Action) -> bool:
        """Whether an API server would accept an action and no collector undo it at once."""
        match action:
            case act.CreatePod():
                owner = action.body["metadata"]["ownerReferences"][0]["uid"]
                alive = {p.uid for p in self.pods.values() if not p.terminating}
                owned = owner in alive | {self.lws.metadata.uid}
                return action.name not in self.pods and owned and self._founded(action.body)
            case act.DeletePod():
                pod = self.pods.get(action.name)
                return pod is not None and pod.uid == action.uid and not pod.terminating
            case act.CreateRevision():
                return action.name not in self.revisions
            case act.CreateService():
                owner = action.body["metadata"]["ownerReferences"][0]["uid"]
                alive = {p.uid for p in self.pods.values()}
                return action.name not in self.services and owner in alive | {self.lws.metadata.uid}
            case act.CreateClaim():
                return action.name not in self.claims
            case act.OwnClaim():
                claim = self.claims.get(action.name)
                return claim is not None and claim.resource_version == action.version
            case act.Adopt():
                stored = self.children_of(action.resource).get(action.name)
                same = stored is not None and stored.resource_version == action.version
                return same and action.owner.uid in self.living()
            case act.DeleteRevision():
                return action.name in self.revisions
            case _:
                return True

    def _founded(self, body: Mapping[str, Any]) -> bool:
        """Whether a pod's revision and every claim of it exist, as no plan is to miss."""
        claims = [v.get("persistentVolumeClaim") for v in body["spec"].get("volumes", ())]
        key = body["metadata"]["labels"][names.REVISION]
        return any(r.key == key for r in self.revisions.values()) and all(
            claim is None or claim["claimName"] in self.claims for claim in claims
        )

    def _create_pod(self, action: act.CreatePod) -> None:
        assert action.name not in self.pods, f"{action.name} exists"
        assert f"pods/{action.name}" not in self.taken
        status = {"phase": "Pending"}
        pod = decode_pod(self._stored({**action.body, "status": status}))
        assert (pod.name, pod.group, pod.worker) == (action.name, action.group, action.worker)
        if pod.worker:
            leader = self.pods[names.leader_name(self.lws.metadata.name, pod.group)]
            assert (leader.uid, leader.terminating) == (pod.owner_uid, False)
        assert self._founded(action.body)
        self.pods[action.name] = pod
        self.bodies[action.name] = action.body

    def _own_claim(self, action: act.OwnClaim) -> None:
        claim = self.claims[action.name]
        assert (claim.uid, claim.resource_version) == (action.uid, action.version)
        assert claim.deleted_at is None
        controllers = [owner for owner in action.owners if owner.controller]
        assert len(controllers) <= 1
        self.claims[action.name] = msgspec.structs.replace(
            claim,
            owners=action.owners,
            owner_uid=controllers[0].uid if controllers else "",
            resource_version=self._uid(),
        )

    def _adopt(self, action: act.Adopt) -> None:
        """Store new owners, as an executor does after it has seen that the owner lives."""
        children, owner = self.children_of(action.resource), action.owner
        child = children[action.name]
        assert (child.uid, child.resource_version) == (action.uid, action.version)
        assert child.deleted_at is None
        assert child.ownerless or child.owner_uid == owner.uid, "owned by another"
        assert owner.uid in self.living(), "the collector would remove it"
        fields = {"ownerless": False, "owner_uid": owner.uid, "resource_version": self._uid()}
        if action.resource != names.REVISIONS:
            fields["owner_kind"] = owner.kind
        if action.resource == names.PODS:
            fields["owner_name"] = owner.name
            noted = action.annotations.get(names.RESTARTS_BASELINE)
            fields |= {"baseline_restarts": int(noted)} if noted else {}
        children[action.name] = msgspec.structs.replace(child, **fields)

    def tick(self, seconds: float = 1.0) -> None:
        """Let time pass: what terminates is gone, what waits runs and is ready."""
        self.now += seconds
        self.reap_claims()
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
            before = dict(self.pods), dict(self.claims)
            self.tick()
            if (self.pods, self.claims) == before:
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
