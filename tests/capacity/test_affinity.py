"""Which nodes required node affinity leaves, and what it is called where it leaves none."""

import pytest

from lwstui.capacity.affinity import ignored, outside
from tests.view.build import node


def requiring(*terms):
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [*terms]}}
    return {"affinity": {"nodeAffinity": required}}


def label(key, operator, *values):
    expression = {"key": key, "operator": operator}
    return expression | ({"values": [*values]} if values else {})


def labels(*expressions):
    return {"matchExpressions": [*expressions]}


NODE = node("gpu-7", labels={"rack": "r1", "gpus": "8", "odd": "x"})


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({}, ""),
        ({"affinity": {"nodeAffinity": {"preferred": []}}}, ""),
        (requiring(labels(label("rack", "In", "r1", "r2"))), ""),
        (requiring(labels(label("rack", "In", "r2"))), "outside node affinity: rack In r2"),
        (requiring(labels(label("none", "In", "r2"))), "outside node affinity: none In r2"),
        (requiring(labels(label("rack", "NotIn", "r2"))), ""),
        (requiring(labels(label("none", "NotIn", "r2"))), ""),
        (requiring(labels(label("rack", "NotIn", "r1"))), "outside node affinity: rack NotIn r1"),
        (requiring(labels(label("rack", "Exists"))), ""),
        (requiring(labels(label("none", "Exists"))), "outside node affinity: none Exists"),
        (requiring(labels(label("none", "DoesNotExist"))), ""),
        (
            requiring(labels(label("rack", "DoesNotExist"))),
            "outside node affinity: rack DoesNotExist",
        ),
        (requiring(labels(label("gpus", "Gt", "7"))), ""),
        (requiring(labels(label("gpus", "Gt", "8"))), "outside node affinity: gpus Gt 8"),
        (requiring(labels(label("gpus", "Lt", "9"))), ""),
        (requiring(labels(label("odd", "Lt", "9"))), "outside node affinity: odd Lt 9"),
        (requiring(labels(label("none", "Gt", "0"))), "outside node affinity: none Gt 0"),
        (requiring({"matchFields": [label("metadata.name", "In", "gpu-7")]}), ""),
        (
            requiring({"matchFields": [label("metadata.name", "In", "gpu-8")]}),
            "outside node affinity: metadata.name In gpu-8",
        ),
        (
            requiring(labels(label("rack", "Exists"), label("gpus", "In", "4"))),
            "outside node affinity: gpus In 4",
        ),
        (requiring(labels(label("rack", "In", "r9")), labels(label("gpus", "In", "8"))), ""),
        (
            requiring(labels(label("rack", "In", "r9")), labels(label("gpus", "In", "4"))),
            "outside node affinity",
        ),
        (requiring(), "outside node affinity"),
        (requiring({}), "outside node affinity"),
        (
            requiring(labels(label("rack", "In", "a", "b", "c", "d"))),
            "outside node affinity: rack In a, b, c …",
        ),
    ],
)
def test_required_node_affinity(spec, why):
    assert outside(NODE, spec) == why


def test_rules_about_other_pods_are_named():
    required = {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "rack"}]}
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]}
    spread = [{"whenUnsatisfiable": "DoNotSchedule"}]
    leader = {"affinity": {"podAffinity": required, "podAntiAffinity": preferred}}
    worker = {"affinity": {"podAntiAffinity": required}, "topologySpreadConstraints": spread}
    assert ignored((leader, worker)) == (
        "pod affinity",
        "pod anti-affinity",
        "topology spread constraints",
    )
    assert (
        ignored(({"topologySpreadConstraints": [{"whenUnsatisfiable": "ScheduleAnyway"}]},)) == ()
    )
