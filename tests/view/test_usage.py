"""CPU and memory of pods and nodes: known, old, stale, and not known at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api.meta import Key
from controller.api.pods import Container
from lwstui.state.telemetry import Telemetry
from lwstui.telemetry.usage import Usage
from lwstui.view.group import group_view
from lwstui.view.memo import Memo
from lwstui.view.nodes import nodes
from lwstui.view.pod import pod_view
from lwstui.view.pods import pods
from lwstui.view.types import Query, Ref
from lwstui.view.usage import cores
from tests.view.build import LLAMA, NOW, lws, node, pod, snapshot

GIB = 2.0**30
LEADER = pod(0, 0, node="node-0")
WORKER = pod(0, 1, node="node-0")


def used(cpu=1.5, memory=4 * GIB, age_s=10.0, window_s=15.0, parts=()):
    return Usage(cpu, memory, NOW - age_s, window_s, parts)


def known(pods_=(), nodes_=()):
    telemetry = Telemetry(NOW, 15.0, pod_usage=dict(pods_), node_usage=dict(nodes_))
    return world(telemetry, LEADER, WORKER)


def world(telemetry, *members):
    plain = snapshot(sets=(lws(),), pods=members, nodes=(node("node-0"),))
    return replace(plain, telemetry=telemetry)


def texts(table, *columns):
    at = [[c.id for c in table.columns].index(name) for name in columns]
    return [tuple(row.cells[i].text for i in at) for row in table.rows]


@pytest.mark.parametrize(
    ("usage", "shown"),
    [
        (used(), ("1.5", "4 GiB")),
        (used(age_s=50), ("~1.5", "~4 GiB")),
        (used(age_s=400), ("stale 6m", "–")),
        (used(age_s=50, window_s=60), ("1.5", "4 GiB")),
        (used(cpu=None), ("–", "4 GiB")),
        (used(cpu=0.0, memory=0.0), ("0.00", "0 B")),
        (None, ("–", "–")),
    ],
)
def test_a_pod_uses_what_was_told_lately(usage, shown):
    told = {LEADER.key: usage} if usage is not None else {}
    table = pods(known(told), Query(sort="role"), NOW, Memo())
    assert texts(table, "cpu", "memory") == [shown, ("–", "–")]


def test_pods_are_ordered_by_what_they_use_and_unknown_ones_come_first():
    told = {LEADER.key: used(3.0)}
    table = pods(known(told), Query(sort="cpu"), NOW, Memo())
    assert texts(table, "name") == [(WORKER.name,), (LEADER.name,)]


def test_a_new_round_rebuilds_only_rows_that_something_was_told_of():
    memo = Memo()
    first = known({LEADER.key: used()})
    before = {row.key: row for row in pods(first, Query(), NOW, memo).rows}
    after = {row.key: row for row in pods(known({LEADER.key: used(2.0)}), Query(), NOW, memo).rows}
    assert after[WORKER.uid] is before[WORKER.uid]
    assert after[LEADER.uid] is not before[LEADER.uid]


def cpus(one, now, memo):
    return texts(pods(one, Query(sort="role"), now, memo), "cpu")


def test_the_text_grows_old_without_news():
    memo, one = Memo(), known({LEADER.key: used()})
    assert cpus(one, NOW, memo)[0] == ("1.5",)
    assert cpus(one, NOW + 25, memo)[0] == ("~1.5",)
    assert cpus(one, NOW + 70, memo)[0] == ("stale 1m",)


def test_nodes_and_ranks_show_it_too():
    shown = known({WORKER.key: used(0.25)}, {"node-0": used(48.2, 300 * GIB)})
    assert texts(nodes(shown, Query(), NOW, Memo()), "cpu", "memory") == [("48", "300 GiB")]
    view = group_view(shown, Ref("group", *LLAMA, 0), Query(), NOW, Memo())
    assert texts(view.table, "cpu") == [("–",), ("0.25",)]


def test_a_pod_shows_each_container_and_where_the_figures_come_from():
    parts = (("engine", used(1.0)), ("proxy", used(0.5, None)))
    containers = tuple(Container(name, "img", state="running") for name in ("engine", "proxy", "x"))
    mine = pod(0, 0, node="node-0", containers=containers)
    telemetry = Telemetry(NOW, 15.0, pod_usage={mine.key: used(parts=parts)})
    shown = world(telemetry, mine)
    view = pod_view(shown, Ref("pod", *mine.key), Query(), NOW, Memo())
    assert texts(view.table, "name", "cpu", "memory") == [
        ("engine", "1.0", "4 GiB"),
        ("proxy", "0.50", "–"),
        ("x", "–", "–"),
    ]
    facts = ["".join(span.text for span in line) for line in view.facts]
    assert "uses cpu 1.5, memory 4 GiB   metrics.k8s.io, measured over 15s until 10s ago" in facts


def test_a_pod_that_nothing_is_known_of_says_nothing():
    view = pod_view(known(), Ref("pod", *LEADER.key), Query(), NOW, Memo())
    assert not any(line[0].text == "uses " for line in view.facts)
    assert Key("prod", "x") not in known().telemetry.pod_usage


@pytest.mark.parametrize(("amount", "text"), [(0.004, "0.00"), (0.256, "0.26"), (9.96, "10.0")])
def test_cores(amount, text):
    assert cores(amount) == text
