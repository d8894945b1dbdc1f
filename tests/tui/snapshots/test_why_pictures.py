"""Pictures of the diagnosis: what is wrong, by which evidence, and what may help."""

from __future__ import annotations

from dataclasses import replace

from lwstui.state.insights import Advice, Evidence, Finding, Insight, Severity, Subject
from lwstui.state.model import GroupHistory
from tests.insight.support import death
from tests.tui.worlds import NOW, busy

KEY = next(key for key in busy().snapshot().sets if key.name == "llama405b")
GROUP = (KEY, 7)
NODE = Finding(
    "N1",
    Severity.CRITICAL,
    Subject("node", name="gpu-078"),
    "it does not answer any more; 1 group is on it",
    (Evidence("condition Ready is Unknown: Kubelet stopped posting node status", NOW - 90),),
    (Advice("drain it, so that its groups start elsewhere", "node.drain"),),
    frozenset({GROUP}),
)
LOOP = Finding(
    "G5",
    Severity.CRITICAL,
    Subject("group", *KEY, 7),
    "it was recreated 3 times in the last 15 minutes, each time after worker 1 ended: exit 134",
    (Evidence("generation 4: llama405b-7-1 exit 134", NOW - 40),),
    (
        Advice("see the last lines of the pod that ended first", "group.logs"),
        Advice("stop recreating it and keep the failed pods to look at", command="freeze"),
    ),
    frozenset({GROUP}),
)
ENDS = tuple(
    death(
        namespace=KEY.namespace,
        set_name=KEY.name,
        group=7,
        pod="llama405b-7-1",
        uid=f"uid-{number}",
        node="gpu-078",
        exit_code=134,
        generation=4 - number,
        at=NOW - 40 - 270 * number,
        lines=("NCCL WARN Connect to 10.12.4.8<41233> failed : No route to host",),
    )
    for number in range(3)
)


def diagnosed():
    insight = Insight(NODE, NOW - 60, (Insight(LOOP, NOW - 30),))
    history = {GROUP: GroupHistory((NOW - 900, NOW - 600, NOW - 330, NOW - 60))}
    return replace(busy().snapshot(), insights=(insight,), deaths=ENDS, history=history)


def test_why(picture):
    assert picture(diagnosed(), (120, 30), "w", wait="Kubelet stopped posting")


def test_why_on_a_small_screen(picture):
    assert picture(diagnosed(), (80, 24), "w", wait="VERDICT")


def test_crashes(picture):
    assert picture(diagnosed(), (120, 30), "w", "2", wait="a loop")


def test_fit(picture):
    assert picture(diagnosed(), (120, 30), "w", "3", wait="pods counted")


def test_connectivity(picture):
    assert picture(diagnosed(), (120, 30), "w", "4", wait="no EndpointSlice")


def test_autoscaling(picture):
    assert picture(diagnosed(), (80, 24), "w", "5", wait="no autoscaler targets this set")


def test_controller(picture):
    assert picture(diagnosed(), (120, 30), "w", "6", wait="THE CONTROLLER")
