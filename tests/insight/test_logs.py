"""Rules about the last lines of logs: the least that fires each, and what only looks like it."""

from __future__ import annotations

import msgspec
import pytest

from lwstui.insight import logs as rules
from lwstui.insight.ends import findings as pod_findings
from lwstui.insight.judging import folded
from lwstui.insight.sets import findings as set_findings
from lwstui.state.insights import Severity, Standing
from lwstui.state.model import GroupHistory
from lwstui.state.tails import LINES, LONGEST, PODS, Said, Tail, Tails
from tests.insight.support import LLAMA, NOW, death, world
from tests.view.build import pod

WATCHDOG = (
    "[rank1]:[E821 10:41:00 ProcessGroupNCCL.cpp:632] [Rank 1] Watchdog caught collective "
    "operation timeout: WorkNCCL(SeqNum=9, OpType=ALLREDUCE, NumelIn=1, Timeout(ms)=600000) "
    "ran for 600012 milliseconds"
)
RAY = "ray.exceptions.RayActorError: The actor died: ip=10.0.0.12, worker process has died"


def said(*texts, ago=10.0, worker=1, group=0, uid=None):
    """Return the tail of a pod that said some lines."""
    one = pod(group, worker)
    lines = tuple(Said(NOW - ago, text) for text in texts)
    return {one.key: Tail(uid or one.uid, lines)}


def broken(*, tails=None, deaths=(), ready=False, now=NOW):
    """Return a group of two whose worker is not ready."""
    members = (pod(0, 0, ip="10.0.0.1"), pod(0, 1, ip="10.0.0.12", ready=ready))
    return world(*members, tails=tails or {}, deaths=deaths, now=now)


def died(*lines, **changes):
    return broken(deaths=(death(lines=lines, **changes),))


def fired(one):
    return {finding.rule: finding for finding in rules.findings(one)}


CASES = {
    "E1": (
        died(WATCHDOG),
        died("collective operation finished"),
        "a collective operation ALLREDUCE timed out after 600 s: a rank died or a link stalls, and "
        "those that report it are not the cause",
    ),
    "E1 read": (
        broken(tails=said("ProcessGroupNCCL: work timed out")),
        broken(tails=said("ProcessGroupNCCL: ready", "request timed out")),
        "a collective operation timed out: a rank died or a link stalls, and those that report it "
        "are not the cause",
    ),
    "E2": (died(RAY), died("the actor died laughing"), "Ray lost worker llama-0-1"),
    "E2 nameless": (
        died("node 4f marked dead: missed too many heartbeats from 10.0.0.121"),
        died("node 4f is alive"),
        "Ray lost one of its workers",
    ),
    "E3": (
        died("EngineDeadError: EngineCore encountered an issue"),
        died("RPC call to sample took 3 s"),
        "its engine hangs or is dead, by its own words; its probe may pass all the same",
    ),
    "E3 twice": (
        died(*["No available shared memory broadcast block found in 60 seconds"] * 2),
        died("No available shared memory broadcast block found in 60 seconds"),
        "its engine hangs or is dead, by its own words; its probe may pass all the same",
    ),
    "E5": (
        broken(tails=said("Waiting for all nodes. 1/2 is active", worker=0)),
        broken(tails=said("1/2 is active", "2/2 is active", worker=0)),
        "its leader waits for workers: 1 of 2 have joined",
    ),
    "E5 have": (
        broken(tails=said("ray_utils.py:60 Waiting for 8 nodes, have 6", worker=0)),
        broken(tails=said("1/2 is active", worker=1)),
        "its leader waits for workers: 6 of 8 have joined",
    ),
    "E6": (
        died("llama-0-1:7:9 [0] NCCL WARN Connect to 10.0.0.1<41233> failed : No route to host"),
        died("llama-0-1:7:9 [0] NCCL INFO Connected all rings"),
        "the ranks do not reach each other: the collective library complains of the network",
    ),
    "E6 silent": (
        broken(tails=said("NCCL INFO comm 0x1 rank 0 nranks 2 - Init START", ago=121)),
        broken(tails=said("NCCL INFO rank 0 - Init START", "NCCL INFO Init COMPLETE", ago=121)),
        "the ranks have been looking for each other for more than two minutes",
    ),
    "E6 SGLang": (
        broken(tails=said("TP0] Init torch distributed begin.", ago=121)),
        broken(
            tails=said(
                "TP0] Init torch distributed begin.", "TP0] Load weight begin. avail mem", ago=121
            )
        ),
        "the ranks have been looking for each other for more than two minutes",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_rule(name):
    world_with, world_without, diagnosis = CASES[name]
    rule = name.split(maxsplit=1)[0]
    found = fired(world_with)[rule]
    assert found.diagnosis == diagnosis
    assert found.evidence
    assert rule not in fired(world_without)


def test_evidence_quotes_the_line_and_who_said_it():
    (finding,) = rules.findings(died(WATCHDOG))
    assert finding.evidence[0].text.startswith("llama-0-1: [rank1]:[E821 10:41:00 ProcessGroup")
    assert finding.evidence[0].at == NOW - 60


def test_who_did_not_report_a_timeout_is_looked_at_first():
    (finding,) = rules.findings(died(WATCHDOG))
    assert finding.advice[0].text == "look first at who does not say so: llama-0"


def test_lines_of_long_ago_and_of_an_earlier_incarnation_say_nothing():
    assert fired(died(WATCHDOG, at=NOW - 901)) == {}
    assert fired(broken(tails=said(WATCHDOG, ago=901))) == {}
    assert fired(broken(tails=said(WATCHDOG, uid="another"))) == {}


def test_where_all_is_ready_only_what_is_said_now_counts():
    assert set(fired(broken(tails=said(WATCHDOG, ago=10), ready=True))) == {"E1"}
    assert fired(broken(tails=said(WATCHDOG, ago=121), ready=True)) == {}
    recreated = broken(deaths=(death(lines=(WATCHDOG,), uid="another"),), ready=True)
    assert fired(recreated) == {}


def test_a_container_that_ended_lately_and_runs_again_still_tells_why():
    again = broken(deaths=(death(lines=(WATCHDOG,)),), ready=True)
    assert set(fired(again)) == {"E1"}
    settled = broken(deaths=(death(lines=(WATCHDOG,), at=NOW - 601),), ready=True)
    assert fired(settled) == {}


def test_words_of_the_way_up_say_nothing_where_all_is_ready():
    assert fired(broken(tails=said("NCCL WARN hello", "1/2 is active", worker=0), ready=True)) == {}


def test_waiting_for_workers_is_held_back_and_ends_when_the_leader_falls_silent():
    waits = said("1/2 is active", worker=0)
    (finding,) = rules.findings(broken(tails=waits))
    assert finding.hold_s == rules.JOINING_S
    assert fired(broken(tails=said("1/2 is active", worker=0, ago=121))) == {}
    gave_up = broken(deaths=(death(worker=0, pod="llama-0", lines=("1/2 is active",)),))
    assert fired(gave_up)["E5"].hold_s == 0


def test_the_cause_comes_first_and_its_consequences_under_it():
    members = (pod(0, 0), pod(0, 1, ready=False))
    end = death(lines=(RAY, WATCHDOG, "NCCL WARN x"), exit_code=137)
    times = tuple(NOW - ago for ago in (500, 300, 200, 100))
    one = world(*members, deaths=(end,), history={(LLAMA, 0): GroupHistory(times)})
    every = [*rules.findings(one), *pod_findings(one), *set_findings(one)]
    insights = folded([Standing(finding, NOW) for finding in every])
    roots = [insight.finding.rule for insight in insights]
    assert roots == ["E2"]

    def rules_below(insight):
        return {insight.finding.rule}.union(*map(rules_below, insight.consequences))

    assert rules_below(insights[0]) == {"E2", "E1", "E6", "G5", "P8"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token hf_abcdefghijk used", "token hf_… used"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer …"),
        ("key sk-1234567890", "key sk-…"),
        ("x" * 300, "x" * (rules.QUOTED - 1) + "…"),
        ("[red]not markup[/]", "[red]not markup[/]"),
    ],
)
def test_what_looks_like_a_secret_is_not_quoted(text, shown):
    assert rules.quoted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "OpType=" + "A" * 100_000,
        "hf_" * 50_000,
        "1/" * 50_000,
        "collective operation " * 5_000,
        "(" * 100_000,
        "漢字🔥 \x00 [/foo]" * 1_000,
        "",
    ],
    ids=["operation", "secret", "count", "fragment", "brackets", "unicode", "empty"],
)
def test_hostile_lines_are_only_lines(text):
    one = died(text, text)
    assert {finding.rule for finding in rules.findings(one)} <= {"E1"}
    rules.quoted(text)


def test_tails_are_bounded_and_forget_earlier_incarnations():
    tails = Tails()
    key = pod().key
    tails.note(key, "a", [(float(n), "x" * 2_000) for n in range(LINES + 5)])
    kept = tails.now()[key]
    assert len(kept.lines) == LINES
    assert kept.lines[0] == Said(5.0, "x" * LONGEST)
    assert tails.now() is tails.now()
    tails.note(key, "b", [(1.0, "new")])
    assert tails.now()[key] == Tail("b", (Said(1.0, "new"),))
    for number in range(PODS):
        tails.note(pod(number).key, "a", [(0.0, "x")])
    assert len(tails.now()) == PODS


def test_a_pod_that_is_gone_is_no_trouble():
    one = broken(tails=said(WATCHDOG, group=5))
    assert fired(one) == {}
    alone = msgspec.structs.replace(pod(0, 1), group=-1)
    assert fired(world(alone, tails={alone.key: Tail(alone.uid, (Said(NOW, WATCHDOG),))})) == {}


def test_severities():
    assert fired(died(RAY))["E2"].severity is Severity.CRITICAL
    assert fired(died("NCCL WARN x"))["E6"].severity is Severity.WARNING
