"""How many replicas an autoscaler wants. Pure.

Source: Kubernetes "Horizontal Pod Autoscaling", algorithm details and configurable behavior.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLERANCE = 0.1
_UP: Mapping[str, Any] = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_DOWN: Mapping[str, Any] = {
    "stabilizationWindowSeconds": 300,
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}
_READY = ("ReadyForNewScale", "recommended size matches current size")
_HELD_UP = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, "
    "applying the highest recent recommendation",
)
_HELD_DOWN = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the pods of a target use of one metric, in any unit.

    ``used`` holds a value for each pod that counts, ``missing`` pods have none, ``unready`` ones
    are not ready yet.
    """

    used: Sequence[float]
    missing: int = 0
    unready: int = 0

    @property
    def average(self) -> float:
        """Return the mean of the values."""
        return sum(self.used) / len(self.used)


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at some simulated second: a recommendation, or how far was scaled."""

    at_s: float
    replicas: int


@dataclass(frozen=True, slots=True)
class Past:
    """What an autoscaler remembers: its recommendations and the changes that it has made."""

    wanted: tuple[Moment, ...] = ()
    changes: tuple[Moment, ...] = ()

    def recent(self, now_s: float, keep_s: float) -> "Past":
        """Return what is not older than ``keep_s``."""
        return Past(
            tuple(each for each in self.wanted if now_s - each.at_s <= keep_s),
            tuple(each for each in self.changes if now_s - each.at_s <= keep_s),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The replicas to have, with reason and message of AbleToScale and ScalingLimited.

    An empty ``limited`` says that nothing limits the number.
    """

    replicas: int
    able: str
    able_message: str
    limited: str
    limited_message: str


def proposal(current: int, usage: Usage, target: float) -> int:
    """Return the replicas that bring the average to ``target``, ``current`` if it is near.

    Pods without a value count as what argues against a change, unready ones as idle.
    """
    ratio = usage.average / target
    values = list(usage.used)
    if ratio > 1:
        values += [0.0] * (usage.missing + usage.unready)
    elif ratio < 1:
        values += [target] * usage.missing
    rebalanced = sum(values) / len(values) / target
    turned = (ratio - 1) * (rebalanced - 1) < 0
    if abs(rebalanced - 1) <= TOLERANCE or turned:
        return current
    wanted = math.ceil(rebalanced * len(values) - 1e-9)
    return current if (wanted - current) * (ratio - 1) < 0 else wanted


def decide(
    spec: Mapping[str, Any], current: int, wanted: int, past: Past, now_s: float
) -> Decision:
    """Bring a recommendation into what the autoscaler's spec allows.

    Args:
        spec: Of the autoscaler.
        current: Replicas now.
        wanted: What the metrics ask for.
        past: What was recommended and changed before.
        now_s: Simulated seconds.
    """
    up, down = rules(spec, "scaleUp"), rules(spec, "scaleDown")
    steady = _stabilized(current, wanted, past, now_s, up=up, down=down)
    paced = steady
    if steady > current:
        paced = min(steady, _highest(current, past, now_s, up))
    elif steady < current:
        paced = max(steady, _lowest(current, past, now_s, down))
    least, most = int(spec.get("minReplicas") or 1), int(spec["maxReplicas"])
    able = _READY
    if steady != wanted:
        able = _HELD_UP if steady > wanted else _HELD_DOWN
    limited = _limit(paced, steady, least, most)
    return Decision(min(max(paced, least), most), *able, *limited)


def _limit(paced: int, steady: int, least: int, most: int) -> tuple[str, str]:
    if paced > most:
        return "TooManyReplicas", "the desired replica count is more than the maximum replica count"
    if paced < least:
        return "TooFewReplicas", "the desired replica count is less than the minimum replica count"
    if paced == steady:
        return "", "the desired count is within the acceptable range"
    reason, word = ("ScaleUpLimit", "in") if paced < steady else ("ScaleDownLimit", "de")
    return reason, f"the desired replica count is {word}creasing faster than the maximum scale rate"


def rules(spec: Mapping[str, Any], direction: str) -> Mapping[str, Any]:
    """Return the scaling rules of a direction, ``scaleUp`` or ``scaleDown``, with the defaults."""
    usual = _UP if direction == "scaleUp" else _DOWN
    given = ((spec.get("behavior") or {}).get(direction)) or {}
    return {**usual, **{name: value for name, value in given.items() if value is not None}}


def memory_s(spec: Mapping[str, Any]) -> float:
    """Return how far back an autoscaler has to remember, in simulated seconds."""
    both = [rules(spec, "scaleUp"), rules(spec, "scaleDown")]
    windows = [each["stabilizationWindowSeconds"] for each in both]
    periods = [policy["periodSeconds"] for each in both for policy in each["policies"]]
    return float(max([*windows, *periods]))


def _stabilized(
    current: int,
    wanted: int,
    past: Past,
    now_s: float,
    *,
    up: Mapping[str, Any],
    down: Mapping[str, Any],
) -> int:
    """Return the number nearest to ``current`` of what was wanted in the windows."""

    def within(window_s: float) -> list[int]:
        return [each.replicas for each in past.wanted if now_s - each.at_s <= window_s]

    upper = min([wanted, *within(up["stabilizationWindowSeconds"])])
    lower = max([wanted, *within(down["stabilizationWindowSeconds"])])
    return min(max(current, upper), lower)


def _changed(past: Past, now_s: float, period_s: float, sign: int) -> int:
    return sum(
        abs(each.replicas)
        for each in past.changes
        if now_s - each.at_s <= period_s and each.replicas * sign > 0
    )


def _highest(current: int, past: Past, now_s: float, up: Mapping[str, Any]) -> int:
    limits = []
    for policy in up["policies"]:
        start = current - _changed(past, now_s, policy["periodSeconds"], 1)
        is_pods = policy["type"] == "Pods"
        share = start * (1 + policy["value"] / 100)
        limits.append(start + policy["value"] if is_pods else math.ceil(share))
    return _selected(up, limits, current, widest=max)


def _lowest(current: int, past: Past, now_s: float, down: Mapping[str, Any]) -> int:
    limits = []
    for policy in down["policies"]:
        start = current + _changed(past, now_s, policy["periodSeconds"], -1)
        is_pods = policy["type"] == "Pods"
        share = start * (1 - policy["value"] / 100)
        limits.append(start - policy["value"] if is_pods else int(share))
    return _selected(down, limits, current, widest=min)


def _selected(given: Mapping[str, Any], limits: list[int], current: int, *, widest: Any) -> int:
    if given["selectPolicy"] == "Disabled" or not limits:
        return current
    narrowest = min if widest is max else max
    choose = narrowest if given["selectPolicy"] == "Min" else widest
    return int(choose(limits))
