"""Queries for the last hour of sets, and what their answers mean."""

from __future__ import annotations

import json
from contextlib import suppress
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.meta import Key
from lwstui.telemetry.promql import (
    SET_LABEL,
    Unreadable,
    busy_query,
    read_matrix,
    ready_query,
    told_apart,
)

LLAMA, QWEN = Key("prod", "llama"), Key("prod", "qwen")


def answer(*series, kind="matrix", **more):
    result = [{"metric": {SET_LABEL: name}, "values": values} for name, values in series]
    return json.dumps(
        {"status": "success", "data": {"resultType": kind, "result": result}, **more}
    ).encode()


def test_devices_are_asked_for_by_the_names_of_pods_as_they_are_or_exported():
    query = busy_query([LLAMA])
    assert query == (
        "label_replace("
        'avg(DCGM_FI_PROF_GR_ENGINE_ACTIVE{exported_namespace="prod",'
        'exported_pod=~"llama-[0-9]+(-[0-9]+)?"} or DCGM_FI_PROF_GR_ENGINE_ACTIVE{'
        'namespace="prod",pod=~"llama-[0-9]+(-[0-9]+)?",exported_pod=""}) or '
        'avg(DCGM_FI_DEV_GPU_UTIL{exported_namespace="prod",'
        'exported_pod=~"llama-[0-9]+(-[0-9]+)?"} or DCGM_FI_DEV_GPU_UTIL{'
        'namespace="prod",pod=~"llama-[0-9]+(-[0-9]+)?",exported_pod=""})/100 or '
        'avg(gpu_gfx_activity{exported_namespace="prod",'
        'exported_pod=~"llama-[0-9]+(-[0-9]+)?"} or gpu_gfx_activity{'
        'namespace="prod",pod=~"llama-[0-9]+(-[0-9]+)?",exported_pod=""})/100,'
        '"lwstui_set","prod/llama","","")'
    )


def test_groups_that_serve_are_told_by_the_controller_or_counted_by_their_pods():
    query = ready_query([(LLAMA, 4)])
    assert 'max(lwstui_set_groups_ready{name="llama",exported_namespace="prod"} or ' in query
    assert 'label_replace(kube_pod_status_ready{condition="true",namespace="prod",' in query
    assert '"lws_group","$1","pod","llama-([0-9]+)(-[0-9]+)?")' in query
    assert ">=bool 4)" in query


@pytest.mark.parametrize("query", [busy_query([LLAMA, QWEN]), ready_query([(LLAMA, 2), (QWEN, 1)])])
def test_several_sets_are_one_query_whose_brackets_close(query):
    assert query.count('"prod/llama"') == query.count('"prod/qwen"') == 1
    for opening, closing in ("()", "{}", "[]"):
        assert query.count(opening) == query.count(closing)
    assert len(query) < 4000


def test_sets_whose_pods_have_names_of_another_are_not_asked_for():
    other = Key("dev", "llama")
    sets = [LLAMA, Key("prod", "llama-2"), QWEN, other, Key("prod", "qwen-next"), Key("x", "A b")]
    assert told_apart(sets) == (other, QWEN, Key("prod", "qwen-next"))


def test_values_by_set_and_second():
    raw = answer(("prod/llama", [[60, "0.5"], [120.0, "NaN"], [180, "1.7"], [240, "x"]]))
    found = read_matrix(raw, 1.0)["prod/llama"]
    assert found[60.0] == 0.5
    assert all(isnan(found[at]) for at in (120.0, 180.0, 240.0))
    assert read_matrix(answer(("a", [[60, "7"]])))["a"][60.0] == 7
    assert read_matrix(answer()) == {}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"status":"error","error":"parse error: bad"}', "the query failed: parse error: bad"),
        (answer(kind="vector"), "the answer is a vector and no matrix"),
        (b"<html>", "the answer cannot be read"),
        (b'{"status":"success","data":3}', "the answer cannot be read"),
        (b"\xff", "the answer cannot be read"),
    ],
)
def test_what_is_no_matrix_is_one_sentence(raw, why):
    with pytest.raises(Unreadable, match=why):
        read_matrix(raw)


@given(st.binary(max_size=200))
def test_nothing_that_is_answered_breaks_it(raw):
    with suppress(Unreadable):
        assert isinstance(read_matrix(raw), dict)
