"""The scheduler's words, old and new, become reasons with numbers of nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.insight.scheduling import Blocker, in_short, parse


def kinds(message):
    found = parse(message)
    return found.nodes, [(blocker.kind, blocker.nodes) for blocker in found.blockers]


@pytest.mark.parametrize(
    ("message", "nodes", "found"),
    [
        (
            "0/12 nodes are available: 3 Insufficient cpu, 7 Insufficient nvidia.com/gpu, "
            "2 node(s) had untolerated taint {dedicated: web}. preemption: 0/12 nodes are "
            "available: 5 No preemption victims found for incoming pod, 7 Preemption is not "
            "helpful for scheduling..",
            12,
            [("accelerators", 7), ("cpu", 3), ("taint", 2)],
        ),
        (
            "0/4 nodes are available: 1 node(s) were unschedulable, 3 node(s) had untolerated "
            "taint(s). no new claims to deallocate, preemption: 0/4 nodes are available: 4 "
            "Preemption is not helpful for scheduling.",
            4,
            [("taint", 3), ("cordoned", 1)],
        ),
        (
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
            3,
            [("selector", 3)],
        ),
        (
            "0/5 nodes are available: 2 node(s) didn't match pod anti-affinity rules, 3 node(s) "
            "didn't satisfy existing pods anti-affinity rules.",
            5,
            [("exclusive", 5)],
        ),
        ("0/2 nodes are available: 2 Too many pods.", 2, [("slots", 2)]),
        ("0/2 nodes are available: 2 cannot allocate all claims.", 2, [("device claim", 2)]),
        ("0/2 nodes are available: 2 Insufficient hugepages-1Gi.", 2, [("hugepages-1Gi", 2)]),
        ("0/2 nodes are available.", 0, [("other", 0)]),
        (
            'persistentvolumeclaim "models-llama-0" not found. preemption: 0/3 nodes are available',
            0,
            [("claim", 0)],
        ),
        ("pod has unbound immediate PersistentVolumeClaims", 0, [("claim", 0)]),
        ("waiting for scheduling gates: [kueue.x-k8s.io/admission]", 0, [("gate", 0)]),
        ("", 0, []),
        ("something nobody thought of.", 0, [("other", 0)]),
    ],
)
def test_a_message_is_taken_apart(message, nodes, found):
    assert kinds(message) == (nodes, found)


def test_the_resource_and_the_outlook_are_kept():
    found = parse(
        "0/1 nodes are available: 1 Insufficient nvidia.com/mig-1g.10gb. preemption: 0/1 nodes "
        "are available: 1 No preemption victims found for incoming pod.."
    )
    assert found.blockers == (
        Blocker("accelerators", "too few nvidia.com/mig-1g.10gb", 1, "nvidia.com/mig-1g.10gb"),
    )
    assert found.preemption == (
        "0/1 nodes are available: 1 No preemption victims found for incoming pod"
    )


@given(st.text(max_size=120), st.integers(0, 9999))
def test_no_words_are_too_strange(text, nodes):
    for message in (text, f"0/{nodes} nodes are available: {text}"):
        found = parse(message)
        assert all(blocker.kind for blocker in found.blockers)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "0/13 nodes are available: 13 Insufficient nvidia.com/gpu. preemption: 0/13 nodes are "
            "available: 13 No preemption victims found for incoming pod.",
            "too few nvidia.com/gpu on 13 of 13 nodes",
        ),
        (
            "0/4 nodes are available: 1 node(s) were unschedulable, 3 Insufficient nvidia.com/gpu.",
            "too few nvidia.com/gpu on 3 of 4 nodes, cordoned (1)",
        ),
        ("0/4 nodes are available: 1 words of tomorrow, 3 Too many pods.", None),
        ("0/4 nodes are available", None),
        ("", None),
    ],
)
def test_in_short_begins_with_the_cause_and_keeps_words_it_does_not_know(message, expected):
    assert in_short(message) == (message if expected is None else expected)
