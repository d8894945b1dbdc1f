"""What puts an apply back: the release before, else what was there of what was sent."""

import pytest

from lwstui.state.releases import going_back, last_of, releases_of, restricted, that_sent


def obj(name="llama", *, kind="LeaderWorkerSet", before=None, **applied):
    head = {"apiVersion": "x/v1", "kind": kind, "metadata": {"name": name}}
    if before is not None:
        before = {**head, "metadata": {"name": name, "labels": {"owner": "them"}}, **before}
    return {
        "kind": kind,
        "namespace": "prod",
        "name": name,
        "before": before,
        "applied": {**head, **applied},
    }


def release(at, *objects, source="./serving"):
    return {"at": at, "source": source, "hash": "abc", "who": "alice", "objects": list(objects)}


FIRST = release("2026-08-21T10:00:00Z", obj(spec={"image": "v1", "size": 2}))
SECOND = release(
    "2026-08-21T11:00:00Z",
    obj(before={"spec": {"image": "v1", "size": 2, "extra": 1}}, spec={"image": "v2"}),
)


def test_what_the_same_source_applied_before_is_applied_again():
    releases = releases_of([FIRST, SECOND])
    back = going_back(releases, releases[1])
    (manifest,) = back.manifests
    assert manifest.body["spec"] == {"image": "v1", "size": 2}
    assert manifest.body["metadata"] == {"name": "llama", "namespace": "prod"}
    assert back.notes == ()


def test_without_one_what_was_sent_goes_back_to_what_was_there_and_nothing_else():
    (only,) = releases_of([SECOND])
    (manifest,) = going_back((only,), only).manifests
    assert manifest.body["spec"] == {"image": "v1"}
    assert manifest.body["apiVersion"] == "x/v1"
    assert "labels" not in manifest.body["metadata"]


def test_another_source_is_not_the_release_before():
    elsewhere = {**FIRST, "source": "./other"}
    releases = releases_of([elsewhere, SECOND])
    assert going_back(releases, releases[1]).manifests[0].body["spec"] == {"image": "v1"}


def test_what_cannot_be_put_back_and_what_goes_with_it_is_said():
    last = release(
        "2026-08-21T12:00:00Z",
        obj("new", spec={}),
        obj("keys", kind="Secret", before={}, spec={}),
        obj("map", kind="ConfigMap", before={"data": {"a": "1"}}, data={"a": "2", "b": "3"}),
    )
    again = release("2026-08-21T13:00:00Z", obj("map", kind="ConfigMap", data={"a": "4"}))
    releases = releases_of([last, again])
    back = going_back(releases, releases[0])
    assert [m.body.get("data") for m in back.manifests] == [{"a": "1"}]
    assert back.notes == (
        "LeaderWorkerSet prod/new was created by it and stays: delete it if it is not wanted",
        "Secret prod/keys stays as it is: the values of Secrets are not kept",
        "ConfigMap prod/map was applied again since: it goes back before that",
    )


@pytest.mark.parametrize(
    ("shape", "value", "expected"),
    [
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 2}),
        ({"a": 1, "b": 2}, {"a": 2}, {"a": 2}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ([1, 2], [3], [3]),
        (
            [{"name": "x", "image": "2"}, {"name": "new"}],
            [{"name": "other"}, {"name": "x", "image": "1", "args": []}],
            [{"name": "x", "image": "1"}],
        ),
    ],
)
def test_restricted(shape, value, expected):
    assert restricted(shape, value) == expected


def test_the_release_of_a_send_is_the_first_one_kept_after_it():
    releases = releases_of([FIRST, SECOND])
    first, second = releases
    ask = ("LeaderWorkerSet", "prod", "llama")
    assert that_sent(releases, *ask, first.seconds - 0.4) is first
    assert that_sent(releases, *ask, first.seconds) is first
    assert that_sent(releases, *ask, first.seconds + 0.001) is second
    assert that_sent(releases, *ask, second.seconds + 0.001) is None
    assert that_sent(releases, "ConfigMap", "prod", "llama", 0.0) is None
    assert last_of(releases, "./serving") is second
    assert last_of(releases, "./other") is None


@pytest.mark.parametrize("document", [None, {}, "x", [1], [{"objects": "x"}], [{"objects": [1]}]])
def test_a_document_that_is_no_list_of_releases_has_none_to_put_back(document):
    assert all(not one.objects for one in releases_of(document))
