"""Get, list and watch over HTTP."""

import asyncio
import json

import pytest

from lwstui.sandbox import reads
from tests.sandbox.api.support import PARTIAL_LIST, PODS, TABLE, Api, pod


async def make(api: Api, *names: str, **labels: str) -> None:
    for name in names:
        await api.post(PODS, pod(name, **labels))


def names(answer: dict) -> list[str]:
    return [each["metadata"]["name"] for each in answer["items"]]


async def test_get_and_not_found(api: Api) -> None:
    await make(api, "a")
    found = await api.get(f"{PODS}/a")
    assert (found["kind"], found["metadata"]["name"]) == ("Pod", "a")
    missing = await api.get(f"{PODS}/b", code=404)
    assert missing["message"] == 'pods "b" not found'
    assert missing["details"] == {"name": "b", "kind": "pods"}


@pytest.mark.parametrize(
    "path",
    [
        "/apis/nothing.io/v1/things",
        "/api/v1/things",
        "/api/v1/pods/a",
        "/api/v1/namespaces/default/nodes",
        f"{PODS}/a/nothing",
        "/apis/nothing.io",
        "/nonsense",
    ],
)
async def test_unknown_paths(api: Api, path: str) -> None:
    answer = await api.get(path, code=404)
    assert answer["message"] == "the server could not find the requested resource"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("app=x", ["a", "b"]),
        ("app==x,tier=front", ["a"]),
        ("app!=x", ["c"]),
        ("tier", ["a"]),
        ("!tier", ["b", "c"]),
        ("app in (x, y),tier notin (front)", ["b", "c"]),
        ("", ["a", "b", "c"]),
    ],
)
async def test_label_selectors(api: Api, selector: str, expected: list[str]) -> None:
    await make(api, "a", app="x", tier="front")
    await make(api, "b", app="x")
    await make(api, "c", app="y")
    response = await api.client.get(
        PODS, params={"labelSelector": selector}, headers={"Authorization": "Bearer secret"}
    )
    assert names(await response.json()) == expected


async def test_bad_selectors(api: Api) -> None:
    bad = await api.get(f"{PODS}?labelSelector=a%20b%20c", code=400)
    assert bad["message"].startswith("unable to parse requirement")
    bad = await api.get(f"{PODS}?fieldSelector=spec.magic%3Dx", code=400)
    assert bad["message"] == "field label not supported: spec.magic"


async def test_field_selectors(api: Api) -> None:
    await make(api, "a", "b")
    assert names(await api.get("/api/v1/pods?fieldSelector=metadata.name%3Db")) == ["b"]
    query = "fieldSelector=status.phase%21%3DPending"
    assert names(await api.get(f"/api/v1/pods?{query}")) == []


async def test_pages_are_one_snapshot(api: Api) -> None:
    await make(api, "a", "b", "c", "d")
    first = await api.get(f"{PODS}?limit=2")
    assert names(first) == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] == 2
    await api.delete(f"{PODS}/c")
    await make(api, "e")
    second = await api.get(f"{PODS}?limit=2&continue={first['metadata']['continue']}")
    assert names(second) == ["c", "d"]
    assert "continue" not in second["metadata"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_pages_over_all_namespaces(api: Api) -> None:
    await api.post("/api/v1/namespaces", {"metadata": {"name": "a-space"}})
    await make(api, "z")
    await api.post("/api/v1/namespaces/a-space/pods", pod("x"))
    first = await api.get("/api/v1/pods?limit=1")
    second = await api.get(f"/api/v1/pods?limit=1&continue={first['metadata']['continue']}")
    assert names(first) + names(second) == ["x", "z"]


async def test_a_forgotten_page_is_gone_and_says_how_to_go_on(api: Api) -> None:
    await make(api, "a", "b", "c")
    token = (await api.get(f"{PODS}?limit=1"))["metadata"]["continue"]
    for _ in range(70):
        await api.patch(f"{PODS}/a", {"metadata": {"annotations": {"n": str(_)}}})
        await api.get(f"{PODS}?limit=1")
    gone = await api.get(f"{PODS}?limit=1&continue={token}", code=410)
    assert gone["reason"] == "Expired"
    rest = await api.get(f"{PODS}?continue={gone['metadata']['continue']}")
    assert names(rest) == ["b", "c"]


async def test_list_parameters(api: Api) -> None:
    await make(api, "a", "b")
    assert len(names(await api.get(f"{PODS}?limit=1&resourceVersion=0"))) == 2
    future = await api.get(f"{PODS}?resourceVersion=99999", code=504)
    assert future["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    bad = await api.get(f"{PODS}?limit=1&continue=garbage", code=400)
    assert bad["message"].startswith("invalid continue token: continue key is not valid")
    await api.get(f"{PODS}?limit=many", code=400)


async def test_table_and_metadata_forms(api: Api) -> None:
    await make(api, "a")
    table = await api.get(PODS, accept=f"{TABLE},application/json")
    assert table["rows"][0]["cells"][:4] == ["a", "0/1", "Pending", "0"]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    bare = await api.get(f"{PODS}?includeObject=None", accept=TABLE)
    assert bare["rows"][0]["object"] is None
    full = await api.get(f"{PODS}?includeObject=Object", accept=TABLE)
    assert full["rows"][0]["object"]["spec"]["containers"]
    partial = await api.get(PODS, accept=PARTIAL_LIST)
    assert partial["kind"] == "PartialObjectMetadataList"
    assert "spec" not in partial["items"][0]


async def test_watch_resumes_from_a_version(api: Api) -> None:
    await make(api, "a")
    version = (await api.get(PODS))["metadata"]["resourceVersion"]
    await api.patch(f"{PODS}/a", {"metadata": {"labels": {"x": "y"}}})
    await api.delete(f"{PODS}/a")
    events = await api.lines(f"{PODS}?watch=1&resourceVersion={version}&timeoutSeconds=1")
    assert [each["type"] for each in events] == ["MODIFIED", "DELETED"]
    versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in events]
    assert int(version) < versions[0] < versions[1]


async def test_watch_without_a_version_starts_with_what_is_there(api: Api) -> None:
    await make(api, "a", "b")
    events = await api.lines(f"{PODS}?watch=true&timeoutSeconds=1&allowWatchBookmarks=true")
    assert [each["type"] for each in events] == ["ADDED", "ADDED", "BOOKMARK"]
    assert events[-1]["object"]["metadata"]["resourceVersion"] == str(api.store.version)


async def test_watch_follows_changes_as_they_happen(api: Api) -> None:
    version = (await api.get(PODS))["metadata"]["resourceVersion"]
    path = f"{PODS}?watch=1&resourceVersion={version}&timeoutSeconds=30"
    response = await api.raw("GET", path)
    await make(api, "a")
    async with asyncio.timeout(30):
        event = json.loads(await response.content.readline())
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "a")
    response.close()


async def test_a_selector_turns_changes_into_additions_and_deletions(api: Api) -> None:
    await make(api, "a")
    version = (await api.get(PODS))["metadata"]["resourceVersion"]
    for value in ("yes", "yes2", "no"):
        label = None if value == "no" else "in"
        body = {"metadata": {"labels": {"sel": label}, "annotations": {"v": value}}}
        await api.patch(f"{PODS}/a", body)
    query = f"watch=1&resourceVersion={version}&timeoutSeconds=1&labelSelector=sel%3Din"
    events = await api.lines(f"{PODS}?{query}")
    assert [each["type"] for each in events] == ["ADDED", "MODIFIED", "DELETED"]
    last = events[-1]["object"]["metadata"]
    assert last["labels"] == {"sel": "in"}
    assert last["resourceVersion"] == str(api.store.version)


async def test_a_version_that_is_too_old_ends_the_watch(api: Api) -> None:
    (event,) = await api.lines(f"{PODS}?watch=1&resourceVersion=1&timeoutSeconds=1")
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


async def test_initial_events_end_with_a_marked_bookmark(api: Api) -> None:
    await make(api, "a")
    query = (
        "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        "&allowWatchBookmarks=true&timeoutSeconds=1"
    )
    added, bookmark, *_ = await api.lines(f"{PODS}?{query}")
    assert added["type"] == "ADDED"
    assert bookmark["type"] == "BOOKMARK"
    annotations = bookmark["object"]["metadata"]["annotations"]
    assert annotations == {"k8s.io/initial-events-end": "true"}
    assert bookmark["object"]["spec"] == {"containers": None}


async def test_bookmarks_come_while_nothing_happens(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads, "BOOKMARK_S", 0.05)
    query = f"watch=1&resourceVersion={api.store.version}&timeoutSeconds=1&allowWatchBookmarks=1"
    events = await api.lines(f"{PODS}?{query}")
    assert len(events) > 3
    assert {each["type"] for each in events} == {"BOOKMARK"}


async def test_table_watch_sends_columns_once(api: Api) -> None:
    await make(api, "a", "b")
    response = await api.raw("GET", f"{PODS}?watch=1&timeoutSeconds=1", accept=TABLE)
    events = [json.loads(line)["object"] for line in (await response.read()).splitlines()]
    assert [each["columnDefinitions"] is not None for each in events] == [True, False]
    assert [each["rows"][0]["cells"][0] for each in events] == ["a", "b"]


async def test_the_token_guards_everything_but_health(api: Api) -> None:
    for path in ("/readyz", "/livez", "/healthz/ping"):
        response = await api.client.get(path)
        assert (response.status, await response.text()) == (200, "ok")
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        response = await api.client.get(PODS, headers=headers)
        body = await response.json()
        assert (response.status, body["reason"]) == (401, "Unauthorized")


async def test_events_have_two_views(api: Api) -> None:
    regarding = {"kind": "Pod", "name": "a", "namespace": "default"}
    path = "/apis/events.k8s.io/v1/namespaces/default/events"
    body = {
        "metadata": {"name": "e"},
        "regarding": regarding,
        "note": "hello",
        "reason": "Started",
        "type": "Normal",
        "eventTime": "2026-11-20T23:23:39.000000Z",
        "reportingController": "lws",
        "reportingInstance": "lws-0",
        "action": "Start",
    }
    created = await api.post(path, body)
    assert created["note"] == "hello"
    core = await api.get("/api/v1/namespaces/default/events/e")
    assert (core["message"], core["involvedObject"]) == ("hello", regarding)
    assert core["reportingComponent"] == "lws"
    query = "fieldSelector=regarding.name%3Da"
    listed = await api.get(f"{path}?{query}")
    assert (listed["kind"], listed["apiVersion"]) == ("EventList", "events.k8s.io/v1")
    assert listed["items"][0]["note"] == "hello"
    query = "fieldSelector=involvedObject.name%3Dother"
    assert (await api.get(f"/api/v1/events?{query}"))["items"] == []
    patched = await api.patch(f"{path}/e", {"series": {"count": 2}, "note": "again"})
    assert (patched["series"], patched["note"]) == ({"count": 2}, "again")


async def test_the_root_lists_paths_and_health_tells_its_checks(api: Api) -> None:
    paths = (await api.get("/"))["paths"]
    assert {"/api/v1", "/apis/apps/v1", "/apis/leaderworkerset.x-k8s.io", "/version"} <= {*paths}
    answer = await api.raw("GET", "/readyz?verbose")
    text = await answer.text()
    assert text.startswith("[+]ping ok\n")
    assert text.endswith("readyz check passed\n")
    assert await (await api.raw("GET", "/livez/ping?verbose")).text() == "ok"
