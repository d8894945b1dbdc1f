"""What commands list: chosen by place, sorted, as plain lines and as data."""

import json
import re

import msgspec
import pytest
import yaml

from controller.api.core import Event
from controller.api.meta import Key
from controller.api.names import EVENTS, LEADERWORKERSETS, NODES, PODS, REVISIONS
from controller.api.pods import Pod
from lwstui.state.model import ClusterState
from lwstui.state.store import Store
from lwstui.view.describe import describe
from lwstui.view.listing import KINDS, Place, listing, pod_name
from lwstui.view.memo import Memo
from lwstui.view.records import document
from lwstui.view.sheet import cells_of, sheet
from lwstui.view.types import Query, Ref
from tests.view.build import LLAMA, NOW, container, lws, node, pod, revision, snapshot, starting

QWEN = Key("prod", "qwen")
CRASHED = container(ready=False, state="waiting", reason="CrashLoopBackOff", restarts=5)
SETS = (lws(), lws(1, key=QWEN))
PODS_ = (
    *(pod(g, w) for g in (0, 1) for w in (0, 1)),
    starting(0, 0, key=QWEN, node="node-7", containers=(CRASHED,)),
)
EVENT = Event("prod", "e1", "uid-e1", "Warning", "BackOff", "a\nb", "Pod", "llama-1", "uid-llama-1")


def recorded(of):
    data = {"spec": {"leaderWorkerTemplate": {"$patch": "replace", "size": 2}}}
    return msgspec.structs.replace(revision(of=of), owner_uid=f"uid-{of}", data=data)


def world():
    store = Store(ClusterState(connected=True))
    for resource, records in (
        (LEADERWORKERSETS, SETS),
        (PODS, PODS_),
        (NODES, (node("node-0"), node("node-1"))),
        (REVISIONS, (recorded(LLAMA), recorded(QWEN))),
        (EVENTS, (EVENT,)),
    ):
        store.replace(resource, records)
    return store.publish(NOW)


def listed(kind, *places, sort="", descending=False):
    query = Query(sort=sort, descending=descending)
    return listing(kind, world(), query, NOW, Memo(), places=places)


def names(found):
    return [found.name(row).rpartition("leaderworkerset.x-k8s.io/")[2] for row in found.table.rows]


@pytest.mark.parametrize(
    ("kind", "places", "expected"),
    [
        ("sets", (), ["qwen", "llama"]),
        ("sets", (Place("llama"),), ["llama"]),
        ("groups", (), ["llama/0", "llama/1", "qwen/0"]),
        ("groups", (Place("llama"),), ["llama/0", "llama/1"]),
        ("groups", (Place("llama", 1), Place("qwen")), ["llama/1", "qwen/0"]),
        ("pods", (Place("llama", 1),), ["pod/llama-1", "pod/llama-1-1"]),
        ("pods", (Place("llama", 0, 1),), ["pod/llama-0-1"]),
        ("pods", (Place("qwen-0"),), ["pod/qwen-0"]),
        ("nodes", (Place("node-1"),), ["node/node-1"]),
        ("events", (Place("llama"),), ["event.events.k8s.io/e1"]),
        ("events", (Place("llama", 1),), ["event.events.k8s.io/e1"]),
        ("events", (Place("llama-1"),), ["event.events.k8s.io/e1"]),
        ("events", (Place("llama", 0),), []),
        ("events", (Place("qwen"),), []),
        ("revisions", (Place("qwen"),), ["controllerrevision.apps/qwen-aaa111-1"]),
    ],
)
def test_what_is_named_is_listed(kind, places, expected):
    found = listed(kind, *places)
    assert names(found) == expected
    assert found.missing == ()


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("sets", Place("nope")),
        ("groups", Place("llama", 7)),
        ("pods", Place("llama", 0, 5)),
        ("nodes", Place("llama")),
        ("revisions", Place("nope")),
    ],
)
def test_what_is_not_there_is_told_apart(kind, place):
    found = listed(kind, place)
    assert (found.table.rows, found.missing) == ((), (place,))


def test_order_by_a_column_and_downwards():
    assert names(listed("sets", sort="name")) == ["llama", "qwen"]
    assert names(listed("sets", sort="name", descending=True)) == ["qwen", "llama"]
    assert names(listed("groups", sort="gpu", descending=True))[-1] == "qwen/0"


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_is_data_and_has_a_name(kind):
    found = listed(kind)
    assert found.table.rows
    records = [found.record(row) for row in found.table.rows]
    assert json.loads(json.dumps(document(kind, records)))["items"] == records
    assert len({tuple(record) for record in records}) == 1, "the same fields in every record"
    assert all("/" in found.name(row) for row in found.table.rows)


def test_values_are_plain_and_absent_ones_are_null():
    found = listed("groups")
    first, _, starts = (found.record(row) for row in found.table.rows)
    assert (first["readyPods"], first["size"], first["state"]) == (2, 2, "ready")
    assert first["accelerators"] == {"bound": 8, "requested": 8}
    assert first["reason"] is None
    assert starts["readyPods"] == 0
    assert starts["nodes"] == ["node-7"]
    record = listed("nodes").record(listed("nodes").table.rows[0])
    assert record["accelerators"]["nvidia.com/gpu"]["free"] == 0
    assert record["heldBy"] == ["prod/llama-0", "prod/llama-0-1"]


def text(kind, *, wide=False, namespaces=False):
    table = listed(kind).table
    printed = sheet(table, wide=wide, namespaces=namespaces)
    lines = [printed.header, *map(printed.line, table.rows)]
    return ["".join(span.text for span in line) for line in lines]


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_aligned_and_a_row_is_one_line(kind):
    header, *rows = text(kind, wide=True, namespaces=True)
    starts = [i for i in range(3, len(header)) if header[i - 3 : i] == "   " and header[i] != " "]
    assert starts
    assert all("\n" not in row and row[start - 1] == " " for row in rows for start in starts)


@pytest.mark.parametrize(
    ("kind", "options", "titles"),
    [
        ("sets", {}, "STATE NAME READY UPD SIZE GPU ROLLOUT GROUPS REV AGE"),
        ("groups", {}, "STATE SET GROUP READY REV GPU NODES RESTARTS AGE REASON"),
        ("pods", {"namespaces": True}, "POD NS ROLE GRP STATUS READY RST GPU NODE REV REASON AGE"),
        ("revisions", {}, "SET REVISION KEY STATE AGE WHO GROUPS IMAGES CHANGE"),
    ],
)
def test_words_stand_for_glyphs_and_namespaces_only_where_there_are_several(kind, options, titles):
    assert [t for t in text(kind, **options)[0].split() if t != "S"] == titles.split()


def test_wide_shows_more():
    assert "IP" in text("pods", wide=True)[0].split()
    assert "IP" not in text("pods")[0].split()


def test_an_age_that_grows_is_no_news():
    table = listed("pods").table
    printed = sheet(table, wide=True, namespaces=True)
    later = listing("pods", world(), Query(), NOW + 5, Memo()).table
    assert [printed.news(r) for r in table.rows] != [row.cells for row in later.rows]
    ready = [row for row in table.rows if row.state == "ready"]
    same = {row.key: row for row in later.rows}
    assert ready
    assert all(printed.news(row) == printed.news(same[row.key]) for row in ready)


def test_a_set_with_an_invalid_spec_still_lists_what_is_recorded():
    broken = lws(leaderWorkerTemplate={"size": 0})
    found = listing(
        "revisions",
        snapshot(sets=(broken,), revisions=(revision(), revision("bbb222", 2))),
        Query(),
        NOW,
        Memo(),
    )
    assert [found.record(row)["revision"] for row in found.table.rows] == [2, 1]
    assert not any(found.record(row)["target"] for row in found.table.rows)


@pytest.mark.parametrize(
    ("text_", "cells"), [("abc", 3), ("模型", 4), ("e\u0301", 1), ("·█", 2), ("", 0)]
)
def test_cells_of_a_text(text_, cells):
    assert cells_of(text_) == cells


@pytest.mark.parametrize(
    ("place", "name"),
    [(Place("demo", 2), "demo-2"), (Place("demo", 2, 0), "demo-2"), (Place("d", 0, 3), "d-0-3")],
)
def test_the_pod_at_a_place(place, name):
    assert pod_name(place) == name


def test_a_pod_outside_sets_is_not_listed():
    stranger: Pod = msgspec.structs.replace(pod(key=LLAMA), set_name="", name="other", uid="o")
    found = listing("pods", snapshot(pods=(stranger,)), Query(), NOW, Memo())
    assert found.table.rows == ()


def test_nothing_a_cluster_says_is_obeyed_by_a_terminal():
    evil = "x\x1b[31m\u202ey\nz\x9b2J"
    container_ = {"name": evil, "image": evil}
    template = {"workerTemplate": {"spec": {"containers": [container_]}}, "restartPolicy": evil}
    hostile = lws(leaderWorkerTemplate=template)
    seen = snapshot(sets=(hostile,), pods=(pod(0), pod(0, 1)))
    found = listing("sets", seen, Query(), NOW, Memo())
    described = describe(seen, Ref("set", *LLAMA), NOW)
    printed = [span.text for line in described for span in line]
    printed.append(yaml.safe_dump(found.record(found.table.rows[0]), allow_unicode=True))
    harmful = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
    assert [text for text in printed if harmful.search(text)] == []
    assert "xy z" in "".join(printed)
    assert not any("\n" in text for text in printed[:-1])
