"""Reading what the metrics API of a cluster answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.meta import Key, format_time
from lwstui.telemetry.usage import Unreadable, Usage, read_usage

AT = 1_800_000_000.0


def pod(name="llama-0", containers=(("engine", "1500m", "2Gi"),), **fields):
    return {
        "metadata": {"namespace": "prod", "name": name},
        "timestamp": format_time(AT - 20),
        "window": "15.5s",
        "containers": [
            {"name": each, "usage": {"cpu": cpu, "memory": memory}}
            for each, cpu, memory in containers
        ],
        **fields,
    }


def read(*items, **options):
    return read_usage(json.dumps({"items": items}).encode(), AT, **options)


def test_a_pod_uses_what_its_containers_use():
    found = read(pod(containers=[("engine", "1500m", "2Gi"), ("proxy", "250000000n", "1024Ki")]))
    usage = found[Key("prod", "llama-0")]
    assert usage.cpu == pytest.approx(1.75)
    assert usage.memory == 2 * 2**30 + 2**20
    assert (usage.at, usage.window_s) == (AT - 20, 15.5)
    assert usage.part("proxy") == Usage(0.25, 2.0**20, AT - 20, 15.5)
    assert usage.part("other") is None


def test_a_node_has_a_name_and_no_namespace():
    node = {
        "metadata": {"name": "gpu-1"},
        "timestamp": format_time(AT),
        "window": "1m0s",
        "usage": {"cpu": "12", "memory": "300Gi"},
    }
    assert read(node) == {Key("", "gpu-1"): Usage(12.0, 300 * 2.0**30, AT, 60.0)}


def test_a_sum_without_one_of_its_parts_is_missing_and_not_smaller():
    usage = read(pod(containers=[("engine", "2", "1Gi"), ("proxy", "", "1Gi")]))[
        Key("prod", "llama-0")
    ]
    assert usage.cpu is None
    assert usage.memory == 2 * 2**30


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("0", 0.0),
        ("3", 3.0),
        ("5u", 5e-6),
        ("1e1", 10.0),
        ("1e999999999", None),
        ("-1", None),
        ("NaN", None),
        ("lots", None),
        ("²n", None),
    ],
)
def test_an_amount_that_makes_no_sense_is_no_amount(text, cores):
    usage = read(pod(containers=[("engine", text, "1Ki")]))[Key("prod", "llama-0")]
    assert usage.cpu == (None if cores is None else pytest.approx(cores))


def test_nothing_was_measured_later_than_it_was_told():
    ahead = pod(timestamp=format_time(AT + 60))
    assert read(ahead)[Key("prod", "llama-0")].at == AT
    assert read(pod(), skew_s=5.0)[Key("prod", "llama-0")].at == AT - 25
    assert read(pod(timestamp="soon"))[Key("prod", "llama-0")].at == AT


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"items": 3}', b"\xff\xfe", b'{"items": [{"containers": {"a": 1}}]}']
)
def test_what_is_no_list_of_metrics_is_refused(raw):
    with pytest.raises(Unreadable):
        read_usage(raw, AT)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["items", "metadata", "name", "containers", "usage", "cpu", "window"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_is_answered_nothing_breaks(body):
    try:
        found = read_usage(json.dumps(body).encode(), AT)
    except Unreadable:
        return
    for usage in found.values():
        assert usage.cpu is None or usage.cpu >= 0
        assert usage.at <= AT
