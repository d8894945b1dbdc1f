"""Scripted changes to a set over plain HTTP, and the trace of what follows.

A scenario and its trace have the form of ``tests/data/golden/traces``: steps, and the events and
summary derived from two watches, one of the set and one of its pods.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.support.kubeapi import Json, KubeApi

LWS = "leaderworkerset.sigs.k8s.io/"
STARTUP = "sandbox.lwstui.dev/startup"
_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Group:
    """What a trace knows of a group: its leader's UID and revision, and whether all is ready."""

    leader: str
    revision: str
    ready: bool


def groups_of(pods: Mapping[str, Json]) -> dict[int, Group]:
    """Return the groups with a leader, by index.

    A group is ready when as many pods as its leader's size are Running and Ready and none of
    them is being deleted.
    """
    members: dict[int, list[Json]] = {}
    for pod in pods.values():
        members.setdefault(int(pod["metadata"]["labels"][f"{LWS}group-index"]), []).append(pod)
    found: dict[int, Group] = {}
    for index, each in members.items():
        for pod in each:
            labels = pod["metadata"]["labels"]
            if labels[f"{LWS}worker-index"] == "0":
                size = int(pod["metadata"]["annotations"][f"{LWS}size"])
                ready = len(each) == size and all(map(is_ready, each))
                revision = labels[f"{LWS}template-revision-hash"]
                found[index] = Group(pod["metadata"]["uid"], revision, ready)
    return found


def is_ready(pod: Json) -> bool:
    """Tell whether a pod runs, is ready and stays."""
    status = pod.get("status", {})
    conditions = {c["type"]: c["status"] for c in status.get("conditions", ())}
    leaving = "deletionTimestamp" in pod["metadata"]
    return status.get("phase") == "Running" and conditions.get("Ready") == "True" and not leaving


def shown(status: Json) -> Json:
    """Return a set's status in a trace's form."""
    conditions = status.get("conditions", ())
    return {
        "replicas": status.get("replicas", 0),
        "ready": status.get("readyReplicas", 0),
        "updated": status.get("updatedReplicas", 0),
        "true": sorted(c["type"] for c in conditions if c["status"] == "True"),
    }


@dataclass(slots=True)
class Trace:
    """What has been seen so far, as it happened."""

    events: list[Json] = field(default_factory=list)
    status: Json = field(default_factory=dict)
    object: Json = field(default_factory=dict)
    pods: dict[str, Json] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)
    available: bool = False
    least_ready: int | None = None
    most_groups: int = 0
    waiters: dict[asyncio.Future[None], Callable[[], bool]] = field(default_factory=dict)

    def take_set(self, lws: Json) -> None:
        """Take in a version of the set."""
        self.object = lws
        status = shown(lws.get("status", {}))
        if status != self.status:
            self.status = status
            self.events.append({"status": status})
        self._note()

    def take_pod(self, kind: str, pod: Json) -> None:
        """Take in a change of one of the set's pods."""
        uid = pod["metadata"]["uid"]
        if kind == "DELETED":
            self.pods.pop(uid, None)
        else:
            self.pods[uid] = pod
        before, self.groups = self.groups, groups_of(self.pods)
        for index in sorted(before.keys() | self.groups.keys()):
            self._compare(index, before.get(index), self.groups.get(index))
        self._note()

    def _compare(self, index: int, old: Group | None, new: Group | None) -> None:
        same = old is not None and new is not None and old.leader == new.leader
        if old is not None and old.ready and not (same and new is not None and new.ready):
            self._did(index, "not ready", old)
        if new is not None and not same:
            self._did(index, "leader created", new)
        if new is not None and new.ready and not (same and old is not None and old.ready):
            self._did(index, "ready", new)

    def _did(self, index: int, what: str, group: Group) -> None:
        revision = self.revisions.setdefault(group.revision, f"r{len(self.revisions) + 1}")
        self.events.append({"group": index, "did": what, "revision": revision})

    def _note(self) -> None:
        ready = sum(group.ready for group in self.groups.values())
        self.available = self.available or self.status.get("true") == ["Available"]
        if self.available:
            self.least_ready = ready if self.least_ready is None else min(self.least_ready, ready)
        self.most_groups = max(self.most_groups, len(self.groups))
        for waiter, condition in self.waiters.items():
            if not waiter.done() and condition():
                waiter.set_result(None)

    @property
    def summary(self) -> Json:
        """What the trace amounts to."""
        return {
            "min_ready_groups_after_first_available": self.least_ready,
            "max_groups": self.most_groups,
            "final": self.status,
            "leader_creations": self.creations,
        }

    @property
    def creations(self) -> list[list[Any]]:
        """Group and revision of every leader created, in order."""
        made = [event for event in self.events if event.get("did") == "leader created"]
        return [[event["group"], event["revision"]] for event in made]

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition holds; it is asked after every change, so none is missed."""
        if condition():
            return
        waiter = asyncio.get_running_loop().create_future()
        self.waiters[waiter] = condition
        try:
            async with asyncio.timeout(_WAIT_S):
                await waiter
        except TimeoutError:
            raise AssertionError(f"{what}: not reached; {self.summary}") from None
        finally:
            del self.waiters[waiter]


@asynccontextmanager
async def following(api: KubeApi, name: str) -> AsyncIterator[Trace]:
    """Follow a set and its pods for the length of the block."""
    trace = Trace()

    async def follow_set() -> None:
        async for kind, lws in api.watch("leaderworkersets", fieldSelector=f"metadata.name={name}"):
            if kind != "DELETED":
                trace.take_set(lws)

    async def follow_pods() -> None:
        async for kind, pod in api.watch("pods", labelSelector=f"{LWS}name={name}"):
            trace.take_pod(kind, pod)

    tasks = [asyncio.create_task(follow_set()), asyncio.create_task(follow_pods())]
    try:
        yield trace
        for task in tasks:
            assert not task.done(), "a watch has ended"
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def manifest(scenario: Json, name: str, startup_s: float) -> Json:
    """Return the set of a scenario; ``startup_s`` is what its pods take to become ready."""
    template: Json = {"spec": {"containers": [{"name": "main", "image": "img:v1"}]}}
    if startup_s:
        template["metadata"] = {"annotations": {STARTUP: f"{startup_s:g}s"}}
    group: Json = {"size": scenario["size"], "workerTemplate": template}
    spec: Json = {"replicas": scenario["replicas"], "leaderWorkerTemplate": group}
    if "restartPolicy" in scenario:
        group["restartPolicy"] = scenario["restartPolicy"]
    if "rollout" in scenario:
        rollout = scenario["rollout"]
        spec["rolloutStrategy"] = {"type": "RollingUpdate", "rollingUpdateConfiguration": rollout}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": spec | scenario.get("spec", {}),
    }


class Driver:
    """Performs the steps of a scenario on one set."""

    def __init__(self, api: KubeApi, name: str, trace: Trace, pace: float = 1) -> None:
        self._api = api
        self._name = name
        self._trace = trace
        self._pace = pace

    async def run(self, scenario: Json, startup_s: float) -> None:
        """Create the set, perform all steps and wait until the controller has seen the last."""
        await self._api.create("leaderworkersets", manifest(scenario, self._name, startup_s))
        for step in scenario["steps"]:
            self._trace.events.append({"step": step})
            ((verb, value),) = step.items()
            await getattr(self, f"_{verb}")(value)
        await self._trace.until(self._settled, "the last change is observed")

    def _settled(self) -> bool:
        """Tell whether the status speaks of the spec as it is, and nothing is under way."""
        stored = self._trace.object
        seen = stored.get("status", {}).get("observedGeneration")
        wanted = stored["spec"]["replicas"] if stored else None
        status = self._trace.status
        calm = status["true"] == ["Available"] and status["ready"] == wanted
        return bool(stored) and seen == stored["metadata"]["generation"] and calm

    async def _wait(self, wanted: str | Json) -> None:
        generation = self._trace.object.get("metadata", {}).get("generation", 1)

        def reached() -> bool:
            status, stored = self._trace.status, self._trace.object.get("status", {})
            if stored.get("observedGeneration", 0) < generation:
                return False
            if wanted == "available":
                return bool(status["true"] == ["Available"])
            assert isinstance(wanted, dict)
            return all(status[key] == value for key, value in wanted.items())

        await self._trace.until(reached, f"wait {wanted}")

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._pace)

    async def _edit(self, patch: Json, subresource: str = "") -> None:
        changed = await self._api.patch(
            "leaderworkersets", self._name, patch, subresource=subresource
        )
        version = changed["metadata"].get("generation", 0)
        trace = self._trace
        await trace.until(
            lambda: trace.object["metadata"]["generation"] >= version, "the edit is seen"
        )

    async def _patch(self, patch: Json) -> None:
        await self._edit(patch)

    async def _scale(self, replicas: int) -> None:
        await self._edit({"spec": {"replicas": replicas}}, "scale")
        await self._trace.until(
            lambda: self._trace.object["spec"]["replicas"] == replicas, "the scale is seen"
        )

    async def _image(self, image: str) -> None:
        containers = [{"name": "main", "image": image}]
        template = {"spec": {"containers": containers}}
        await self._edit({"spec": {"leaderWorkerTemplate": {"workerTemplate": template}}})

    async def _delete_pod(self, suffix: str) -> None:
        pod = await self._api.delete("pods", f"{self._name}{suffix}")
        await self._gone(pod["metadata"]["uid"])

    async def _kill_pod(self, suffix: str) -> None:
        pod = await self._api.delete("pods", f"{self._name}{suffix}", gracePeriodSeconds=0)
        await self._gone(pod["metadata"]["uid"])

    async def _gone(self, uid: str) -> None:
        pods = self._trace.pods
        await self._trace.until(lambda: uid not in pods, "the pod is gone")

    async def _restart_container(self, suffix: str) -> None:
        name = f"{self._name}{suffix}"
        pod = await self._api.get("pods", name)
        statuses = pod["status"]["containerStatuses"]
        for each in statuses:
            each["restartCount"] += 1
        await self._api.patch(
            "pods", name, {"status": {"containerStatuses": statuses}}, subresource="status"
        )


async def run_trace(
    api: KubeApi, scenario: Json, name: str = "t", *, startup_s: float, pace: float = 1
) -> Trace:
    """Play a scenario on a new set and return its trace; the set stays.

    Args:
        api: The cluster.
        scenario: Replicas, size and steps; optionally ``rollout``, ``restartPolicy`` and further
            fields of the spec in ``spec``.
        name: Name of the set.
        startup_s: Simulated seconds a container takes to become ready, 0 for what it does unasked.
        pace: Divides the seconds that a script sleeps.
    """
    async with following(api, name) as trace:
        await Driver(api, name, trace, pace).run(scenario, startup_s)
        return trace
