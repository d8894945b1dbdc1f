"""Evidence that comes and goes at random: what is said never flickers, and goes when it is gone.

Each walk prints its seed; a failing one is repeated by putting that seed into ``SEEDS``.
"""

from __future__ import annotations

import random

import pytest

from lwstui.insight.judging import CLEAN_ROUNDS, judge, worst_first
from lwstui.insight.rules import findings
from lwstui.insight.world import World
from lwstui.state.insights import Finding, Judgment, Severity, Subject
from tests.insight.support import LLAMA, NOW, death, event, node, world
from tests.view.build import container, pod, starting

PERIOD_S = 2.0
ROUNDS = 400
SEEDS = [
    pytest.param(1, id="first"),
    pytest.param(20_260_821, id="second"),
    pytest.param(random.SystemRandom().randrange(2**32), id="any"),
]
HOLDS = (0.0, 20.0, 60.0, 180.0)


def candidate(number: int) -> Finding:
    """Return one of some findings with different hold times."""
    severity = list(Severity)[number % 3]
    subject = Subject("group", *LLAMA, number)
    hold_s = HOLDS[number % len(HOLDS)]
    groups = frozenset({(LLAMA, number)})
    return Finding(f"R{number}", severity, subject, "x", groups=groups, hold_s=hold_s)


def said(judgment: Judgment) -> set[str]:
    return {insight.finding.rule for insight in worst_first(judgment.insights)}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_walk_of_evidence(seed):
    """A finding is said if and only if it held for its time, gaps of one round forgiven."""
    print("seed", seed)
    dice, judgment = random.Random(seed), Judgment()
    known = [candidate(number) for number in range(8)]
    there = dict.fromkeys(known, False)
    since: dict[Finding, float] = {}
    missed = dict.fromkeys(known, 0)
    for number in range(ROUNDS):
        now = number * PERIOD_S
        for one in known:
            there[one] ^= dice.random() < 0.15
            if there[one]:
                since.setdefault(one, now)
                missed[one] = 0
            elif one in since:
                missed[one] += 1
                if missed[one] >= CLEAN_ROUNDS:
                    del since[one]
        found = [one for one in known if there[one]]
        dice.shuffle(found)
        judgment = judge(judgment, found, now)
        assert said(judgment) == {one.rule for one, at in since.items() if now - at >= one.hold_s}


@pytest.mark.parametrize("seed", SEEDS)
def test_evidence_that_toggles_faster_than_its_hold_time_is_never_said(seed):
    print("seed", seed)
    dice, judgment = random.Random(seed), Judgment()
    one = candidate(2)  # a minute
    on_until = off_until = 0.0
    for number in range(ROUNDS):
        now = number * PERIOD_S
        if now >= off_until:
            on_until = now + dice.uniform(0.0, one.hold_s - 2 * PERIOD_S)
            off_until = on_until + dice.uniform(CLEAN_ROUNDS, 9) * PERIOD_S
        judgment = judge(judgment, [one] if now <= on_until else [], now)
        assert judgment.insights == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_said_goes_two_rounds_after_its_evidence(seed):
    print("seed", seed)
    dice, judgment, now = random.Random(seed), Judgment(), 0.0
    one = candidate(1)
    for _ in range(30):
        for _ in range(int(one.hold_s / PERIOD_S) + dice.randrange(1, 20)):
            judgment = judge(judgment, [one], now)
            now += PERIOD_S
        assert said(judgment) == {one.rule}
        for _ in range(CLEAN_ROUNDS):
            judgment = judge(judgment, [], now)
            now += PERIOD_S
        assert judgment.insights == ()


def troubled(dice: random.Random) -> World:
    """Return a world in which much is wrong, its parts in any order."""
    crash = container(ready=False, state="waiting", reason="CrashLoopBackOff", last_exit_code=1)
    pods = [
        pod(0, 0),
        pod(0, 1, ready=False, containers=(crash,)),
        starting(1, 0, created_at=NOW - 2000),
        starting(2, 0, node="", scheduled=False, unscheduled_reason="Unschedulable"),
        pod(3, 0, phase="Failed", reason="Evicted", ready=False),
    ]
    events = [event("FailedMount", "llama-1"), event("Pulling", "llama-1", last_at=NOW - 700)]
    deaths = [death(lines=("NCCL WARN x",)), death(worker=0, pod="llama-0", uid="l", at=NOW - 90)]
    nodes = [node("node-0", ready=False), node("node-1", unschedulable=True), node("node-3")]
    for part in (pods, events, nodes):
        dice.shuffle(part)
    return world(*pods, events=tuple(events), deaths=tuple(deaths), nodes=tuple(nodes))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_said_does_not_depend_on_the_order_of_what_is_known(seed):
    print("seed", seed)
    dice = random.Random(seed)
    wanted = None
    for _ in range(10):
        judgment = judge(Judgment(), findings(troubled(dice)), NOW)
        later = judge(judgment, findings(troubled(dice)), NOW + 1000)
        wanted = wanted or later.insights
        assert later.insights == wanted
    assert len(wanted) > 1
