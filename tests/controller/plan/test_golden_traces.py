"""Scripted changes, replayed through the planner and compared with what native did.

Equal in: which groups are recreated in which order at which revision, least ready groups
(never fewer), most groups (never more), final status, condition states passed through.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.controller.support import FakeCluster, golden, golden_names, make_set, raw_spec

TRACES = golden_names("traces")
TICKS_PER_SECOND = 4


class Replay:
    """Runs a scenario step by step and watches ready groups and the number of groups."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        more = {}
        if "rollout" in scenario:
            more["rollout"] = scenario["rollout"]
        if "restartPolicy" in scenario:
            more["template"] = {"restartPolicy": scenario["restartPolicy"]}
        spec = raw_spec(scenario["replicas"], scenario["size"], **more)
        self.cluster = FakeCluster(make_set(spec, name="t"))
        self.available = False
        self.least_ready = scenario["replicas"]
        self.most_groups = 0
        for step in scenario["steps"]:
            self.do(step)
        self.run(8)

    def do(self, step: dict[str, Any]) -> None:
        ((verb, value),) = step.items()
        cluster = self.cluster
        match verb:
            case "wait":
                self.wait(value)
            case "sleep":
                self.run(value * TICKS_PER_SECOND)
            case "image":
                cluster.set_image(value)
            case "scale":
                self.least_ready = min(self.least_ready, value)
                cluster.scale(value)
            case "patch":
                cluster.edit(lambda spec: merge(spec, value["spec"]))
            case "delete_pod":
                cluster.delete(f"t{value}")
            case "restart_container":
                cluster.restart_container(f"t{value}")
            case _:
                raise AssertionError(step)

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.pass_()
            self.cluster.tick()
            self.watch()

    def wait(self, wanted: str | dict[str, int]) -> None:
        for _ in range(80):
            self.pass_()
            if self.reached(wanted):
                self.available = True
                return
            self.cluster.tick()
            self.watch()
        raise AssertionError(f"{wanted} not reached: {self.cluster.last}")

    def pass_(self) -> None:
        self.cluster.quiet()
        self.watch()

    def reached(self, wanted: str | dict[str, int]) -> bool:
        status = self.cluster.lws.status
        if isinstance(wanted, str):
            return self.cluster.true_conditions() == ["Available"]
        seen = {
            "updated": status.updated_replicas,
            "ready": status.ready_replicas,
            "replicas": status.replicas,
        }
        return all(seen[key] == value for key, value in wanted.items())

    def watch(self) -> None:
        if self.available:
            self.least_ready = min(self.least_ready, len(self.cluster.ready_groups()))
        self.most_groups = max(self.most_groups, len(self.cluster.groups()))


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


def labelled(batches: list[list[tuple[int, str]]]) -> list[list[tuple[int, str]]]:
    """Batches with revisions named r1, r2, ... in order of appearance."""
    labels: dict[str, str] = {}
    return [
        [(group, labels.setdefault(key, f"r{len(labels) + 1}")) for group, key in batch]
        for batch in batches
    ]


def recreations(batches: list[list[tuple[int, str]]]) -> list[list[tuple[int, str]]]:
    """Batches without the first creation of each group, whose order is up to concurrency."""
    seen: set[int] = set()
    result = []
    for batch in batches:
        again = [entry for entry in batch if entry[0] in seen]
        seen |= {group for group, _ in batch}
        if again:
            result.append(again)
    return result


@pytest.mark.parametrize("name", TRACES)
def test_trace(name: str) -> None:
    recorded = golden("traces", name)
    summary = recorded["summary"]
    replay = Replay(recorded["scenario"])
    batches = labelled(replay.cluster.batches)
    native = [[(group, revision)] for group, revision in summary["leader_creations"]]
    created = sorted(entry for batch in batches for entry in batch)
    assert created == sorted(entry for batch in native for entry in batch)
    # What we create in one pass native creates in some order.
    order = [entry for batch in recreations(native) for entry in batch]
    for batch in recreations(batches):
        assert sorted(batch) == sorted(order[: len(batch)])
        order = order[len(batch) :]


@pytest.mark.parametrize("name", TRACES)
def test_trace_availability_and_surge(name: str) -> None:
    recorded = golden("traces", name)
    replay = Replay(recorded["scenario"])
    assert replay.least_ready >= recorded["summary"]["min_ready_groups_after_first_available"]
    assert replay.most_groups <= recorded["summary"]["max_groups"]


@pytest.mark.parametrize("name", TRACES)
def test_trace_status(name: str) -> None:
    recorded = golden("traces", name)
    cluster = Replay(recorded["scenario"]).cluster
    status = cluster.lws.status
    assert {
        "replicas": status.replicas,
        "ready": status.ready_replicas,
        "updated": status.updated_replicas,
        "true": cluster.true_conditions(),
    } == recorded["summary"]["final"]
    states = {
        frozenset(event["status"]["true"]) for event in recorded["events"] if "status" in event
    }
    states -= {frozenset()}  # before the first status
    assert cluster.conditions == states


@pytest.mark.parametrize("name", TRACES)
def test_trace_comes_to_rest(name: str) -> None:
    cluster = Replay(golden("traces", name)["scenario"]).cluster
    last = cluster.plan()
    assert (last.actions, last.status, last.events, last.waits) == ((), None, (), ())
