"""Scripted changes on the sandbox with our controller, against what native did of the same script.

Equal are the groups made anew in their order with their revisions, the leaders made in all, the
final status and the condition states passed through; ready groups are never fewer than native's,
groups never more. The driver speaks plain HTTP.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import SPEED, World
from tests.support.kubeapi import Json, kube_api
from tests.support.trace import run_trace

TRACES = Path(__file__).parents[1] / "data" / "golden" / "traces"
# About what a pod of the recordings took, in seconds of the wall: scripts sleep by the wall, too.
STARTUP_S = 0.35
PACE = 2


def recreations(creations: Iterable[list[Any]]) -> list[list[Any]]:
    """Return the creations that are not the first of their group."""
    made = list(creations)
    first = {group: index for index, (group, _) in reversed(list(enumerate(made)))}
    return [each for index, each in enumerate(made) if index != first[each[0]]]


def states(events: list[Json]) -> set[tuple[str, ...]]:
    """Return the sets of true conditions passed through."""
    return {tuple(event["status"]["true"]) for event in events if "status" in event}


@pytest.mark.parametrize("case", sorted(path.stem for path in TRACES.glob("*.json")))
async def test_a_trace_is_as_native_left_it(world: World, case: str) -> None:
    recorded = json.loads((TRACES / f"{case}.json").read_text(encoding="utf-8"))
    native = recorded["summary"]
    async with kube_api(world.sandbox.kubeconfig) as api:
        trace = await run_trace(
            api, recorded["scenario"], startup_s=STARTUP_S * SPEED / PACE, pace=PACE
        )
    ours = trace.summary
    assert recreations(ours["leader_creations"]) == recreations(native["leader_creations"])
    assert sorted(ours["leader_creations"]) == sorted(native["leader_creations"])
    least = "min_ready_groups_after_first_available"
    assert ours[least] >= native[least]
    assert ours["max_groups"] <= native["max_groups"]
    assert ours["final"] == native["final"]
    assert states(trace.events) == states(recorded["events"])
