"""History for people: differences of templates, who runs what, hostile text."""

import json

import msgspec
import pytest

from lwstui.state.history import history_of
from lwstui.view.revisions import changes_between, document, entries, table, template_of
from tests.view.build import revision
from tests.view.rollouts import running, settled


def of_template(**template):
    return msgspec.structs.replace(
        revision(),
        data={"spec": {"leaderWorkerTemplate": {"$patch": "replace", **template}}},
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"size": 2}, {"size": 2}, (), id="nothing"),
        pytest.param({"size": 2}, {"size": 3}, ("size: 2 -> 3",), id="a number"),
        pytest.param({}, {"size": 3}, ("size: (none) -> 3",), id="a field that is new"),
        pytest.param({"size": 3}, {}, ("size: 3 -> (none)",), id="a field that is gone"),
        pytest.param(
            {"c": [{"name": "a", "image": "x:1"}, {"name": "b"}]},
            {"c": [{"name": "b"}, {"name": "a", "image": "x:2"}]},
            ("c[a].image: x:1 -> x:2",),
            id="named items are compared by name, not by place",
        ),
        pytest.param(
            {"c": [{"name": "a"}]},
            {"c": [{"name": "a"}, {"name": "b", "image": "x"}]},
            ('c[b]: (none) -> {"name":"b","image":"x"}',),
            id="an item that is new",
        ),
        pytest.param(
            {"args": ["--a"]},
            {"args": ["--a", "--b"]},
            ('args: ["--a"] -> ["--a","--b"]',),
            id="args",
        ),
        pytest.param(
            {"x": 1, "y": {"z": 1}}, {"x": 2, "y": {"z": 2}}, ("x: 1 -> 2", "y.z: 1 -> 2"), id="two"
        ),
    ],
)
def test_differences(before, after, expected):
    found = changes_between(of_template(**before), of_template(**after))
    assert tuple(map(str, found)) == expected


def test_long_values_are_cut_in_words_and_whole_in_data():
    (change,) = changes_between(of_template(a="x"), of_template(a="y" * 200))
    assert str(change) == f"a: x -> {'y' * 59}…"
    assert change.after == "y" * 200


def test_text_of_a_template_cannot_drive_the_terminal():
    evil = of_template(args=["\x1b]0;gone\x07rm", "plain"])
    assert "\x1b" not in str(template_of(evil))
    assert "\x1b" not in "".join(map(str, changes_between(of_template(), evil)))


def history(cluster):
    return entries(
        history_of(cluster.lws, cluster.revisions.values()),
        cluster.pods.values(),
        next(r.key for r in cluster.revisions.values() if r.number == 1),
    )


def test_entries_say_who_runs_each_and_what_is_the_target():
    cluster = running(3)
    cluster.set_image("b")
    settled(cluster, broken=2)
    new, old = history(cluster)
    assert (new.revision.number, new.groups, new.target, new.current) == (2, (2,), True, False)
    assert (old.revision.number, old.groups, old.target, old.current) == (1, (0, 1), False, True)
    assert new.images == (("worker", "main", "b"),)
    assert old.changes is None
    assert [str(change) for change in new.changes] == [
        "workerTemplate.spec.containers[main].image: img:v1 -> b"
    ]
    head, first, second = table((new, old), cluster.now + 90, ("argocd", "unknown"))
    assert head.split() == ["REVISION", "KEY", "STATE", "AGE", "WHO", "GROUPS", "IMAGES", "CHANGE"]
    assert first.split()[:7] == ["2", new.revision.key, "target", "1m30s", "argocd", "1", "(2)"]
    assert second.rstrip().endswith("(the oldest kept)")
    data = json.loads(json.dumps(document(new, "argocd")))
    assert (data["groups"], data["who"]) == ([2], "argocd")


def test_a_template_that_came_back_counts_its_groups_once():
    cluster = running(2)
    for image in ("b", "img:v1"):
        cluster.set_image(image)
        settled(cluster)
    assert [entry.groups for entry in history(cluster)] == [(0, 1), (), ()]
    assert [entry.target for entry in history(cluster)] == [True, False, False]
