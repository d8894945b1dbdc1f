from typing import Any

import pytest

from lwstui.sandbox.autoscaling import Moment, Past, Usage, decide, memory_s, proposal
from lwstui.sandbox.cells import autoscaler
from lwstui.sandbox.podmetrics import sample_of

SPEC = {"minReplicas": 1, "maxReplicas": 20}


@pytest.mark.parametrize(
    ("current", "usage", "target", "expected"),
    [
        pytest.param(2, Usage([200, 200]), 100, 4, id="doubles"),
        pytest.param(3, Usage([50, 50, 50]), 100, 2, id="rounds-up"),
        pytest.param(2, Usage([109, 109]), 100, 2, id="tolerates-a-tenth-above"),
        pytest.param(2, Usage([91, 91]), 100, 2, id="tolerates-a-tenth-below"),
        pytest.param(2, Usage([111, 111]), 100, 3, id="not-more-than-a-tenth"),
        pytest.param(1, Usage([0]), 100, 0, id="idle"),
        pytest.param(3, Usage([300], unready=2), 100, 3, id="unready-pods-count-as-idle"),
        pytest.param(3, Usage([900], unready=2), 100, 9, id="and-damp-no-more-than-that"),
        pytest.param(2, Usage([20], missing=1), 100, 2, id="missing-pods-count-as-busy-when-down"),
        pytest.param(2, Usage([120], missing=1), 100, 2, id="and-as-idle-when-up"),
    ],
)
def test_the_proposal_follows_the_ratio(
    current: int, usage: Usage, target: float, expected: int
) -> None:
    assert proposal(current, usage, target) == expected


def _decided(
    current: int, wanted: int, past: Past | None = None, **spec: Any
) -> tuple[int, str, str]:
    found = decide({**SPEC, **spec}, current, wanted, past or Past(), 1000)
    return found.replicas, found.able, found.limited


def test_bounds_are_kept_and_named() -> None:
    assert _decided(2, 9, maxReplicas=3) == (3, "ReadyForNewScale", "TooManyReplicas")
    assert _decided(2, 0) == (1, "ReadyForNewScale", "TooFewReplicas")
    assert _decided(2, 2) == (2, "ReadyForNewScale", "")


def test_scaling_down_waits_for_the_window() -> None:
    busy = Past(wanted=(Moment(800, 5), Moment(950, 3)))
    assert _decided(5, 1, busy) == (5, "ScaleDownStabilized", "")
    assert _decided(5, 1, busy.recent(1000, 100)) == (3, "ScaleDownStabilized", "")
    quick = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    assert _decided(5, 1, busy, behavior=quick) == (1, "ReadyForNewScale", "")


def test_scaling_up_can_be_made_to_wait_too() -> None:
    calm = Past(wanted=(Moment(990, 2),))
    slow = {"scaleUp": {"stabilizationWindowSeconds": 60}}
    assert _decided(2, 6, calm) == (6, "ReadyForNewScale", "")
    assert _decided(2, 6, calm, behavior=slow) == (2, "ScaleUpStabilized", "")


def test_the_pace_is_limited() -> None:
    assert _decided(2, 18) == (6, "ReadyForNewScale", "ScaleUpLimit")
    assert _decided(6, 18) == (12, "ReadyForNewScale", "ScaleUpLimit")
    just_scaled = Past(changes=(Moment(995, 4),))
    assert _decided(6, 18, just_scaled) == (6, "ReadyForNewScale", "ScaleUpLimit")
    one = {"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}
    assert _decided(6, 2, behavior=one) == (5, "ReadyForNewScale", "ScaleDownLimit")
    never = {"scaleDown": {"selectPolicy": "Disabled"}}
    assert _decided(6, 2, behavior=never) == (6, "ReadyForNewScale", "ScaleDownLimit")


def test_an_autoscaler_remembers_as_long_as_its_rules_reach_back() -> None:
    assert memory_s({}) == 300
    up = {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 1800}]}
    assert memory_s({"behavior": {"scaleUp": up}}) == 1800


def test_a_figure_is_found_by_its_name_or_an_adapters() -> None:
    told = 'vllm:num_requests_waiting{engine="0"} 3.0\nvllm:num_requests_waiting{engine="1"} 4.0\n'
    assert sample_of(told, "vllm:num_requests_waiting") == 7
    assert sample_of(told, "vllm_num_requests_waiting") == 7
    assert sample_of(told, "vllm:num_requests") is None


RESOURCE = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
FIGURE = {"metric": {"name": "q"}, "target": {"type": "AverageValue", "averageValue": "10"}}


@pytest.mark.parametrize(
    ("metrics", "measured", "expected"),
    [
        ([], [], "<none>"),
        ([{"type": "Resource", "resource": RESOURCE}], [], "cpu: <unknown>/80%"),
        (
            [{"type": "Resource", "resource": RESOURCE}],
            [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "current": {"averageUtilization": 12}},
                }
            ],
            "cpu: 12%/80%",
        ),
        (
            [{"type": "Pods", "pods": FIGURE}],
            [{"type": "Pods", "pods": {"metric": {"name": "q"}, "current": {"averageValue": "7"}}}],
            "7/10",
        ),
        ([{"type": "Pods", "pods": FIGURE}] * 4, [], "<unknown>/10, <unknown>/10 + 2 more..."),
    ],
)
def test_targets_are_printed(
    metrics: list[dict[str, Any]], measured: list[dict[str, Any]], expected: str
) -> None:
    scaler = {
        "metadata": {"name": "a"},
        "spec": {"maxReplicas": 3, "metrics": metrics},
        "status": {"currentMetrics": measured},
    }
    assert autoscaler(scaler, 0)[2] == expected
