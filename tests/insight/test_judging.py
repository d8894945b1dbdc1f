"""What is said of what was found: nothing that flickers, causes before consequences."""

from __future__ import annotations

from dataclasses import replace

from lwstui.insight.judging import CLEAN_ROUNDS, about, judge, worst_first
from lwstui.state.insights import Finding, Judgment, Severity, Subject
from tests.view.build import LLAMA

GROUP = (LLAMA, 0)
OTHER = (LLAMA, 1)


def finding(rule, severity=Severity.WARNING, *, groups=(GROUP,), scope="pod", name="x", **more):
    subject = Subject(scope, "prod", name)
    return Finding(rule, severity, subject, f"{rule} happened", groups=frozenset(groups), **more)


def rounds(*found, step=10.0):
    """Judge rounds of findings, some seconds apart."""
    judgment = Judgment()
    for number, one in enumerate(found):
        judgment = judge(judgment, one, number * step)
    return judgment


def rules(judgment):
    return [insight.finding.rule for insight in judgment.insights]


def test_a_finding_without_hold_is_said_at_once_and_keeps_its_first_time():
    judgment = rounds([finding("P1")], [finding("P1")])
    assert rules(judgment) == ["P1"]
    assert judgment.insights[0].since == 0.0


def test_a_finding_is_held_back_until_it_has_lasted():
    held = finding("D13", hold_s=20.0)
    assert rules(rounds([held])) == []
    assert rules(rounds([held], [held])) == []
    assert rules(rounds([held], [held], [held])) == ["D13"]


def test_one_round_without_it_withdraws_nothing():
    one = finding("P1")
    assert rules(rounds([one], [])) == ["P1"]
    assert rules(rounds([one], *[[]] * CLEAN_ROUNDS)) == []
    back = rounds([one], [], [one])
    assert back.insights[0].since == 0.0


def test_what_comes_back_later_begins_anew():
    one = finding("P1")
    assert rounds([one], [], [], [one]).insights[0].since == 30.0


def test_the_worst_comes_first_then_the_wider_then_the_older():
    found = [
        finding("E9", Severity.INFO),
        finding("P1"),
        finding("N3", scope="node", groups=()),
        finding("P7", Severity.CRITICAL),
    ]
    assert rules(rounds(found)) == ["P7", "N3", "P1", "E9"]


def test_consequences_are_folded_under_their_cause():
    lost = finding("N1", Severity.CRITICAL, scope="node", explains=frozenset({"P18", "G5"}))
    judgment = rounds([finding("P18"), lost, finding("G5", scope="group"), finding("P2")])
    assert rules(judgment) == ["N1", "P2"]
    assert [i.finding.rule for i in judgment.insights[0].consequences] == ["G5", "P18"]
    assert [i.finding.rule for i in worst_first(judgment.insights)] == ["N1", "G5", "P18", "P2"]


def test_what_concerns_other_groups_is_no_consequence():
    lost = finding("N1", scope="node", explains=frozenset({"P18"}))
    assert rules(rounds([lost, finding("P18", groups=(GROUP, OTHER))])) == ["N1", "P18"]
    assert rules(rounds([lost, finding("P18", groups=())])) == ["N1", "P18"]


def test_what_concerns_no_group_any_more_follows_from_a_device_of_its_node():
    lost = finding("D1", scope="device", explains=frozenset({"D13"}))
    here = replace(lost, subject=replace(lost.subject, node="n1"))
    held = finding("D13", scope="node", name="n1", groups=())
    assert rules(rounds([here, held])) == ["D1"]
    assert rules(rounds([here, replace(held, subject=replace(held.subject, name="n2"))])) == [
        "D13",
        "D1",
    ]
    assert rules(rounds([lost, replace(held, subject=replace(held.subject, name=""))])) == [
        "D13",
        "D1",
    ]


def test_chains_are_kept_and_two_that_explain_each_other_are_not_lost():
    chain = [
        finding("N1", scope="node", explains=frozenset({"D1", "G5"}), groups=(GROUP, OTHER)),
        finding("D1", scope="device", explains=frozenset({"G5"})),
        finding("G5", scope="group"),
    ]
    (root,) = rounds(chain).insights
    assert root.finding.rule == "N1"
    (device,) = root.consequences
    assert [i.finding.rule for i in device.consequences] == ["G5"]
    circle = [
        finding("A", explains=frozenset({"B"})),
        finding("B", explains=frozenset({"A"})),
    ]
    assert rules(rounds([*circle])) == ["A", "B"]


def test_one_finds_what_concerns_a_thing_even_as_a_consequence():
    lost = finding("N1", scope="node", explains=frozenset({"P18"}), groups=(GROUP, OTHER))
    pod = finding("P18", name="llama-0-1")
    insights = rounds([lost, pod, finding("P2", groups=(OTHER,), name="y")]).insights
    assert [i.finding.rule for i in about(insights, groups=frozenset({GROUP}))] == ["N1"]
    subjects = frozenset({Subject("pod", "prod", "llama-0-1")})
    assert [i.finding.rule for i in about(insights, subjects=subjects)] == ["N1"]
    assert about(insights) == ()
