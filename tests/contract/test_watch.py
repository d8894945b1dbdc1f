"""Watches: what they begin with, what they tell, and how they resume."""

import pytest

from tests.contract.bodies import configmap, worker_set
from tests.contract.client import Api, Json

PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


@pytest.fixture
def maps(api: Api) -> str:
    """Return the collection that is watched; only labelled objects are looked at."""
    return api.core("configmaps")


def labelled(name: str, value: str = "1", **data: str) -> Json:
    return configmap(name, labels={"watched": value}, **data)


MINE = {"labelSelector": "watched"}


def test_a_life(api: Api, maps: str) -> None:
    start = api.get(maps)["metadata"]["resourceVersion"]
    with api.watch(maps, resourceVersion=start, **MINE) as watch:
        api.create(maps, labelled("c"))
        api.patch(f"{maps}/c", {"data": {"a": "1"}})
        api.delete(f"{maps}/c")
        assert watch.seen(3) == [("ADDED", "c"), ("MODIFIED", "c"), ("DELETED", "c")]


def test_objects_are_whole_and_in_order(api: Api, maps: str) -> None:
    start = api.get(maps)["metadata"]["resourceVersion"]
    with api.watch(maps, resourceVersion=start, **MINE) as watch:
        written = [api.create(maps, labelled("c"))]
        written += [api.patch(f"{maps}/c", {"data": {"a": str(n)}}) for n in range(3)]
        assert [watch.event()[1] for _ in range(4)] == written


@pytest.mark.parametrize("version", ["", "0"])
def test_without_a_version_it_begins_with_what_there_is(api: Api, maps: str, version: str) -> None:
    for name in ("c", "d"):
        api.create(maps, labelled(name))
    query = {"resourceVersion": version} if version else {}
    with api.watch(maps, **query, **MINE) as watch:
        assert watch.seen(2) == [("ADDED", "c"), ("ADDED", "d")]
        api.delete(f"{maps}/d")
        assert watch.seen(1) == [("DELETED", "d")]


def test_it_resumes_where_another_ended(api: Api, maps: str) -> None:
    first = api.create(maps, labelled("c"))["metadata"]["resourceVersion"]
    api.patch(f"{maps}/c", {"data": {"a": "1"}})
    api.create(maps, labelled("d"))
    with api.watch(maps, resourceVersion=first, **MINE) as watch:
        assert watch.seen(2) == [("MODIFIED", "c"), ("ADDED", "d")]


def test_selections_are_entered_and_left(api: Api, maps: str) -> None:
    start = api.create(maps, labelled("c", "no"))["metadata"]["resourceVersion"]
    with api.watch(maps, resourceVersion=start, labelSelector="watched=yes") as watch:
        for value in ("yes", "yes-still-not", "yes"):
            api.patch(f"{maps}/c", {"metadata": {"labels": {"watched": value}}})
        api.patch(f"{maps}/c", {"data": {"a": "1"}})
        assert [kind for kind, _ in watch.seen(4)] == ["ADDED", "DELETED", "ADDED", "MODIFIED"]


def test_a_deletion_carries_the_version_it_happened_at(api: Api, maps: str) -> None:
    made = api.create(maps, labelled("c"))["metadata"]["resourceVersion"]
    with api.watch(maps, resourceVersion=made, **MINE) as watch:
        api.delete(f"{maps}/c")
        _, gone = watch.event()
        assert int(gone["metadata"]["resourceVersion"]) > int(made)


def test_one_object_by_field(api: Api, maps: str) -> None:
    start = api.get(maps)["metadata"]["resourceVersion"]
    query = {"resourceVersion": start, "fieldSelector": "metadata.name=d"}
    with api.watch(maps, **query) as watch:
        for name in ("c", "d"):
            api.create(maps, labelled(name))
        assert watch.seen(1) == [("ADDED", "d")]


def test_one_object_by_path(api: Api, maps: str) -> None:
    for name in ("c", "d"):
        api.create(maps, labelled(name))
    with api.watch(f"{maps}/d") as watch:
        assert watch.seen(1) == [("ADDED", "d")]
        api.patch(f"{maps}/c", {"data": {"a": "1"}})
        api.delete(f"{maps}/d")
        assert watch.seen(1) == [("DELETED", "d")]


def test_all_namespaces(api: Api) -> None:
    start = api.get(api.sets())["metadata"]["resourceVersion"]
    everywhere = "/apis/leaderworkerset.x-k8s.io/v1/leaderworkersets"
    with api.watch(everywhere, resourceVersion=start) as watch:
        api.create(api.sets(), worker_set())
        kind, obj = watch.event()
        assert (kind, obj["metadata"]["namespace"]) == ("ADDED", api.space)


def test_initial_events_end_with_a_bookmark(api: Api, maps: str) -> None:
    api.create(maps, labelled("c"))
    query = {
        "sendInitialEvents": "true",
        "allowWatchBookmarks": "true",
        "resourceVersionMatch": "NotOlderThan",
    }
    with api.watch(maps, **query, **MINE) as watch:
        assert watch.seen(1) == [("ADDED", "c")]
        kind, mark = watch.event()
        assert kind == "BOOKMARK"
        assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert mark["kind"] == "ConfigMap"
        assert int(mark["metadata"]["resourceVersion"]) > 0
        api.create(maps, labelled("d"))
        assert watch.seen(1) == [("ADDED", "d")]


def test_metadata_only(api: Api, maps: str) -> None:
    api.create(maps, labelled("c", a="1"))
    watch = api.call(
        "GET",
        maps,
        query={"watch": "true", "timeoutSeconds": "1", **MINE},
        headers={"Accept": PARTIAL},
    )
    event = watch.body
    assert (event["type"], event["object"]["kind"]) == ("ADDED", "PartialObjectMetadata")
    assert "data" not in event["object"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"sendInitialEvents": "true"}, "resourceVersionMatch"),
        (
            {"resourceVersion": "1", "resourceVersionMatch": "NotOlderThan"},
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        (
            {"sendInitialEvents": "true", "resourceVersionMatch": "Exact", "resourceVersion": "1"},
            "resourceVersionMatch",
        ),
    ],
    ids=["no-match", "no-initial-events", "exact"],
)
def test_parameters_that_do_not_go_together(
    api: Api, maps: str, query: dict[str, str], words: str
) -> None:
    said = api.refused(422, "GET", maps, query={"watch": "true", **query})
    assert said["message"].startswith('ListOptions.meta.k8s.io "" is invalid: ')
    assert words in said["message"]


def test_a_bad_selector_is_refused_at_once(api: Api, maps: str) -> None:
    api.refused(400, "GET", maps, query={"watch": "true", "labelSelector": "a in"})
