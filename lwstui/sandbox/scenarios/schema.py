"""The form of a scenario file: what it may say, read strictly."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from lwstui.sandbox.objects import Json
from lwstui.sandbox.scenarios.actions import (
    Action,
    CrashContainer,
    CutNetwork,
    DeletePod,
    HealNetwork,
    OomKill,
    Undo,
)
from lwstui.sandbox.scenarios.clusteractions import (
    ApiErrors,
    DropWatches,
    ExpireWatches,
    RegistryDown,
    RegistryUp,
    SetImage,
    SetLoad,
    SlowPulls,
)
from lwstui.sandbox.scenarios.conditions import (
    Condition,
    EventSeen,
    FaultsHit,
    Kept,
    LogSays,
    NodeIs,
    PodIs,
    Recreated,
    SetIs,
)
from lwstui.sandbox.scenarios.nodeactions import (
    DrainNode,
    GpuBack,
    GpuLost,
    NodeDown,
    NodeNotReady,
    NodeReady,
    UncordonNode,
)
from lwstui.sandbox.scenarios.parts import Part, ScenarioError, Seconds, check_keys, read

WITHIN = Seconds(900)
ACTIONS: dict[str, type[Action]] = {
    kind.WORD: kind
    for kind in (
        DeletePod,
        CrashContainer,
        OomKill,
        NodeDown,
        NodeNotReady,
        NodeReady,
        DrainNode,
        UncordonNode,
        GpuLost,
        GpuBack,
        SetImage,
        SetLoad,
        SlowPulls,
        RegistryDown,
        RegistryUp,
        CutNetwork,
        HealNetwork,
        ApiErrors,
        DropWatches,
        ExpireWatches,
        Undo,
    )
}
CONDITIONS: dict[str, type[Condition]] = {
    kind.WORD: kind
    for kind in (SetIs, PodIs, NodeIs, EventSeen, Recreated, Kept, LogSays, FaultsHit)
}
_TIMES = ("at", "after", "when")
P = TypeVar("P", bound=Part)


class _File(Part, frozen=True, kw_only=True):
    name: str
    summary: str
    start: dict[str, Any]
    steps: list[Any]
    expect: list[Any]
    objects: list[Any] = msgspec.field(default_factory=list)
    within: Seconds = WITHIN


class _When(Part, frozen=True, kw_only=True):
    at: Seconds | None = None
    after: Seconds | None = None
    when: dict[str, Any] | None = None


class _Expect(Part, frozen=True, kw_only=True):
    say: str
    check: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One action and when it comes.

    ``at_s`` counts simulated seconds from the start. Otherwise a step waits until ``when`` holds,
    if it is given, and then ``after_s``, which without it counts from the step before.
    """

    action: Action
    at_s: float | None = None
    after_s: float = 0.0
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the operator should see, in words; ``check`` is how the sandbox sees it, if it can."""

    say: str
    check: Condition | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """Faults over time.

    Attributes:
        name: What it is called.
        summary: One sentence.
        objects: Manifests it needs, created unless they are there.
        start: Holds before the first step.
        steps: In order.
        expectations: In the order in which they come true.
        within_s: Simulated seconds after the last step for all expectations to come true.
        document: What it was read from.
    """

    name: str
    summary: str
    objects: tuple[Json, ...]
    start: Condition
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...]
    within_s: float
    document: Json


def parse(document: Any, source: str) -> Scenario:
    """Read a scenario.

    Args:
        document: As YAML gives it.
        source: Names the file in errors.

    Raises:
        ScenarioError: Something in it is wrong; says where.
    """
    file = read(_File, document, source)
    if not file.steps:
        raise ScenarioError(f"{source}: steps is empty")
    return Scenario(
        name=file.name,
        summary=file.summary,
        objects=tuple(
            _object(each, f"{source}: objects[{i}]") for i, each in enumerate(file.objects)
        ),
        start=_condition(file.start, f"{source}: start"),
        steps=tuple(_step(each, f"{source}: steps[{i}]") for i, each in enumerate(file.steps)),
        expectations=tuple(
            _expectation(each, f"{source}: expect[{i}]") for i, each in enumerate(file.expect)
        ),
        within_s=file.within,
        document=document,
    )


def _object(data: Any, where: str) -> Json:
    metadata = data.get("metadata") if isinstance(data, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise ScenarioError(f"{where}: expected a manifest with metadata.name")
    for key in ("apiVersion", "kind"):
        if not isinstance(data.get(key), str):
            raise ScenarioError(f"{where}: the manifest lacks {key}")
    return dict(data)


def _step(data: Any, where: str) -> Step:
    check_keys(data, (*_TIMES, *ACTIONS), where)
    times = read(_When, {key: value for key, value in data.items() if key in _TIMES}, where)
    if (times.at is None) == (times.after is None and times.when is None):
        raise ScenarioError(f"{where}: needs at, or after, when or both")
    action = _one(data, ACTIONS, where, "action")
    when = None if times.when is None else _condition(times.when, f"{where}.when")
    return Step(action, times.at, times.after or 0.0, when)


def _expectation(data: Any, where: str) -> Expectation:
    found = read(_Expect, data, where)
    check = None if found.check is None else _condition(found.check, f"{where}.check")
    return Expectation(found.say, check)


def _condition(data: dict[str, Any], where: str) -> Condition:
    check_keys(data, CONDITIONS, where)
    return _one(data, CONDITIONS, where, "condition")


def _one(data: dict[str, Any], kinds: dict[str, type[P]], where: str, what: str) -> P:
    words = [key for key in data if key in kinds]
    if len(words) != 1:
        raise ScenarioError(f"{where}: needs exactly one {what}, of {_listed(kinds)}")
    word = words[0]
    return read(kinds[word], {} if data[word] is None else data[word], f"{where}.{word}")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
