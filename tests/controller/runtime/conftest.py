"""A world with a driven clock, and a planner whose wishes are easily seen."""

from __future__ import annotations

import pytest

from controller.plan.actions import Plan, Wait
from tests.controller.runtime.bodies import create_leader
from tests.controller.runtime.harness import Harness


class Planner:
    """Wants one leader pod per set, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.requeue_after_s: float | None = None

    def __call__(self, observed, now):
        name = observed.lws.metadata.name
        self.asked.append(name)
        if name in self.broken:
            raise KeyError("planner bug")
        if observed.pods or f"pods/{name}-0" in observed.taken:
            return Plan(
                waits=(Wait("done", "nothing to do"),), requeue_after_s=self.requeue_after_s
            )
        meta = {"name": name, "namespace": "default", "uid": observed.lws.metadata.uid}
        return Plan((create_leader({"metadata": meta}, 0),))


@pytest.fixture
async def harness():
    harness = Harness()
    yield harness
    await harness.close()


@pytest.fixture
def planner() -> Planner:
    return Planner()
