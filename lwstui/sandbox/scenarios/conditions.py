"""What can be waited for and checked: sets, pods, nodes, events, logs, requests hit by faults."""

from typing import ClassVar

import msgspec

from lwstui.sandbox.engines.story import tail
from lwstui.sandbox.logs import scene
from lwstui.sandbox.objects import Json
from lwstui.sandbox.scenarios.clusteractions import SETS
from lwstui.sandbox.scenarios.parts import Part, ScenarioError
from lwstui.sandbox.scenarios.stage import Stage
from lwstui.sandbox.scenarios.targets import NodeTarget, Target

_LAST_LINES = 50
_BEGINNING = -1.0


class Condition(Part, frozen=True, kw_only=True):
    """Something that holds or not.

    ``WORD`` is its key in the file, ``KINDS`` are the objects it reads; one with ``POLLS`` reads
    what changes without a change of an object.
    """

    WORD: ClassVar[str]
    KINDS: ClassVar[frozenset[str]] = frozenset()
    POLLS: ClassVar[bool] = False

    def holds(self, stage: Stage) -> bool:
        """Tell whether it holds now."""
        raise NotImplementedError


class SetIs(Condition, frozen=True, kw_only=True):
    """A set has so many ready and updated groups and such a condition, of its present spec."""

    WORD = "set"
    KINDS = frozenset({SETS})
    name: str
    namespace: str = "default"
    ready: int | None = None
    updated: int | None = None
    condition: str = ""

    def holds(self, stage: Stage) -> bool:
        """Tell whether the set's status says all that is asked."""
        found = stage.store.get(SETS, self.namespace, self.name)
        status = (found or {}).get("status") or {}
        return (
            found is not None
            and status.get("observedGeneration") == found["metadata"]["generation"]
            and self.ready in (None, status.get("readyReplicas", 0))
            and self.updated in (None, status.get("updatedReplicas", 0))
            and (not self.condition or _is_true(status, self.condition))
        )


class PodIs(Target, Condition, frozen=True, kw_only=True):
    """At least ``count`` of the pods are all that is asked.

    ``reason`` is why a container waits or ended, ``restarts`` the least restart count,
    ``exit_code`` that of the present or the last exit, ``on_node`` whether they are on the node
    that a step named last.
    """

    WORD = "pod"
    KINDS = frozenset({"pods"})
    count: int = 1
    phase: str = ""
    ready: bool | None = None
    reason: str = ""
    exit_code: int | None = None
    restarts: int = 0
    deleting: bool | None = None
    on_node: bool | None = None

    def holds(self, stage: Stage) -> bool:
        """Tell whether enough pods match."""
        placed = [
            pod
            for pod in self.pods(stage.store)
            if self.on_node in (None, pod["spec"].get("nodeName") == stage.node)
        ]
        return sum(self._matches(pod) for pod in placed) >= self.count

    def _matches(self, pod: Json) -> bool:
        status = pod.get("status") or {}
        containers = status.get("containerStatuses") or ()
        states = [
            state
            for each in containers
            for key in ("state", "lastState")
            for state in (each.get(key) or {}).values()
        ]
        counts = [each.get("restartCount", 0) for each in containers]
        return (
            self.phase in ("", status.get("phase"))
            and self.ready in (None, _is_true(status, "Ready"))
            and self.deleting in (None, "deletionTimestamp" in pod["metadata"])
            and (not self.reason or self.reason in {each.get("reason") for each in states})
            and self.exit_code in (None, *(each.get("exitCode") for each in states))
            and max(counts, default=0) >= self.restarts
        )


class NodeIs(NodeTarget, Condition, frozen=True, kw_only=True):
    """A node is all that is asked; without a name, the node that a step named last.

    ``ready`` is the status of its Ready condition, ``allocatable`` amounts by resource, spelled
    as the node spells them.
    """

    WORD = "node"
    KINDS = frozenset({"nodes"})
    ready: str = ""
    taint: str = ""
    unschedulable: bool | None = None
    allocatable: dict[str, str] = msgspec.field(default_factory=dict)

    def holds(self, stage: Stage) -> bool:
        """Tell whether the node matches."""
        try:
            node = stage.store.get("nodes", "", self.find(stage.store, stage.node)) or {}
        except ScenarioError:
            return False
        spec, status = node.get("spec") or {}, node.get("status") or {}
        has = status.get("allocatable") or {}
        taints = {each.get("key") for each in spec.get("taints") or ()}
        return (
            self.ready in ("", _condition(status, "Ready"))
            and (not self.taint or self.taint in taints)
            and self.unschedulable in (None, bool(spec.get("unschedulable")))
            and all(str(has.get(name, "0")) == text for name, text in self.allocatable.items())
        )


class EventSeen(Condition, frozen=True, kw_only=True):
    """An event was recorded since the start, with this reason, about such an object."""

    WORD = "event"
    KINDS = frozenset({"events"})
    reason: str
    kind: str = ""
    contains: str = ""

    def holds(self, stage: Stage) -> bool:
        """Tell whether there is such an event."""
        return any(self._matches(event, stage.version) for event in stage.store.items("events"))

    def _matches(self, event: Json, since: int) -> bool:
        text = str(event.get("message") or event.get("note") or "")
        about = event.get("involvedObject") or event.get("regarding") or {}
        return (
            int(event["metadata"]["resourceVersion"]) > since
            and event.get("reason") == self.reason
            and self.kind in ("", about.get("kind"))
            and self.contains in text
        )


class Recreated(Target, Condition, frozen=True, kw_only=True):
    """The target has ``count`` pods or more, and none of them is one of the start."""

    WORD = "recreated"
    KINDS = frozenset({"pods"})
    count: int = 1

    def holds(self, stage: Stage) -> bool:
        """Tell whether all pods are new."""
        pods = self.pods(stage.store)
        fresh = [pod for pod in pods if stage.uids.get(_ref(pod)) != _uid(pod)]
        return len(fresh) == len(pods) >= self.count


class Kept(Target, Condition, frozen=True, kw_only=True):
    """Every pod of the target is the one of the start."""

    WORD = "kept"
    KINDS = frozenset({"pods"})

    def holds(self, stage: Stage) -> bool:
        """Tell whether all pods are old."""
        pods = self.pods(stage.store)
        return bool(pods) and all(stage.uids.get(_ref(pod)) == _uid(pod) for pod in pods)


class LogSays(Target, Condition, frozen=True, kw_only=True):
    """One of the last lines of a container's present or last run contains a text."""

    WORD = "log"
    KINDS = frozenset({"pods"})
    POLLS = True
    contains: str

    def holds(self, stage: Stage) -> bool:
        """Tell whether a line has the text."""
        return any(
            self.contains in line for pod in self.pods(stage.store) for line in _lines(stage, pod)
        )


class FaultsHit(Condition, frozen=True, kw_only=True):
    """Faults of the API server have hit so many requests since the start."""

    WORD = "faults-hit"
    requests: int = msgspec.field(default=1)

    def holds(self, stage: Stage) -> bool:
        """Tell whether enough were hit."""
        return stage.faults.hits - stage.hits >= self.requests


def _lines(stage: Stage, pod: Json) -> list[str]:
    record = stage.behaviour.kubelet.record(_uid(pod))
    if record is None:
        return []
    now_s = record.pod_time(stage.store.clock.now())
    return [
        text
        for container in record.run.containers
        for run in (container.run, container.previous)
        if run is not None
        for _, text in tail(
            scene(record, container, run), _BEGINNING, now_s - run.started_s, _LAST_LINES
        )
    ]


def _ref(pod: Json) -> tuple[str, str]:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def _uid(pod: Json) -> str:
    return str(pod["metadata"]["uid"])


def _condition(status: Json, kind: str) -> str:
    for condition in status.get("conditions") or ():
        if condition.get("type") == kind:
            return str(condition.get("status"))
    return ""


def _is_true(status: Json, kind: str) -> bool:
    return _condition(status, kind) == "True"
