"""Killed during any request, before or after it took effect, the next process converges.

The course of a scenario up to a request is the same whether the process dies there or not, so it
is played once; from a copy of the world at each request the next process takes over.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.controller.runtime.harness import ROUND_S, Harness
from tests.controller.runtime.scenario import Point, Result, Scenario, Step, Tally, add
from tests.controller.support import golden, golden_names, raw_spec


def spec_of(scenario: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of a recorded scenario."""
    more: dict[str, Any] = {}
    if "rollout" in scenario:
        more["rollout"] = scenario["rollout"]
    if "restartPolicy" in scenario:
        more["template"] = {"restartPolicy": scenario["restartPolicy"]}
    return raw_spec(scenario["replicas"], scenario["size"], **more)


class Undisturbed:
    """A scenario played by one process that lives, and all moments at which it might not."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.points: list[Point] = []

    async def play(self, sets: dict[str, dict[str, Any]]) -> None:
        harness = Harness()
        for name, spec in sets.items():
            add(harness.world, name, spec)
        self.scenario = scenario = Scenario(self.steps, harness)
        scenario.record()
        harness.start("one")
        self.result = await scenario.play()
        self.points = scenario.points
        self.created = harness.requests("create", "pods")
        self.deleted = harness.requests("delete", "pods")
        await harness.close()

    async def fork(self, point: Point) -> tuple[Result, Scenario]:
        harness = Harness(point.world.copy())
        scenario = Scenario(self.steps, harness, point)
        harness.start("two")
        await harness.clock.advance(ROUND_S)  # at work before the kubelets go on
        result = await scenario.play()
        await harness.close()
        return result, scenario

    async def check(self) -> None:
        """Let the process die at every moment, and compare what comes of it."""
        for number, point in enumerate(self.points):
            where = f"died at moment {number} of {len(self.points)}, in step {point.step}"
            last = point.world.requests[-1:]
            result, scenario = await self.fork(point)
            assert result == self.result, (where, last)
            harness = scenario.harness
            assert harness.requests("delete", "pods") <= self.deleted, (where, last)
            assert harness.requests("create", "pods") <= self.created, (where, last)
            ours, lived = scenario.tally, self.scenario.tally
            for name in scenario.sets():
                assert is_part(recreated(ours, name), recreated(lived, name)), where
            assert ours.least_ready >= lived.least_ready, where
            assert ours.most_groups <= lived.most_groups, where


def recreated(tally: Tally, name: str) -> list[tuple[str, str]]:
    """Leaders of a set without the first of each name, whose order is up to concurrency."""
    leaders = [leader for leader in tally.leaders if leader[0].rpartition("-")[0] == name]
    return [leader for at, leader in enumerate(leaders) if leader[0] in dict(leaders[:at])]


def is_part(part: list[Any], whole: list[Any]) -> bool:
    """Tell whether the entries of one list are in another, in this order."""
    rest = iter(whole)
    return all(entry in rest for entry in part)


@pytest.mark.parametrize("name", golden_names("traces"))
async def test_a_death_at_any_request_of_a_trace_changes_nothing(name: str) -> None:
    recorded = golden("traces", name)
    undisturbed = Undisturbed(recorded["scenario"]["steps"])
    await undisturbed.play({"t": spec_of(recorded["scenario"])})
    final = recorded["summary"]["final"]
    status = (final["replicas"], final["ready"], final["updated"], tuple(final["true"]))
    assert undisturbed.result.status == {"t": status}
    assert len(undisturbed.points) > 10
    await undisturbed.check()


async def test_a_death_while_several_sets_are_worked_on() -> None:
    steps: list[Step] = [
        {"wait": "available", "set": "a"},
        {"wait": "available", "set": "b"},
        {"image": "img:v2", "set": "a"},
        {"scale": 1, "set": "b"},
        {"sleep": 1},
        {"delete_pod": "-0-1", "set": "b"},
        {"wait": {"updated": 3}, "set": "a"},
    ]
    undisturbed = Undisturbed(steps)
    await undisturbed.play({"a": raw_spec(3, 2), "b": raw_spec(2, 3)})
    assert undisturbed.result.status["a"] == (3, 3, 3, ("Available",))
    assert undisturbed.result.status["b"] == (1, 1, 1, ("Available",))
    await undisturbed.check()
