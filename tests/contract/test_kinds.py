"""Every served kind: created, read, listed, changed, deleted."""

import pytest

from tests.contract.bodies import KINDS, Kind
from tests.contract.client import JSON_PATCH, Api

ALL = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
GONE = "NotFound"


@ALL
def test_life(api: Api, kind: Kind) -> None:
    name = f"{api.space}-x"
    many, one = kind.collection(api), f"{kind.collection(api)}/{name}"
    made = api.create(many, kind.new(name, labels={"a": "b"}))
    assert (made["apiVersion"], made["kind"]) == (kind.group_version, kind.name)
    metadata = made["metadata"]
    assert metadata["uid"]
    assert metadata["creationTimestamp"].endswith("Z")
    assert int(metadata["resourceVersion"]) > 0
    assert api.get(one) == made
    listed = api.get(many, labelSelector="a=b", fieldSelector=f"metadata.name={name}")
    assert (listed["kind"], listed["apiVersion"]) == (f"{kind.name}List", kind.group_version)
    assert [each["metadata"]["uid"] for each in listed["items"]] == [metadata["uid"]]
    labelled = made | {"metadata": metadata | {"labels": {"a": "c"}}}
    updated = api.ok("PUT", one, labelled)
    assert updated["metadata"]["labels"] == {"a": "c"}
    assert int(updated["metadata"]["resourceVersion"]) > int(metadata["resourceVersion"])
    add = [{"op": "add", "path": "/metadata/annotations", "value": {"note": "x"}}]
    assert api.patch(one, add, JSON_PATCH)["metadata"]["annotations"] == {"note": "x"}
    assert api.refused(409, "PUT", one, labelled)["reason"] == "Conflict"
    api.delete(one, gracePeriodSeconds=0)
    if kind.held:
        assert "deletionTimestamp" in api.get(one)["metadata"]
    else:
        assert api.refused(404, "GET", one)["reason"] == GONE


@ALL
def test_what_is_not_there_is_not_found(api: Api, kind: Kind) -> None:
    plural, _, group = f"{kind.plural}.{kind.group_version}".partition(".")
    group = group.partition("/")[0] if "/" in group else ""
    for method in ("GET", "DELETE", "PATCH"):
        body = {} if method == "PATCH" else None
        content = "application/merge-patch+json" if body is not None else "application/json"
        path = f"{kind.collection(api)}/nothere"
        said = api.refused(404, method, path, body, kind=content)
        qualified = f"{plural}.{group}" if group else plural
        assert said["message"] == f'{qualified} "nothere" not found'
        details = {"name": "nothere", "kind": plural} | ({"group": group} if group else {})
        assert said["details"] == details


@ALL
def test_a_name_is_taken_once(api: Api, kind: Kind) -> None:
    name = f"{api.space}-x"
    api.create(kind.collection(api), kind.new(name))
    said = api.refused(409, "POST", kind.collection(api), kind.new(name))
    assert said["reason"] == "AlreadyExists"
    assert said["message"].endswith(f'"{name}" already exists')


@ALL
def test_a_name_is_needed(api: Api, kind: Kind) -> None:
    body = kind.new("")
    del body["metadata"]["name"]
    said = api.refused(422, "POST", kind.collection(api), body)
    cause = {
        "reason": "FieldValueRequired",
        "message": "Required value: name or generateName is required",
        "field": "metadata.name",
    }
    assert cause in said["details"]["causes"]


@ALL
def test_a_dry_run_leaves_nothing(api: Api, kind: Kind) -> None:
    name = f"{api.space}-x"
    made = api.create(kind.collection(api), kind.new(name), dryRun="All")
    assert made["metadata"]["uid"]
    assert api.call("GET", f"{kind.collection(api)}/{name}").code == 404


@ALL
def test_the_kind_must_be_the_one_of_the_path(api: Api, kind: Kind) -> None:
    body = kind.new("x") | {"kind": "Other"}
    assert api.refused(400, "POST", kind.collection(api), body)["reason"] == "BadRequest"


@ALL
def test_discovery_names_it(api: Api, kind: Kind) -> None:
    root = f"/apis/{kind.group_version}" if "/" in kind.group_version else "/api/v1"
    listed = api.get(root)
    assert listed["groupVersion"] == kind.group_version
    (found,) = [each for each in listed["resources"] if each["name"] == kind.plural]
    assert (found["kind"], found["namespaced"]) == (kind.name, kind.namespaced)
    assert {"create", "delete", "get", "list", "patch", "update", "watch"} <= set(found["verbs"])
