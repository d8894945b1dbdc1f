"""Scripted changes to sets on the in-memory world, stopped and continued at any request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from controller.api import names
from tests.controller.runtime.bodies import API_VERSION
from tests.controller.runtime.harness import ROUND_S, Harness
from tests.controller.runtime.support import World, json_copy, merge

LIMIT_ROUNDS = 400
Step = dict[str, Any]


@dataclass
class Tally:
    """What was seen of the groups in the course of a scenario.

    Attributes:
        leaders: Leaders created: (name, revision key).
        least_ready: Least groups ready at a time since the first wait was over.
        most_groups: Most groups at a time.
    """

    leaders: list[tuple[str, str]] = field(default_factory=list)
    least_ready: int = 10**6
    most_groups: int = 0
    _seen: set[str] = field(default_factory=set)

    def copy(self) -> Tally:
        return Tally(list(self.leaders), self.least_ready, self.most_groups, set(self._seen))

    def look(self, world: World) -> None:
        for pod in world.all(names.PODS):
            meta = pod["metadata"]
            if meta["labels"][names.WORKER_INDEX] == "0" and meta["uid"] not in self._seen:
                self._seen.add(meta["uid"])
                self.leaders.append((meta["name"], meta["labels"][names.REVISION]))


@dataclass(frozen=True)
class Point:
    """A moment right before or right after a request took effect.

    Attributes:
        world: What the server held.
        step: Step of the scenario that was under way.
        rounds: Rounds this step had taken.
        tally: What had been seen until then.
    """

    world: World
    step: int
    rounds: int
    tally: Tally


@dataclass(frozen=True)
class Result:
    """What a scenario came to.

    Attributes:
        pods: Revision and images by pod.
        status: The sets' counters and true conditions.
        revisions: Revision keys by number.
    """

    pods: dict[str, tuple[str, ...]]
    status: dict[str, tuple[Any, ...]]
    revisions: dict[str, str]


class Scenario:
    """Plays steps on a world in which a controller works.

    Args:
        steps: Steps as the golden traces have them; ``set`` names the set if not the first.
        harness: The world.
        point: Where to continue.
    """

    def __init__(self, steps: Sequence[Step], harness: Harness, point: Point | None = None) -> None:
        self.steps = steps
        self.harness = harness
        self.world = harness.world
        self.step = point.step if point else 0
        self.rounds = point.rounds if point else 0
        self.tally = point.tally.copy() if point else Tally()
        self.points: list[Point] = []
        self._moment: tuple[int, ...] = ()

    def record(self) -> None:
        """Keep every moment at which a process may die."""
        self.world.on_request = self._keep

    def _keep(self) -> None:
        # A moment before a request is mostly the moment after the one before it.
        moment = self.step, self.rounds, self.world.version, len(self._writes())
        if moment == self._moment:
            return
        self._moment = moment
        world = self.world.copy()
        world.objects.pop(names.LEASES, None)  # it has run out when the next process comes
        self.points.append(Point(world, self.step, self.rounds, self.tally.copy()))

    def _writes(self) -> list[tuple[str, str, str]]:
        requests = self.world.requests
        return [r for r in requests if r[0] != "get" and r[1] != names.LEASES.plural]

    async def play(self) -> Result:
        """Play the remaining steps, let everything come to rest, and return the result."""
        while self.step < len(self.steps):
            step = dict(self.steps[self.step])
            name = step.pop("set", None) or self.sets()[0]
            ((verb, value),) = step.items()
            await self._do(verb, value, name)
            self.step, self.rounds = self.step + 1, 0
        await self.harness.settle()
        self.look()
        return self._result()

    async def _do(self, verb: str, value: Any, name: str) -> None:
        edit = self.world.edit
        match verb:
            case "wait":
                await self._wait(value, name)
            case "sleep":
                while self.rounds < value / ROUND_S:
                    await self._round()
            case "image":
                edit(names.LEADERWORKERSETS, name, {"spec": self._images(name, value)})
            case "scale":
                self.tally.least_ready = min(self.tally.least_ready, value)
                edit(names.LEADERWORKERSETS, name, {"spec": {"replicas": value}})
            case "patch":
                edit(names.LEADERWORKERSETS, name, value)
            case "delete_pod":
                self.world.mark(names.PODS, self.world.find(names.PODS, name + value))
            case "restart_container":
                status = {"containerStatuses": [{"name": "main", "restartCount": 1, "ready": True}]}
                edit(names.PODS, name + value, {"status": status})
            case _:
                raise AssertionError(verb)

    async def _wait(self, wanted: str | dict[str, int], name: str) -> None:
        while not self._reached(wanted, name):
            assert self.rounds < LIMIT_ROUNDS, f"{wanted} not reached: {self._status(name)}"
            await self._round()

    async def _round(self) -> None:
        self.rounds += 1
        await self.harness.pass_time(ROUND_S)
        self.look()

    def look(self) -> None:
        self.tally.look(self.world)
        groups = [p for p in self.world.all(names.PODS) if _label(p, names.WORKER_INDEX) == "0"]
        self.tally.most_groups = max(self.tally.most_groups, len(groups))
        if any("wait" in step for step in self.steps[: self.step]):
            ready = sum(self._ready(leader) for leader in groups)
            self.tally.least_ready = min(self.tally.least_ready, ready)

    def _ready(self, leader: dict[str, Any]) -> bool:
        """Tell whether all pods of a group are there and ready."""
        pods = self.world.all(names.PODS)
        same = [_label(leader, names.SET_NAME), _label(leader, names.GROUP_INDEX)]
        group = [
            p for p in pods if [_label(p, names.SET_NAME), _label(p, names.GROUP_INDEX)] == same
        ]
        size = int(leader["metadata"]["annotations"][names.SIZE])
        return len(group) == size and all(_pod_ready(pod) for pod in group)

    def _reached(self, wanted: str | dict[str, int], name: str) -> bool:
        replicas, ready, updated, true = self._status(name)
        if isinstance(wanted, str):
            return bool(true == ("Available",))
        seen = {"replicas": replicas, "ready": ready, "updated": updated}
        return all(seen[key] == value for key, value in wanted.items())

    def _images(self, name: str, image: str) -> dict[str, Any]:
        spec = json_copy(self.harness.lws(name)["spec"])
        group = spec["leaderWorkerTemplate"]
        for template in (group.get("leaderTemplate"), group["workerTemplate"]):
            for container in (template or {"spec": {"containers": []}})["spec"]["containers"]:
                container["image"] = image
        return dict(spec)

    def _status(self, name: str) -> tuple[int, int, int, tuple[str, ...]]:
        status = self.harness.lws(name).get("status", {})
        true = sorted(c["type"] for c in status.get("conditions", ()) if c["status"] == "True")
        counters = (status.get(f"{what}eplicas", 0) for what in ("r", "readyR", "updatedR"))
        return (*counters, tuple(true))  # type: ignore[return-value]

    def sets(self) -> list[str]:
        return self.world.names(names.LEADERWORKERSETS)

    def _result(self) -> Result:
        pods = {
            pod["metadata"]["name"]: (
                _label(pod, names.REVISION),
                *(c["image"] for c in pod["spec"]["containers"]),
            )
            for pod in self.world.all(names.PODS)
        }
        revisions = {
            r["metadata"]["labels"][names.SET_NAME] + f"#{r['revision']}": _label(r, names.REVISION)
            for r in self.world.all(names.REVISIONS)
        }
        return Result(pods, {name: self._status(name) for name in self.sets()}, revisions)


def _label(obj: dict[str, Any], label: str) -> str:
    return str(obj["metadata"]["labels"].get(label, ""))


def _pod_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", ())
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def add(world: World, name: str, spec: dict[str, Any]) -> None:
    """Store a set."""
    body = {"apiVersion": API_VERSION, "kind": "LeaderWorkerSet", "metadata": {"name": name}}
    world.put(names.LEADERWORKERSETS, merge(body, {"spec": spec}))
