"""Versions, pages and parameters of lists and watches."""

import asyncio
import json
import random

import pytest

from lwstui.sandbox import paging, watchcache
from tests.sandbox.api.support import PODS, Api, pod
from tests.sandbox.watch.support import History, Selection, Writer, name_of

MATCH = "resourceVersionMatch"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"{MATCH}=Exact", f"{MATCH} is forbidden unless resourceVersion is provided"),
        (
            f"{MATCH}=Exact&resourceVersion=0",
            f'{MATCH} "exact" is forbidden for resourceVersion "0"',
        ),
        (
            f"{MATCH}=Nearly&resourceVersion=1",
            'Unsupported value: "Nearly": supported values: "Exact", "NotOlderThan", ""',
        ),
        (
            f"{MATCH}=Exact&resourceVersion=1&continue=x",
            f"{MATCH} is forbidden when continue is provided",
        ),
        ("sendInitialEvents=true", "sendInitialEvents is forbidden for list"),
        (
            "watch=1&sendInitialEvents=false",
            f"sendInitialEvents requires setting {MATCH} to NotOlderThan",
        ),
        (
            f"watch=1&{MATCH}=NotOlderThan",
            f"{MATCH} is forbidden for watch unless sendInitialEvents is provided",
        ),
        (
            f"watch=1&sendInitialEvents=true&{MATCH}=Exact",
            'Unsupported value: "Exact": supported values: "NotOlderThan"',
        ),
    ],
)
async def test_parameters_that_contradict_each_other(api: Api, query: str, message: str) -> None:
    refused = await api.get(f"{PODS}?{query}", code=422)
    assert message in refused["message"]
    assert refused["message"].startswith('ListOptions.meta.k8s.io "" is invalid')


@pytest.mark.parametrize(
    "query",
    [
        "resourceVersion=soon",
        "resourceVersion=-1",
        "resourceVersion=%C2%B2",
        f"resourceVersion={10**30}",
        f"limit={10**30}",
        "limit=%D9%A1",
        "watch=1&timeoutSeconds=soon",
        f"watch=1&timeoutSeconds={10**400}",
        "watch=1&resourceVersion=soon",
    ],
)
async def test_numbers_that_are_none(api: Api, query: str) -> None:
    assert (await api.get(f"{PODS}?{query}", code=400))["reason"] == "BadRequest"


async def test_a_list_is_of_the_version_it_asks_for(api: Api) -> None:
    dice = random.Random(7)
    history, writer = History(api.store), Writer(api.store, dice)
    for _ in range(300):
        writer.write()
    now = api.store.version
    for query, at in (
        ("", now),
        ("resourceVersion=0", now),
        (f"resourceVersion={now - 50}", now),
        (f"resourceVersion={now - 50}&{MATCH}=NotOlderThan", now),
        (f"resourceVersion={now - 50}&{MATCH}=Exact", now - 50),
        (f"resourceVersion={now - 50}&limit=1000", now - 50),
        (f"resourceVersion=0&limit=1&{MATCH}=NotOlderThan", now),
    ):
        listed = await api.get(f"/api/v1/pods?{query}")
        versions = {
            name_of(each): int(each["metadata"]["resourceVersion"]) for each in listed["items"]
        }
        assert versions == history.state(Selection(), at), query
        assert listed["metadata"]["resourceVersion"] == str(at)


async def test_a_version_that_is_forgotten_or_yet_to_come(api: Api) -> None:
    gone = await api.get(f"{PODS}?resourceVersion=1&{MATCH}=Exact", code=410)
    assert gone["reason"] == "Expired"
    query = f"resourceVersion={api.store.version + 9}"
    late = await api.get(f"{PODS}?{query}", code=504)
    assert late["message"].startswith("Too large resource version")
    initial = f"watch=1&sendInitialEvents=true&{MATCH}=NotOlderThan&{query}&timeoutSeconds=1"
    (event,) = await api.lines(f"{PODS}?{initial}")
    assert (event["type"], event["object"]["code"]) == ("ERROR", 504)


async def test_a_watch_from_a_version_to_come_tells_nothing_before_it(api: Api) -> None:
    query = f"watch=1&timeoutSeconds=1&resourceVersion={api.store.version + 1}"
    watching = asyncio.create_task(api.lines(f"{PODS}?{query}"))
    response = await api.raw("GET", f"{PODS}?{query}")
    for name in "abc":
        await api.post(PODS, pod(name))
    lines = [json.loads(line) for line in (await response.read()).splitlines()]
    assert [each["object"]["metadata"]["name"] for each in lines] == ["b", "c"]
    watching.cancel()


async def test_pages_stay_at_the_version_of_the_first_whatever_the_selector(api: Api) -> None:
    for name in "abcd":
        await api.post(PODS, pod(name, app="x" if name in "ac" else "y"))
    every = await api.get(f"{PODS}?limit=1")
    some = await api.get(f"{PODS}?limit=1&labelSelector=app%3Dx")
    await api.delete(f"{PODS}/c")
    await api.post(PODS, pod("bb", app="x"))
    rest = await api.get(f"{PODS}?limit=9&continue={every['metadata']['continue']}")
    assert [each["metadata"]["name"] for each in rest["items"]] == ["b", "c", "d"]
    assert rest["metadata"]["resourceVersion"] == every["metadata"]["resourceVersion"]
    token = some["metadata"]["continue"]
    rest = await api.get(f"{PODS}?limit=9&labelSelector=app%3Dx&continue={token}")
    assert [each["metadata"]["name"] for each in rest["items"]] == ["c"]


async def test_a_long_beginning_of_a_watch_is_not_too_much_for_its_buffer(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch that resumes far back has much to tell at once: that is no slow reader's fault."""
    monkeypatch.setattr(watchcache, "BUFFER_LIMIT_BYTES", 1000)
    writer, started = Writer(api.store, random.Random(3)), api.store.version
    history = History(api.store)
    for _ in range(1200):
        writer.write()
    for query in (f"resourceVersion={started}", "resourceVersion="):
        lines = await api.lines(f"/api/v1/pods?watch=1&timeoutSeconds=1&{query}")
        if query.endswith("="):
            assert len(lines) == len(history.state(Selection(), api.store.version))
        else:
            assert len(lines) == 1200


async def test_a_bookmark_never_runs_ahead_of_what_was_told(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes that come while a piece is being sent go out before the bookmark that follows."""
    monkeypatch.setattr("lwstui.sandbox.reads.BOOKMARK_S", 0.0)
    writer = Writer(api.store, random.Random(5))
    query = f"watch=1&allowWatchBookmarks=1&resourceVersion={api.store.version}&timeoutSeconds=1"
    response = await api.raw("GET", f"/api/v1/pods?{query}")
    for _ in range(200):
        writer.write()
        await asyncio.sleep(0)
    lines = [json.loads(line) for line in (await response.read()).splitlines()]
    versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in lines]
    assert versions == sorted(versions)
    assert sum(each["type"] != "BOOKMARK" for each in lines) == 200


async def test_rewinding_undoes_every_kind_of_change(api: Api) -> None:
    dice = random.Random(11)
    history, writer = History(api.store), Writer(api.store, dice)
    for _ in range(200):
        writer.write()
    entries = api.store.sorted_entries("pods")
    for count in (0, 1, 50, 200):
        changes = history.changes[len(history.changes) - count :]
        at = changes[0].entry.version - 1 if changes else api.store.version
        found = {name_of(each.object): each.version for each in paging.rewound(entries, changes)}
        assert found == history.state(Selection(), at)
