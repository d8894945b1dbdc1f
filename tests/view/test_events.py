from dataclasses import replace

import msgspec
import pytest

from controller.api.core import Event
from lwstui.kube.sync import KindSync
from lwstui.view.ages import clock
from lwstui.view.events import events
from lwstui.view.memo import Memo
from lwstui.view.types import Query, Ref
from tests.view.build import NOW, lws, pod, snapshot


def event(name, kind="Pod", ago=10.0, **changes):
    uid = f"e-{kind}-{name}"
    values = {"type": "Normal", "reason": "Started", "note": "note", **changes}
    return Event(
        "prod", uid, uid, values["type"], values["reason"], values["note"], kind, name,
        regarding_uid=f"uid-{name}", count=3, last_at=NOW - ago,
    )  # fmt: skip


ALL = (
    event("llama", "LeaderWorkerSet", ago=40),
    event("llama-0", ago=30),
    event("llama-0-1", ago=20, type="Warning", reason="BackOff"),
    event("llama-1", ago=10),
    event("llama-x-1", ago=5),
    event("node-0", "Node", ago=50),
)


def show(query=None, scope=None):
    snap = snapshot(sets=(lws(1),), pods=(pod(), pod(0, 1)))
    snap = replace(snap, events={e.uid: e for e in ALL})
    table = events(snap, query or Query(), NOW, Memo(), scope=scope)
    return table, [row.cells[7].text for row in table.rows]


def test_newest_first_with_the_group_of_pods():
    table, names = show()
    assert names == ["llama-x-1", "llama-1", "llama-0-1", "llama-0", "llama", "node-0"]
    row = table.rows[2]
    assert [row.cells[i].text for i in (0, 2, 4, 5, 8)] == ["W", "20s", "3", "BackOff", "0"]
    assert row.ref == Ref("pod", "prod", "llama-0-1", 0, uid="uid-llama-0-1")


def test_faults_are_warnings():
    assert show(Query(faults_only=True))[1] == ["llama-0-1"]


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (Ref("set", "prod", "llama"), ["llama-1", "llama-0-1", "llama-0", "llama"]),
        (Ref("group", "prod", "llama", 0), ["llama-0-1", "llama-0"]),
        (Ref("pod", "prod", "llama-0"), ["llama-0"]),
        (Ref("node", "", "node-0"), ["node-0"]),
        (Ref("set", "other", "llama"), []),
    ],
)
def test_events_about_something(scope, names):
    assert show(scope=scope)[1] == names


@pytest.mark.parametrize(
    ("sync", "says"),
    [
        ({}, "while this screen is open"),
        ({"events": KindSync("forbidden")}, "cannot be listed"),
        ({"events": KindSync("live")}, "forgets them"),
    ],
)
def test_no_events_say_why(sync, says):
    snap = replace(snapshot(), sync=sync)
    assert says in events(snap, Query(), NOW, Memo()).note


def many(*found, how="object"):
    snap = snapshot(sets=(lws(2),), pods=(pod(), pod(0, 1)))
    snap = replace(snap, events={f"{n}": replaced(e, uid=f"{n}") for n, e in enumerate(found)})
    return events(snap, Query(), NOW, Memo(), how=how)


def replaced(one, **changes):
    return msgspec.structs.replace(one, **changes)


BACKOFFS = (
    event("llama-0", ago=9, reason="BackOff", type="Warning", note="older"),
    event("llama-0", ago=3, reason="BackOff", type="Warning", note="newest"),
    event("llama-0-1", ago=5, reason="BackOff", type="Warning"),
    event("llama-1", ago=7, reason="BackOff", type="Warning"),
    event("llama-0", ago=1, reason="Pulled"),
)


@pytest.mark.parametrize(
    ("how", "rows"),
    [
        ("object", [("llama-0", "3"), ("llama-0", "6"), ("llama-0-1", "3"), ("llama-1", "3")]),
        ("group", [("llama-0", "3"), ("llama-0 +1", "9"), ("llama-1", "3")]),
        (
            "none",
            [(name, "3") for name in ("llama-0", "llama-0", "llama-0-1", "llama-1", "llama-0")],
        ),
    ],
)
def test_what_belongs_together_is_one_row_with_its_count(how, rows):
    found = many(*BACKOFFS, how=how).rows
    assert [(row.cells[7].text, row.cells[4].text) for row in found] == rows
    assert len({row.key for row in found}) == len(found)


def test_a_row_shows_the_newest_note_and_the_first_time():
    first = replaced(BACKOFFS[0], first_at=NOW - 600)
    row = many(first, BACKOFFS[1]).rows[0]
    assert row.cells[9].text == "newest"
    assert row.cells[3].text == clock(NOW - 600)
    assert many(BACKOFFS[1]).rows[0].cells[3].text == "—"


@pytest.mark.parametrize(
    ("kind", "name", "group"),
    [
        ("Pod", "llama-0-1", "0"),
        ("Pod", "llama-7", "7"),
        ("Pod", "llama-7-3", "7"),
        ("StatefulSet", "llama-3", "3"),
        ("StatefulSet", "llama", "—"),
        ("Pod", "other-1", "—"),
        ("Node", "llama-1", "—"),
        ("LeaderWorkerSet", "llama", "—"),
    ],
)
def test_the_group_is_told_although_the_pod_is_gone(kind, name, group):
    assert many(event(name, kind)).rows[0].cells[8].text == group
