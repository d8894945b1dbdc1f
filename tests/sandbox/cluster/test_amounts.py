from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.sandbox.amounts import milli, pod_request, quality_of_service

GPU = "nvidia.com/gpu"


def _asks(gpu: int, *, sidecar: bool = False, **more: str) -> dict[str, Any]:
    asked = {"resources": {"limits": {GPU: str(gpu), **more}}}
    return asked | ({"restartPolicy": "Always"} if sidecar else {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500m", 500),
        ("8", 8000),
        (125, 125_000),
        ("0.5", 500),
        ("1Ki", 1024 * 1000),
        ("1124Gi", 1124 * 1024**3 * 1000),
        ("2k", 2_000_000),
        ("1e3", 1_000_000),
        ("1n", 1),
    ],
)
def test_quantities_in_thousandths(text: str, expected: int) -> None:
    assert milli(text) == expected


@pytest.mark.parametrize("text", ["", "many", "1Zi", "--1", "1 Gi x"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        milli(text)


@given(st.integers(min_value=0, max_value=10**9))
def test_a_thousand_thousandths_are_one(amount: int) -> None:
    assert milli(f"{amount}000m") == milli(str(amount))


@pytest.mark.parametrize(
    ("main", "init", "expected"),
    [
        pytest.param([_asks(4), _asks(4)], [], 8, id="sum"),
        pytest.param([_asks(1)], [_asks(8)], 8, id="large-init"),
        pytest.param([_asks(1)], [_asks(2, sidecar=True)], 3, id="sidecar"),
        pytest.param([_asks(1)], [_asks(2, sidecar=True), _asks(4)], 6, id="sidecar-then-init"),
        pytest.param([_asks(1)], [_asks(4), _asks(2, sidecar=True)], 4, id="init-then-sidecar"),
    ],
)
def test_effective_request(main: list[Any], init: list[Any], expected: int) -> None:
    assert pod_request({"containers": main, "initContainers": init})[GPU] == expected * 1000


def test_overhead_comes_on_top_and_pod_level_requests_replace_cpu_only() -> None:
    spec = {
        "containers": [_asks(8, cpu="4000m")],
        "overhead": {"cpu": "250m"},
        "resources": {"requests": {"cpu": "6", GPU: "1"}},
    }
    assert pod_request(spec) == {GPU: 8000, "cpu": 6250}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
    ],
)
def test_quality_of_service(resources: dict[str, Any], expected: str) -> None:
    assert quality_of_service({"containers": [{"resources": resources}]}) == expected
