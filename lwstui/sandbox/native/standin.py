"""Stands in for the native controller and for the controllers of its StatefulSets and Deployment.

It keeps what they say about pods that are there: statuses, the leader-election Lease. It makes no
pods but its own and replaces none, which is enough to rehearse taking its sets over.
"""

import asyncio
from collections.abc import Iterator

from lwstui.sandbox.admission import admit
from lwstui.sandbox.clock import rfc3339, rfc3339_micro
from lwstui.sandbox.native import installation
from lwstui.sandbox.native.installation import DEPLOYMENTS, LEASE, LEASES, MANAGER, NAMESPACE
from lwstui.sandbox.native.shapes import LWS, SET_NAME, SETS, STATEFUL_SETS, WORKER, revision_of
from lwstui.sandbox.network import is_ready
from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.worklist import WorkList

_RENEW_S = 2.0
_Ref = tuple[str, str, str]
_WORDS = {
    "Progressing": ("GroupsProgressing", "Replicas are progressing"),
    "Available": ("AllGroupsReady", "All replicas are ready"),
}


class NativeStandIn:
    """Acts while the native controller is installed in a store.

    Args:
        store: The cluster's objects.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._work: WorkList[_Ref] = WorkList(self._look)
        self._renewal: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for key in (DEPLOYMENTS, STATEFUL_SETS):
            for obj in self._store.items(key):
                self._notice(key, obj)

    def stop(self) -> None:
        """Stop acting; objects stay as they are."""
        self._unsubscribe()
        self._work.clear()
        if self._renewal is not None:
            self._renewal.cancel()

    def _on_change(self, change: Change) -> None:
        if change.key in (DEPLOYMENTS, STATEFUL_SETS):
            self._notice(change.key, change.object)
        elif change.key == "pods":
            for owner in change.object["metadata"].get("ownerReferences") or ():
                kind = {"StatefulSet": STATEFUL_SETS, "Deployment": DEPLOYMENTS}.get(owner["kind"])
                if kind is not None:
                    namespace = change.object["metadata"]["namespace"]
                    owning = self._store.get(kind, namespace, owner["name"])
                    if owning is not None:
                        self._notice(kind, owning)

    def _notice(self, key: str, obj: Json) -> None:
        meta = obj["metadata"]
        if key == DEPLOYMENTS and (meta["namespace"], meta["name"]) == (NAMESPACE, MANAGER):
            self._work.add((key, NAMESPACE, MANAGER))
        elif key == STATEFUL_SETS and SET_NAME in (meta.get("labels") or {}):
            self._work.add((key, meta["namespace"], meta["name"]))
            self._work.add((SETS, meta["namespace"], meta["labels"][SET_NAME]))

    def _look(self, ref: _Ref) -> None:
        obj = self._store.get(*ref)
        if obj is None or "deletionTimestamp" in obj["metadata"]:
            return
        act = {DEPLOYMENTS: self._run, STATEFUL_SETS: self._count, SETS: self._tell}[ref[0]]
        act(obj)

    def _owned(self, owner: Json) -> list[Json]:
        uid, namespace = owner["metadata"]["uid"], owner["metadata"]["namespace"]
        return [pod for pod in self._store.items("pods", namespace) if uid in _owners(pod)]

    def _write(self, key: str, obj: Json, status: Json) -> None:
        meta = obj["metadata"]
        whole = {**(obj.get("status") or {}), **status}
        self._store.write_status(key, meta["namespace"], meta["name"], whole)

    def _run(self, deployment: Json) -> None:
        """Have as many pods of the controller as its Deployment asks for, and lead with one."""
        pods, wanted = self._owned(deployment), deployment["spec"]["replicas"]
        living = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        for pod in living[wanted:]:
            self._store.delete("pods", NAMESPACE, pod["metadata"]["name"])
        taken = {pod["metadata"]["name"] for pod in pods}
        free = (n for n in range(wanted + len(pods)) if f"{MANAGER}-{n}" not in taken)
        for _ in range(wanted - len(living)):
            body = installation.manager_pod(deployment, next(free))
            admit("pods", body, None)
            self._store.create("pods", body)
        ready = sum(map(is_ready, living[:wanted]))
        counts = {"replicas": len(pods), "readyReplicas": ready, "availableReplicas": ready}
        seen = {"observedGeneration": deployment["metadata"]["generation"]}
        self._write(DEPLOYMENTS, deployment, {**counts, "updatedReplicas": len(pods), **seen})
        if self._renewal is None:
            self._renew()
        for statefulset in self._store.items(STATEFUL_SETS):
            self._notice(STATEFUL_SETS, statefulset)

    def _leader(self) -> Json | None:
        deployment = self._store.get(DEPLOYMENTS, NAMESPACE, MANAGER)
        pods = [] if deployment is None else self._owned(deployment)
        return next(filter(is_ready, pods), None)

    def _renew(self) -> None:
        """Renew the Lease while a controller runs, by the wall clock, as Leases are read."""
        self._renewal = None
        leader, now = self._leader(), rfc3339_micro(self._store.clock.now())
        if leader is None:
            return
        lease = self._store.get(LEASES, NAMESPACE, LEASE)
        if lease is None:
            holder = f"{leader['metadata']['name']}_{leader['metadata']['uid']}"
            self._store.create(LEASES, installation.lease(holder, now))
        else:
            self._store.update(
                LEASES, NAMESPACE, LEASE, lambda held: held["spec"].update(renewTime=now)
            )
        clock = self._store.clock
        self._renewal = clock.call_later(_RENEW_S * clock.speed, self._renew)

    def _count(self, statefulset: Json) -> None:
        """Say how many pods of a StatefulSet there are and how many are ready."""
        pods, revision = self._owned(statefulset), revision_of(statefulset)
        ready = sum(map(is_ready, pods))
        self._write(
            STATEFUL_SETS,
            statefulset,
            {
                "observedGeneration": statefulset["metadata"]["generation"],
                "replicas": len(pods),
                "readyReplicas": ready,
                "availableReplicas": ready,
                "currentReplicas": len(pods),
                "updatedReplicas": len(pods),
                "currentRevision": revision,
                "updateRevision": revision,
                "collisionCount": 0,
            },
        )

    def _tell(self, lws: Json) -> None:
        """Say how many groups of a set are ready, if it is native's and native runs."""
        meta, wanted = lws["metadata"], lws["spec"].get("replicas", 1)
        leaders = self._store.get(STATEFUL_SETS, meta["namespace"], meta["name"])
        if leaders is None or meta["uid"] not in _owners(leaders) or self._leader() is None:
            return
        pods = list(self._pods_of(meta["namespace"], meta["name"]))
        ready = sum(self._is_group_ready(leader, pods) for leader in pods if _leads(leader))
        status = {
            "replicas": sum(map(_leads, pods)),
            "readyReplicas": ready,
            "updatedReplicas": ready,
            "hpaPodSelector": f"{SET_NAME}={meta['name']},{WORKER}=0",
            "observedGeneration": meta["generation"],
            "conditions": list(self._conditions(lws, available=ready == wanted)),
        }
        self._write(SETS, lws, status)

    def _conditions(self, lws: Json, *, available: bool) -> Iterator[Json]:
        known = {each["type"]: each for each in (lws.get("status") or {}).get("conditions") or ()}
        for kind, (reason, message) in _WORDS.items():
            said = str((kind == "Available") == available)
            before = known.get(kind, {})
            same = before.get("status") == said
            yield {
                "type": kind,
                "status": said,
                "reason": reason,
                "message": message,
                "observedGeneration": lws["metadata"]["generation"],
                "lastTransitionTime": (
                    before["lastTransitionTime"] if same else rfc3339(self._store.clock.now())
                ),
            }

    def _pods_of(self, namespace: str, name: str) -> Iterator[Json]:
        for pod in self._store.items("pods", namespace):
            if (pod["metadata"].get("labels") or {}).get(SET_NAME) == name:
                yield pod

    def _is_group_ready(self, leader: Json, pods: list[Json]) -> bool:
        index = leader["metadata"]["labels"].get(f"{LWS}group-index")
        size = int((leader["metadata"].get("annotations") or {}).get(f"{LWS}size", "1"))
        group = [p for p in pods if p["metadata"]["labels"].get(f"{LWS}group-index") == index]
        return len(group) == size and all(map(is_ready, group))


def _owners(obj: Json) -> set[str]:
    return {each["uid"] for each in obj["metadata"].get("ownerReferences") or ()}


def _leads(pod: Json) -> bool:
    return bool(pod["metadata"]["labels"].get(WORKER) == "0")
