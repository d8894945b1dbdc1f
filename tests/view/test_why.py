"""The diagnosis in words: what several pods have in common is one cause."""

from __future__ import annotations

from dataclasses import replace

from lwstui.state.insights import Finding, Insight, Severity, Subject
from lwstui.view.types import Ref
from lwstui.view.why import why
from tests.view.build import LLAMA, NOW, lws, pod, snapshot

LACK = "too few nvidia.com/gpu on 70 of 72 nodes"


def pending(group: int, worker: int, *, diagnosis: str = LACK, since: float = 60.0) -> Insight:
    subject = Subject("pod", "prod", f"llama-{group}-{worker}", group)
    groups = frozenset({(LLAMA, group)})
    slow = Finding("E7", Severity.WARNING, Subject("group", *LLAMA, group), "slow", groups=groups)
    found = Finding("P1", Severity.WARNING, subject, diagnosis, groups=groups)
    return Insight(found, NOW - since, (Insight(slow, NOW - 30),))


def said(*insights: Insight) -> tuple[list[str], list[str]]:
    pods = tuple(pod(g, w) for g in range(3) for w in (0, 1))
    known = replace(snapshot(sets=(lws(3),), pods=pods), insights=insights)
    view = why(known, Ref("set", *LLAMA), NOW)
    verdict, chain = (
        ["".join(span.text for span in line) for line in lines]
        for lines in (view.verdict, view.chain)
    )
    return verdict, chain


def test_pods_with_the_same_cause_are_one_line():
    verdict, chain = said(pending(0, 1), pending(1, 1, since=90), pending(2, 1))
    assert verdict == [f"! 3 pods: prod/llama-0-1, prod/llama-1-1 and 1 more: {LACK}   for 1m30s"]
    assert chain == [
        "! 3 groups: prod/llama group 0, prod/llama group 1 and 1 more: slow   for 30s"
    ]


def test_other_causes_stay_lines_of_their_own():
    verdict, chain = said(pending(0, 1), pending(1, 1, diagnosis="no such image"))
    assert verdict == [f"! prod/llama-0-1: {LACK}   for 1m"]
    assert chain[0].startswith("! prod/llama group 0: slow")
    assert chain[1] == "! prod/llama-1-1: no such image   for 1m"
    assert chain[2].startswith("  ! prod/llama group 1: slow")
