"""Answers compared with those of a real API server."""

import json
from typing import Any

import pytest

from lwstui.sandbox.clock import parse_time
from lwstui.sandbox.objects import Json
from lwstui.sandbox.tables import Table, builtin_table, custom_table, row
from tests.sandbox.api.support import LWS, PODS, RECORDED, TABLE, Api, lws, new_store, pod


def recorded_columns(name: str) -> list[tuple]:
    columns = RECORDED["tables"][name]["columns"]
    return [(each["name"], each["type"], each["format"], each["priority"]) for each in columns]


def columns(table: Table) -> list[tuple]:
    return [(each.name, each.type, each.format, each.priority) for each in table.columns]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("pods", "pods"),
        ("nodes", "nodes"),
        ("namespaces", "namespaces"),
        ("serviceaccounts", "serviceaccounts"),
        ("customresourcedefinitions", "customresourcedefinitions.apiextensions.k8s.io"),
    ],
)
def test_columns(name: str, key: str) -> None:
    assert columns(builtin_table(key)) == recorded_columns(name)


def set_table() -> Table:
    (crd,) = new_store().items("customresourcedefinitions.apiextensions.k8s.io")
    return custom_table(crd["spec"]["versions"][0]["additionalPrinterColumns"])


def test_columns_of_sets() -> None:
    assert columns(set_table()) == recorded_columns("leaderworkersets")


@pytest.mark.parametrize(
    ("name", "kind", "table", "age_s"),
    [
        ("pods", "pod", builtin_table("pods"), 4),
        ("nodes", "node", builtin_table("nodes"), 600),
        ("leaderworkersets", "set", set_table(), 3),
    ],
)
def test_cells(name: str, kind: str, table: Table, age_s: float) -> None:
    obj: Json = RECORDED["objects"][kind]
    rows = RECORDED["tables"][name]["rows"]
    (expected,) = [each["cells"] for each in rows if each["name"] == obj["metadata"]["name"]]
    now = parse_time(obj["metadata"]["creationTimestamp"]) + age_s
    assert row(table, obj, now, "")["cells"] == expected


async def test_table_shape(api: Api) -> None:
    await api.post(PODS, pod())
    table = await api.get(PODS, accept=TABLE)
    shape = RECORDED["tables"]["pods"]["keys"]
    assert list(table) == shape["table"]
    assert sorted(table["rows"][0]["object"]) == shape["object"]


def without_absent(resource: Json) -> Json:
    """Return a discovery entry without the subresources the sandbox does not have."""
    rest = {name: value for name, value in resource.items() if name != "subresources"}
    absent = ("proxy",)
    subresources = resource.get("subresources", ())
    kept = [each for each in subresources if each["subresource"] not in absent]
    return {**rest, "subresources": kept} if kept else rest


async def test_discovery(api: Api) -> None:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    core = await api.get("/api", accept=accept)
    found = {each["resource"]: each for each in core["items"][0]["versions"][0]["resources"]}
    for name, expected in RECORDED["discovery"]["core"].items():
        assert found[name] == without_absent(expected)
    groups = {
        each["metadata"]["name"]: each for each in (await api.get("/apis", accept=accept))["items"]
    }
    assert groups["events.k8s.io"] == RECORDED["discovery"]["events"]
    (ours,) = groups["leaderworkerset.x-k8s.io"]["versions"][0].pop("resources")
    (theirs,) = RECORDED["discovery"]["set"]["versions"][0].pop("resources")
    assert by_name(ours) == by_name(theirs)
    assert groups["leaderworkerset.x-k8s.io"] == RECORDED["discovery"]["set"]


def by_name(resource: Json) -> Json:
    """Return a discovery entry whose lists compare in any order."""
    subresources = {each["subresource"]: each for each in resource["subresources"]}
    return {**resource, "subresources": subresources, "verbs": sorted(resource["verbs"])}


async def test_discovery_is_cached_by_its_tag(api: Api) -> None:
    first = await api.raw("GET", "/apis")
    headers = {"Authorization": "Bearer secret", "If-None-Match": first.headers["ETag"]}
    again = await api.client.get("/apis", headers=headers)
    assert again.status == 304
    legacy = await first.json()
    assert {"name": "apps", "preferred": "apps/v1"} in [
        {"name": each["name"], "preferred": each["preferredVersion"]["groupVersion"]}
        for each in legacy["groups"]
    ]


async def test_version(api: Api) -> None:
    assert await api.get("/version") == RECORDED["version"]


async def test_errors(api: Api) -> None:
    assert await api.get(f"{LWS}/nothere", code=404) == RECORDED["errors"]["set"]
    assert await api.get(f"{PODS}/demo-0", code=404) == RECORDED["errors"]["pod"]
    (event,) = await api.lines("/api/v1/pods?watch=1&resourceVersion=1&timeoutSeconds=1")
    expected = json.loads(json.dumps(RECORDED["errors"]["expired"]))
    expected["object"]["message"] = event["object"]["message"]
    assert event == expected
    assert event["object"]["message"].startswith("too old resource version: 1 (")


async def test_continue_token(api: Api) -> None:
    """The token of a real server is understood, and ours are made the same way."""
    for name in ("demo-0", "demo-0-1", "demo-1", "demo-1-1"):
        await api.post(PODS, pod(name))
    token = (await api.get(f"{PODS}?limit=2"))["metadata"]["continue"]
    gone = await api.get(f"{PODS}?continue={RECORDED['continue']['continue']}", code=410)
    assert gone["reason"] == "Expired"
    assert token.startswith("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6")
    assert RECORDED["continue"]["continue"].startswith("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6")


async def test_scale(api: Api) -> None:
    await api.post(LWS, lws(replicas=2))
    scaled = await api.patch(f"{LWS}/demo/scale", RECORDED["scale"]["request"])
    expected: Any = RECORDED["scale"]["response"]
    assert scaled["spec"] == expected["spec"]
    assert scaled["metadata"].keys() == expected["metadata"].keys()
    assert (scaled["kind"], scaled["apiVersion"]) == (expected["kind"], expected["apiVersion"])


async def test_deleted_objects_look_as_recorded(api: Api) -> None:
    body = pod()
    body["spec"]["nodeName"] = "n0"
    await api.post(PODS, body)
    deleted = await api.delete(f"{PODS}/p", {"propagationPolicy": "Background"})
    expected = RECORDED["deleted"]["pod"]["metadata"]
    for name in ("generation", "deletionGracePeriodSeconds"):
        assert deleted["metadata"][name] == expected[name]
    await api.post(LWS, lws())
    held = await api.delete(f"{LWS}/demo", {"propagationPolicy": "Foreground"})
    expected = RECORDED["deleted"]["set"]["metadata"]
    for name in ("finalizers", "deletionGracePeriodSeconds"):
        assert held["metadata"][name] == expected[name]
    await api.post("/api/v1/namespaces", {"metadata": {"name": "extra"}})
    going = await api.delete("/api/v1/namespaces/extra")
    for name in ("spec", "status"):
        assert going[name] == RECORDED["deleted"]["namespace"][name]
    assert going["metadata"]["labels"] == RECORDED["deleted"]["namespace"]["metadata"]["labels"]
