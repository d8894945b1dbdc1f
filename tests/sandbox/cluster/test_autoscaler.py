from typing import Any

import pytest

from lwstui.sandbox.autoscaler import KEY
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

CPU = {"type": "Utilization", "averageUtilization": 50}


def _scaler(kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "web"}
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": CPU}}]
    full = {"scaleTargetRef": target, "maxReplicas": 5, "metrics": metrics, **spec}
    return {"metadata": {"name": "web", "namespace": "default"}, "spec": full}


def _deployment(replicas: int = 2, **spec: Any) -> dict[str, Any]:
    labels = {"matchLabels": {"app": "web"}}
    status = {"replicas": replicas}
    full = {"replicas": replicas, "selector": labels, **spec}
    return {"metadata": {"name": "web", "namespace": "default"}, "spec": full, "status": status}


def _condition(world: World, kind: str) -> tuple[str, str]:
    found = world.store.get(KEY, "default", "web") or {}
    for each in (found.get("status") or {}).get("conditions") or ():
        if each["type"] == kind:
            return each["status"], each["reason"]
    return "", ""


@pytest.mark.parametrize(
    ("target", "scaler", "kind", "expected"),
    [
        pytest.param(None, {}, "AbleToScale", ("False", "FailedGetScale"), id="no-target"),
        pytest.param(
            _deployment(), {"kind": "Gizmo"}, "AbleToScale", ("False", "FailedGetScale"),
            id="no-such-kind",
        ),
        pytest.param(
            _deployment(0), {}, "ScalingActive", ("False", "ScalingDisabled"), id="scaled-to-zero"
        ),
        pytest.param(
            _deployment(), {}, "ScalingActive", ("False", "FailedGetResourceMetric"), id="no-pods"
        ),
        pytest.param(
            _deployment(selector={}), {}, "ScalingActive", ("False", "InvalidSelector"),
            id="no-selector",
        ),
        pytest.param(
            _deployment(), {"metrics": [{"type": "External", "external": {}}]}, "ScalingActive",
            ("False", "FailedGetExternalMetric"), id="external",
        ),
        pytest.param(
            _deployment(), {"metrics": [{"type": "Pods"}]}, "ScalingActive",
            ("False", "InvalidMetricSourceType"), id="unreadable",
        ),
    ],
)  # fmt: skip
async def test_what_hinders_it_is_said(
    world: World,
    target: dict[str, Any] | None,
    scaler: dict[str, Any],
    kind: str,
    expected: tuple[str, str],
) -> None:
    if target is not None:
        world.create(target, "deployments.apps")
    world.create(_scaler(**scaler), KEY)
    await eventually(lambda: _condition(world, kind) == expected)
    if expected[1] not in ("ScalingDisabled", "InvalidMetricSourceType"):
        assert any(reason.startswith(("Failed", "Selector")) for reason, _ in world.events("web"))


async def test_idle_pods_are_scaled_to_the_least(world: World) -> None:
    quick = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    world.create(_deployment(), "deployments.apps")
    asked = {"resources": {"requests": {"cpu": "2"}}}
    for name in ("a", "b"):
        world.create(pod(name, labels={"app": "web"}, containers=[container(**asked)]))
    await world.ready("a", "b")
    world.create(_scaler(behavior=quick), KEY)
    await eventually(lambda: _replicas(world) == 1)
    assert ("SuccessfulRescale", "New size: 1; reason: All metrics below target") in world.events(
        "web"
    )
    status = (world.store.get(KEY, "default", "web") or {})["status"]
    current = status["currentMetrics"][0]["resource"]["current"]
    assert current["averageUtilization"] == 0
    assert current["averageValue"].endswith("m")
    assert _condition(world, "ScalingLimited") == ("False", "DesiredWithinRange")


def _replicas(world: World) -> int:
    found = world.store.get("deployments.apps", "default", "web") or {}
    return int(found["spec"]["replicas"])
