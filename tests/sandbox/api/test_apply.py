"""Field ownership: laws of field sets, and what a real server recorded."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.sandbox import fieldsets, schema
from lwstui.sandbox.apply import Manager, apply_configuration, read_owners, track_update
from lwstui.sandbox.jsonpatch import apply_json_patch
from lwstui.sandbox.listrules import BuiltinType, SchemaType
from lwstui.sandbox.objects import Json, StatusError, deep_copy
from tests.sandbox.api.support import APPLY, LWS, RECORDED, Api, lws

NAMES = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])
NODES: st.SearchStrategy[Json] = st.recursive(
    st.just({}),
    lambda inner: st.tuples(st.dictionaries(NAMES, inner, min_size=1), st.booleans()).map(
        lambda made: {**({".": {}} if made[1] else {}), **made[0]}
    ),
    max_leaves=12,
)
SETS = st.dictionaries(NAMES, NODES)


def members(fields: Json) -> set[str]:
    return set(fieldsets.paths(fields))


@given(SETS, SETS)
def test_sets_behave_like_sets_of_paths(first: Json, second: Json) -> None:
    assert members(fieldsets.union(first, second)) == members(first) | members(second)
    assert members(fieldsets.difference(first, second)) == members(first) - members(second)
    assert members(fieldsets.intersection(first, second)) == members(first) & members(second)


def test_paths_are_spelled_as_conflict_messages_spell_them() -> None:
    fields = {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:name": {}}}}}
    assert list(fieldsets.paths(fields)) == [
        '.spec.ports[port=80,protocol="TCP"]',
        '.spec.ports[port=80,protocol="TCP"].name',
    ]


# The parts of the native definition's schema that decide how its lists merge.
NAMED = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
NATIVE = SchemaType(
    {
        "properties": {
            "spec": {
                "properties": {
                    "startupPolicy": {"default": "LeaderCreated"},
                    "leaderWorkerTemplate": {
                        "properties": {
                            "restartPolicy": {"default": "RecreateGroupOnPodRestart"},
                            "workerTemplate": {
                                "properties": {"spec": {"properties": {"containers": NAMED}}}
                            },
                        }
                    },
                }
            }
        }
    },
    is_root=True,
)


def recorded(number: int) -> tuple[Any, Json]:
    exchange = RECORDED["ownership"][str(number)]
    body = exchange["request"]
    return body, deep_copy(exchange["response"])


def ownership(obj: Json) -> dict:
    return {manager: owned.fields for manager, owned in read_owners(obj).items()}


def manager(name: str, operation: str) -> Manager:
    return Manager(name, operation, "leaderworkerset.x-k8s.io/v1")


def test_create_owns_as_recorded() -> None:
    _, stored = recorded(20)
    new = deep_copy(stored)
    new["metadata"].pop("managedFields")
    for filled_in_by_webhook in ("networkConfig", "rolloutStrategy"):
        del new["spec"][filled_in_by_webhook]
    del new["spec"]["leaderWorkerTemplate"]["workerTemplate"]["metadata"]
    who = manager("kubectl-client-side-apply", "Update")
    track_update(new, None, who, "2026-11-20T23:23:39Z", NATIVE, has_status=True)
    assert new["metadata"]["managedFields"] == stored["metadata"]["managedFields"]


@pytest.mark.parametrize(
    ("before", "number", "name", "force"),
    [(68, 69, "kubectl-last-applied", False), (70, 71, "kubectl", False), (71, 75, "other", True)],
)
def test_apply_owns_as_recorded(before: int, number: int, name: str, force: bool) -> None:
    body, after = recorded(number)
    _, live = recorded(before)
    config = json.loads(body)
    who = manager(name, "Apply")
    result = apply_configuration(live, config, who, NATIVE, has_status=True, force=force)
    new = deep_copy(result.object)
    schema.apply_defaults(NATIVE.schema, new)
    result.finish(new, live, "2026-11-20T23:23:48Z")
    assert ownership(new) == ownership(after)
    assert new["spec"] == after["spec"]
    assert new["metadata"]["annotations"] == after["metadata"]["annotations"]


def test_moving_ownership_by_json_patch_as_recorded() -> None:
    """What kubectl does when it goes from client-side to server-side apply."""
    patch, after = recorded(70)
    _, live = recorded(69)
    patched = apply_json_patch(deep_copy(live), patch)
    track_update(patched, live, manager("kubectl", "Update"), "t", NATIVE, has_status=True)
    assert ownership(patched) == ownership(after)


def test_patch_takes_fields_from_their_owners_as_recorded() -> None:
    _, live = recorded(75)
    _, after = recorded(93)
    live["spec"]["replicas"] = 3
    new = deep_copy(live)
    new["spec"]["replicas"] = 2
    track_update(new, live, manager("kubectl-patch", "Update"), "t", NATIVE, has_status=True)
    assert ownership(new) == ownership(after)


async def test_conflicts_name_the_owner(api: Api) -> None:
    await api.call("PATCH", f"{LWS}/demo?fieldManager=a", lws(replicas=2), content_type=APPLY)
    await api.patch(f"{LWS}/demo?fieldManager=b", {"spec": {"replicas": 3}})
    path = f"{LWS}/demo?fieldManager=a"
    refused = await api.call("PATCH", path, lws(replicas=2), content_type=APPLY, code=409)
    assert refused["message"] == (
        'Apply failed with 1 conflict: conflict with "b" using '
        "leaderworkerset.x-k8s.io/v1: .spec.replicas"
    )
    assert refused["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "b" using leaderworkerset.x-k8s.io/v1',
            "field": ".spec.replicas",
        }
    ]
    forced = await api.call("PATCH", f"{path}&force=true", lws(replicas=2), content_type=APPLY)
    assert forced["spec"]["replicas"] == 2
    assert [each["manager"] for each in forced["metadata"]["managedFields"]] == ["a"]


async def test_fields_no_longer_applied_go_unless_shared(api: Api) -> None:
    typed = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    body = {**typed, "data": {"mine": "1", "shared": "2"}}
    path = "/api/v1/namespaces/default/configmaps/c?fieldManager="
    await api.call("PATCH", f"{path}a", body, content_type=APPLY, code=201)
    shared = {**typed, "data": {"shared": "2"}}
    await api.call("PATCH", f"{path}b", shared, content_type=APPLY)
    body["data"] = {"new": "3"}
    answer = await api.call("PATCH", f"{path}a", body, content_type=APPLY)
    assert answer["data"] == {"shared": "2", "new": "3"}


async def test_apply_takes_yaml_and_refuses_ownership_in_it(api: Api) -> None:
    path = "/api/v1/namespaces/default/configmaps/c?fieldManager=a"
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
    created = await api.call("PATCH", path, text, content_type=APPLY, code=201)
    assert created["data"] == {"a": "b"}
    bad = {"metadata": {"name": "c", "managedFields": [{"manager": "x"}]}}
    refused = await api.call("PATCH", path, bad, content_type=APPLY, code=400)
    assert refused["message"] == "metadata.managedFields must be nil"


def test_items_are_merged_and_removed_by_key() -> None:
    def config(*names: str) -> Json:
        containers = [{"name": name, "image": "i"} for name in names]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {},
            "spec": {"containers": containers},
        }

    def apply(live: Json | None, wanted: Json, name: str) -> Json:
        who = Manager(name, "Apply", "v1")
        made = apply_configuration(live, wanted, who, BuiltinType(), has_status=True, force=False)
        new = deep_copy(made.object)
        made.finish(new, live, "t")
        return new

    first = apply(None, config("a", "b"), "x")
    second = apply(first, config("b", "c"), "y")
    third = apply(second, config("a"), "x")
    assert [each["name"] for each in third["spec"]["containers"]] == ["a", "b", "c"]
    last = apply(third, config("c"), "y")
    assert [each["name"] for each in last["spec"]["containers"]] == ["a", "c"]
    changed = config("a")
    changed["spec"]["containers"][0]["image"] = "other"
    with pytest.raises(StatusError, match=r'\.spec\.containers\[name="a"\]\.image'):
        apply(last, changed, "z")
