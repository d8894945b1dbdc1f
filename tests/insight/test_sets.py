"""Rules about groups, sets, engines and measuring: what fires them, what only looks like it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from controller.api.lws import LwsStatus
from controller.api.meta import Condition, Key
from controller.api.names import PAUSED
from lwstui.insight import measuring, rules, serving, sets
from lwstui.insight.judging import judge
from lwstui.state.insights import Judgment
from lwstui.state.model import ControllerView, GroupHistory
from lwstui.state.telemetry import EngineView, Source, Telemetry, grouped, next_devices
from lwstui.telemetry.devices import DeviceId, Reading
from lwstui.telemetry.engines import EngineReading, Fact, Rates
from lwstui.telemetry.join import Owner
from lwstui.telemetry.quantities import Quantity
from lwstui.tui.actions import ACTIONS
from lwstui.tui.commands.registry import COMMANDS
from tests.insight.support import LLAMA, NOW, death, event, world
from tests.insight.test_nodes import DEVICE_CASES, NODE_CASES
from tests.insight.test_pods import CASES as POD_CASES
from tests.insight.test_pods import pending
from tests.view.build import container, lws, node, pod, starting

GROUP = (LLAMA, 0)
RACK = "topology.example/rack"
TAKEN = "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
PINNED = "0/9 nodes are available: 9 node(s) didn't match Pod's node affinity/selector."
FULL = "0/2 nodes are available: 2 Insufficient nvidia.com/gpu."


def found_by(family, one):
    found: dict[str, list[str]] = {}
    for finding in family.findings(one):
        found.setdefault(finding.rule, []).append(finding.diagnosis)
    return found


def policy(name):
    template = lws().spec["leaderWorkerTemplate"]
    return (lws(leaderWorkerTemplate={**template, "restartPolicy": name}),)


def loop(*ages, ready=False, deaths=()):
    made = tuple(NOW - age for age in ages)
    history = {GROUP: GroupHistory(made)}
    return world(pod(ready=ready), pod(0, 1), history=history, deaths=deaths)


def controlled(*waits, mode="leader", updating=True, paused="", **more):
    status = LwsStatus(conditions=(Condition("UpdateInProgress", "True" if updating else "False"),))
    one = msgspec.structs.replace(lws(), status=status)
    if paused:
        meta = msgspec.structs.replace(one.metadata, annotations={PAUSED: paused})
        one = msgspec.structs.replace(one, metadata=meta)
    view = ControllerView(mode=mode, waits={LLAMA: waits}, **more)
    return world(pod(), pod(0, 1), sets=(one,), controller=view)


def partial(index, *, whole=False):
    worker = (
        pod(index, 1) if whole else pending(FULL, name=f"llama-{index}-1", group=index, worker=1)
    )
    return (pod(index), worker)


def refused(note, **changes):
    return event("FailedCreate", "llama", note, regarding_kind="LeaderWorkerSet", **changes)


STARTING_LEADER = starting(size=2)
LEADER_READY = (lws(startupPolicy="LeaderReady"),)
RACKED = {"topology": RACK, "size": 2}
WITH_RACK = (node("node-0", labels={RACK: "r7"}),)

SET_CASES = {
    "G9": (
        world(pod(), pod(0, 1), pending(FULL, name="llama-1", group=1, worker=0)),
        world(pod(), pod(0, 1), pending(TAKEN, name="llama-1", group=1, worker=0)),
        "there is room for 1 of the 2 groups that are asked for: too few nvidia.com/gpu on 2 of "
        "2 nodes",
    ),
    "G1": (
        world(STARTING_LEADER, sets=LEADER_READY),
        world(STARTING_LEADER),
        "its 1 workers are made when the leader is ready, as the set asks",
    ),
    "G2": (
        world(pending(TAKEN, **RACKED)),
        world(pending(TAKEN)),
        f"every {RACK} holds another group already: as many groups fit as there are domains",
    ),
    "G3": (
        world(pod(**RACKED), pending(PINNED, name="llama-0-1", worker=1), nodes=WITH_RACK),
        world(pod(**RACKED), pod(0, 1, node="node-0"), nodes=WITH_RACK),
        f"its leader is in {RACK} r7, which has no room for 1 of its workers",
    ),
    "G4": (
        world(*partial(0), *partial(1)),
        world(*partial(0, whole=True), *partial(1), *partial(2)),
        "2 groups hold 8 accelerators and none of them is whole: each waits for what the others "
        "hold",
    ),
    "G5": (
        loop(5000, 600, 300, 60, deaths=tuple(death(generation=g) for g in (1, 2, 3))),
        loop(5000, 600, 300, 60, ready=True),
        "it was recreated 3 times in the last 15 minutes, each time after llama-0-1 ended: exit 1",
    ),
    "G5 unseen": (
        loop(5000, 600, 300, 60),
        loop(600, 300, 60),
        "it was recreated 3 times in the last 15 minutes, its ends were not seen",
    ),
    "G5 ready between": (
        loop(5000, 600, 300, 60, deaths=tuple(death(generation=g) for g in (1, 2, 3)), ready=True),
        loop(
            *(5000, 600, 300, 60),
            deaths=tuple(death(generation=g, exit_code=143) for g in (1, 2, 3)),
            ready=True,
        ),
        "it was recreated 3 times in the last 15 minutes, each time after llama-0-1 ended: exit 1; "
        "at the moment it is ready",
    ),
    "G6": (
        world(pod(), pod(0, 1, containers=(container(restarts=1),)), sets=policy("None")),
        world(pod(), pod(0, 1, containers=(container(restarts=1),))),
        "llama-0-1 started again and the others did not: the engine most likely hangs",
    ),
    "G8": (
        world(pod(), pod(0, 1, revision="bbb222")),
        world(pod(), pod(0, 1, revision="bbb222", deleted_at=NOW)),
        "its pods are of 2 revisions: aaa111, bbb222",
    ),
    "G7": (
        controlled(("readiness", "group 5 is not ready", 5)),
        controlled(("readiness", "group 5 is not ready", 5), updating=False),
        "its rollout does not go on: group 5 is not ready",
    ),
    "C1": (
        world(pod(), sets=(lws(leaderWorkerTemplate={"size": 0, "workerTemplate": {}}),)),
        world(pod()),
        None,
    ),
    "C2": (
        controlled(("collision", "service llama is somebody else's", -1)),
        controlled(("terminating", "group 0: waiting", 0)),
        "the controller stands back: service llama is somebody else's",
    ),
    "C3": (
        controlled(mode="off"),
        controlled(mode="native"),
        "nothing replaces what it loses: no controller runs",
    ),
    "C3 for one set": (
        controlled(mode="elsewhere", paused="2026-08-21T10:00:00Z by alice"),
        controlled(mode="elsewhere"),
        "nothing replaces what it loses: the controller is paused for it by alice",
    ),
    "C4": (
        world(pod(), events=(refused('pods "llama-1" is forbidden: exceeded quota: gpus'),)),
        world(pod(), events=(refused("exceeded quota", last_at=NOW - 901),)),
        "its pods are not created: the namespace's quota is used up",
    ),
}


@pytest.mark.parametrize("name", SET_CASES)
def test_a_rule_about_sets_fires_and_its_near_miss_does_not(name):
    firing, near, diagnosis = SET_CASES[name]
    rule = name.split()[0]
    said = found_by(sets, firing).get(rule)
    assert said is not None
    if diagnosis is not None:
        assert said == [diagnosis]
    assert rule not in found_by(sets, near)


LEADER = Key("prod", "llama-0")


def engine(*, rates=None, at=NOW, ready=True, trend=(), **said):
    reading = EngineReading("vLLM", at, **said)
    change = None if rates is None else Rates(15.0, rates)
    view = EngineView(reading, change, running=trend, waiting=trend)
    told = Telemetry(NOW, 15.0, engines={LEADER: view})
    return world(pod(ready=ready), pod(0, 1), telemetry=told)


def two_engines(one, other):
    views = {
        Key("prod", f"llama-{n}"): EngineView(EngineReading("vLLM", NOW, running=running))
        for n, running in enumerate((one, other))
    }
    return world(pod(), pod(1), telemetry=Telemetry(NOW, 15.0, engines=views))


ENGINE_CASES = {
    "E3": (
        engine(running=8.0, rates={Fact.GENERATED: 0.0}),
        engine(running=8.0, rates={Fact.GENERATED: 3.0}),
        "its engine hangs: 8 requests are in work and nothing comes out",
    ),
    "E3 idle": (
        engine(running=8.0, rates={Fact.GENERATED: 0.0}),
        engine(running=0.0, rates={Fact.GENERATED: 0.0}),
        "its engine hangs: 8 requests are in work and nothing comes out",
    ),
    "E4": (
        engine(healthy=False),
        engine(healthy=None),
        "its engine calls itself unhealthy although its probe passes",
    ),
    "E4 silent": (
        engine(at=NOW - 76),
        engine(at=NOW - 74),
        "its engine does not answer any more although its probe passes",
    ),
    "E8": (
        engine(kv=0.97, waiting=4.0),
        engine(kv=0.97, waiting=0.0),
        "its KV cache is full (97%) and requests wait for room in it",
    ),
    "E9": (
        engine(kv=0.5, running=4.0, waiting=9.0),
        engine(kv=0.5, running=4.0, waiting=9.0, deferred=3.0),
        "9 requests wait although its KV cache has room: a limit of the engine holds them",
    ),
    "E10": (
        two_engines(20.0, 2.0),
        two_engines(20.0, 8.0),
        "group 0 works on 20 requests, group 1 on 2",
    ),
    "E11": (
        engine(trend=(0.0,) * 60),
        engine(trend=(0.0,) * 59 + (1.0,)),
        "it has had no request for 15 minutes and holds 8 accelerators",
    ),
    "E14": (
        engine(deferred=2.0),
        engine(deferred=0.0),
        "2 requests wait for an adapter or a transfer",
    ),
    "E15": (
        engine(rates={Fact.FAILED: 1.0, Fact.FINISHED: 10.0}),
        engine(rates={Fact.FAILED: 0.4, Fact.FINISHED: 10.0}),
        "10% of its requests fail or are given up",
    ),
}


@pytest.mark.parametrize("name", ENGINE_CASES)
def test_a_rule_about_engines_fires_and_its_near_miss_does_not(name):
    firing, near, diagnosis = ENGINE_CASES[name]
    rule = name.split()[0]
    assert found_by(serving, firing).get(rule) == [diagnosis]
    assert rule not in found_by(serving, near)


def test_a_hung_collective_is_told_by_devices_that_spin():
    reading = Reading(
        DeviceId("node-0", "GPU-0"),
        NOW,
        values={Quantity.ENGINE: 1.0, Quantity.DRAM: 0.0},
    )
    views = next_devices({}, [reading], {reading.device: Owner((LEADER,), "device")}, 0.0)
    by_node, by_pod = grouped(views.values())
    one = engine(running=8.0, rates={Fact.GENERATED: 0.0})
    told = replace(one.snapshot.telemetry, devices=views, by_node=by_node, by_pod=by_pod)
    seen = replace(one, snapshot=replace(one.snapshot, telemetry=told))
    (diagnosis,) = found_by(serving, seen)["E3"]
    assert diagnosis.endswith("its devices spin without moving memory")


def measured(*, sources=(), nodes=("node-0",), at=NOW, owner=None, pods=()):
    views = {}
    for name in nodes:
        reading = Reading(DeviceId(name, f"GPU-{name}"), at, pods=pods)
        views |= next_devices({}, [reading], {reading.device: owner or Owner()}, 0.0)
    by_node, by_pod = grouped(views.values())
    told = Telemetry(NOW, 15.0, views, by_node, by_pod, sources=sources)
    there = tuple(node(name, capacity=(("nvidia.com/gpu", 8),)) for name in ("node-0", "node-1"))
    return world(pod(), nodes=there, telemetry=told)


BOTH = ("node-0", "node-1")
HELD = Owner((LEADER,), "device")
MEASURING_CASES = {
    "T1": (
        measured(),
        measured(nodes=BOTH),
        "1 of 2 nodes with accelerators are not measured",
    ),
    "T2": (
        measured(sources=(Source("engines", 2, 0, "not allowed: get pods/proxy in llm"),)),
        measured(sources=(Source("engines", 2, 2, ""),)),
        "engines cannot be asked: a permission is missing",
    ),
    "T3": (
        measured(sources=(Source("engines", 2, 0, "llama-0 does not answer: timeout"),)),
        measured(sources=(Source("engines", 2, 1, "llama-0 does not answer: timeout"),)),
        "none of 2 engines answers: the API server may not reach pods",
    ),
    "T4": (
        measured(owner=HELD),
        measured(owner=HELD, pods=(LEADER,)),
        "exporters name no pods: whose a device is comes from the pods alone",
    ),
    "T5": (
        measured(nodes=BOTH, at=NOW - 76),
        measured(nodes=BOTH, at=NOW - 74),
        "nothing new was measured on 2 nodes",
    ),
    "T6": (
        measured(owner=Owner((LEADER,), "device", lags=True)),
        measured(owner=HELD),
        "exporters still name the pods of before for 1 device",
    ),
}


@pytest.mark.parametrize("name", MEASURING_CASES)
def test_a_rule_about_measuring_fires_and_its_near_miss_does_not(name):
    firing, near, diagnosis = MEASURING_CASES[name]
    assert found_by(measuring, firing).get(name) == [diagnosis]
    assert name not in found_by(measuring, near)


def test_where_nothing_is_measured_nothing_is_missed():
    assert found_by(measuring, world(pod())) == {}


ALL = {**POD_CASES, **NODE_CASES, **DEVICE_CASES, **SET_CASES, **ENGINE_CASES, **MEASURING_CASES}


def test_there_are_rules_enough_and_each_has_a_case():
    assert len({name.split()[0] for name in ALL}) >= 60


@pytest.mark.parametrize("name", ALL)
def test_advice_is_bound_to_keys_and_commands_that_exist(name):
    keys = {spec.id for spec in ACTIONS}
    verbs = {spec.verb for spec in COMMANDS}
    for finding in rules.findings(ALL[name][0]):
        for one in finding.advice:
            assert not one.action or one.action in keys
            assert not one.command or one.command.split()[0] in verbs
        assert finding.evidence


def test_a_healthy_cluster_has_no_finding_at_all():
    assert list(rules.findings(world(pod(), pod(0, 1), pod(1), pod(1, 1)))) == []


def test_a_group_that_begins_again_for_want_of_room_is_a_consequence_of_that():
    made = tuple(NOW - age for age in (400, 300, 200, 100))
    without = pending(FULL, name="llama-0-1", worker=1)
    one = world(pod(ready=False), without, history={GROUP: GroupHistory(made)})
    found = list(rules.findings(one))
    judged = judge(judge(Judgment(), found, NOW), found, NOW + 120).insights
    assert [one.finding.rule for one in judged] == ["G9"]
    assert {one.finding.rule for one in judged[0].consequences} == {"G5", "P1"}
