"""The four ways to patch, and what is said about bad ones."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.contract.bodies import configmap, pod
from tests.contract.client import JSON_PATCH, MERGE, STRATEGIC, Api, Json

BUILTIN_TYPES = (
    "the body of the request was in an unknown format - accepted media types include: "
    "application/json-patch+json, application/merge-patch+json, "
    "application/strategic-merge-patch+json, application/apply-patch+yaml"
)


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch of a ConfigMap with ``data`` a=1, b=2, and its data afterwards."""

    id: str
    kind: str
    body: Any
    data: Json = field(default_factory=dict)


PATCHES = (
    Patch("merge-set", MERGE, {"data": {"a": "x"}}, {"a": "x", "b": "2"}),
    Patch("merge-add", MERGE, {"data": {"c": "3"}}, {"a": "1", "b": "2", "c": "3"}),
    Patch("merge-remove", MERGE, {"data": {"a": None}}, {"b": "2"}),
    Patch("merge-remove-absent", MERGE, {"data": {"z": None}}, {"a": "1", "b": "2"}),
    Patch("merge-nothing", MERGE, {}, {"a": "1", "b": "2"}),
    Patch("strategic-set", STRATEGIC, {"data": {"a": "x"}}, {"a": "x", "b": "2"}),
    Patch("strategic-remove", STRATEGIC, {"data": {"a": None}}, {"b": "2"}),
    Patch("strategic-replace", STRATEGIC, {"data": {"$patch": "replace", "c": "3"}}, {"c": "3"}),
    Patch(
        "json-add",
        JSON_PATCH,
        [{"op": "add", "path": "/data/c", "value": "3"}],
        {"a": "1", "b": "2", "c": "3"},
    ),
    Patch(
        "json-replace",
        JSON_PATCH,
        [{"op": "replace", "path": "/data/a", "value": "x"}],
        {"a": "x", "b": "2"},
    ),
    Patch("json-remove", JSON_PATCH, [{"op": "remove", "path": "/data/a"}], {"b": "2"}),
    Patch(
        "json-move",
        JSON_PATCH,
        [{"op": "move", "from": "/data/a", "path": "/data/c"}],
        {"b": "2", "c": "1"},
    ),
    Patch(
        "json-copy",
        JSON_PATCH,
        [{"op": "copy", "from": "/data/a", "path": "/data/c"}],
        {"a": "1", "b": "2", "c": "1"},
    ),
    Patch(
        "json-test",
        JSON_PATCH,
        [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "remove", "path": "/data/b"}],
        {"a": "1"},
    ),
    Patch(
        "json-escapes",
        JSON_PATCH,
        [
            {"op": "add", "path": "/metadata/annotations", "value": {}},
            {"op": "add", "path": "/metadata/annotations/example.com~1a", "value": "x"},
        ],
        {"a": "1", "b": "2"},
    ),
)


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.id)
def test_patches(api: Api, patch: Patch) -> None:
    api.create(api.core("configmaps"), configmap(a="1", b="2"))
    patched = api.patch(api.core("configmaps", "c"), patch.body, patch.kind)
    assert patched["data"] == patch.data
    assert api.get(api.core("configmaps", "c")) == patched


REFUSED = (
    (422, Patch("json-test", JSON_PATCH, [{"op": "test", "path": "/data/a", "value": "2"}])),
    (422, Patch("json-absent", JSON_PATCH, [{"op": "remove", "path": "/data/z"}])),
    (422, Patch("json-replace", JSON_PATCH, [{"op": "replace", "path": "/data/z", "value": "1"}])),
    (422, Patch("json-parent", JSON_PATCH, [{"op": "add", "path": "/x/y", "value": "1"}])),
    (400, Patch("json-object", JSON_PATCH, {"data": {}})),
    (400, Patch("merge-list", MERGE, [1])),
    (400, Patch("merge-text", MERGE, b"{not json")),
    (400, Patch("strategic-list", STRATEGIC, [1])),
    (415, Patch("json", "application/json", {})),
    (415, Patch("text", "text/plain", {})),
)


@pytest.mark.parametrize(
    ("code", "patch"), REFUSED, ids=lambda value: value.id if isinstance(value, Patch) else None
)
def test_refused_patches_change_nothing(api: Api, code: int, patch: Patch) -> None:
    path = api.core("configmaps", "c")
    before = api.create(api.core("configmaps"), configmap(a="1"))
    said = api.refused(code, "PATCH", path, patch.body, kind=patch.kind)
    if code == 415:
        assert said["message"].startswith(BUILTIN_TYPES)
    assert api.get(path) == before


def test_a_failed_test_is_the_fault_of_the_request(api: Api) -> None:
    api.create(api.core("configmaps"), configmap(a="1"))
    body = [{"op": "test", "path": "/data/a", "value": "2"}]
    said = api.refused(422, "PATCH", api.core("configmaps", "c"), body, kind=JSON_PATCH)
    assert said["reason"] == "Invalid"
    assert said["message"] == "the server rejected our request due to an error in our request"
    assert said["details"] == {}


@pytest.mark.parametrize(
    ("patch", "shown", "why"),
    [
        ({"spec": {"unschedulable": "x"}}, "map[spec:map[unschedulable:x]]",
         "unrecognized type: bool"),
        ({"spec": {"podCIDR": 1}}, "map[spec:map[podCIDR:1]]", "cannot convert int64 to string"),
        ({"spec": 7}, "map[spec:7]", "cannot restore struct from: int64"),
        ({"metadata": {"labels": [1]}}, "map[metadata:map[labels:[1]]]",
         "cannot restore map from slice"),
    ],
)  # fmt: skip
def test_a_strategic_patch_of_other_types_is_shown_as_go_prints_it(
    api: Api, patch: Json, shown: str, why: str
) -> None:
    path = f"/api/v1/nodes/{api.space}-x"
    api.create("/api/v1/nodes", {"metadata": {"name": f"{api.space}-x"}})
    said = api.refused(422, "PATCH", path, patch, kind=STRATEGIC)
    message = f'Invalid value: "{shown}": {why}'
    cause = {"reason": "FieldValueInvalid", "message": message, "field": "patch"}
    assert said["details"]["causes"] == [cause]


def test_a_merge_patch_of_another_type_shows_the_object_it_makes(api: Api) -> None:
    api.create(api.core("configmaps"), configmap(a="1"))
    said = api.refused(422, "PATCH", api.core("configmaps", "c"), {"data": {"b": 2}}, kind=MERGE)
    (cause,) = said["details"]["causes"]
    assert cause["message"].startswith(r'Invalid value: "{\"apiVersion\":\"v1\",')
    assert r"\"data\":{\"a\":\"1\",\"b\":2}" in cause["message"]
    assert "json: cannot unmarshal number into Go struct field ConfigMap.data" in cause["message"]


def test_a_refused_patch_is_shown_with_the_fields_that_do_not_exist(api: Api) -> None:
    api.create(api.core("configmaps"), configmap(a="1"))
    path, strict = api.core("configmaps", "c"), {"fieldValidation": "Strict"}
    for kind, shown in ((STRATEGIC, '"map[wat:map[x:1]]"'), (MERGE, r"\"wat\":{\"x\":1}")):
        said = api.refused(422, "PATCH", path, {"wat": {"x": 1}}, kind=kind, query=strict)
        assert shown in said["message"]
        assert said["message"].endswith('strict decoding error: unknown field "wat"')


def test_there_must_be_something_to_patch(api: Api) -> None:
    for kind in (MERGE, STRATEGIC):
        said = api.refused(404, "PATCH", api.pods("nothere"), {}, kind=kind)
        assert said["message"] == 'pods "nothere" not found'


def two_containers() -> Json:
    ports = [{"containerPort": 80, "name": "http"}]
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    containers = [
        {"name": "main", "image": "engine:v1", "ports": ports, "env": env},
        {"name": "side", "image": "side:v1"},
    ]
    return pod(containers=containers)


def images(obj: Json) -> dict[str, str]:
    return {each["name"]: each["image"] for each in obj["spec"]["containers"]}


def test_lists_merge_by_their_keys(api: Api) -> None:
    api.create(api.pods(), two_containers())
    patch = {"spec": {"containers": [{"name": "side", "image": "side:v2"}]}}
    patched = api.patch(api.pods("p"), patch, STRATEGIC)
    assert images(patched) == {"main": "engine:v1", "side": "side:v2"}
    assert [each["name"] for each in patched["spec"]["containers"]] == ["main", "side"]


def test_tolerations_are_replaced_as_a_whole(api: Api) -> None:
    made = api.create(api.pods(), pod())
    kept = made["spec"]["tolerations"]
    added = [*kept, {"key": "a", "operator": "Exists"}]
    patched = api.patch(api.pods("p"), {"spec": {"tolerations": added}}, STRATEGIC)
    assert patched["spec"]["tolerations"] == added


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"$patch": "delete", "name": "A"}, ["B"]),
        ({"name": "C", "value": "3"}, ["C", "A", "B"]),
        ({"name": "A", "value": "9"}, ["A", "B"]),
    ],
    ids=["delete", "add", "change"],
)
def test_strategic_directives_of_templates(api: Api, change: Json, kept: list[str]) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": two_containers()["spec"]}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    path = api.of("apps/v1", "deployments")
    api.create(path, {"metadata": {"name": "d"}, "spec": spec})
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "main", "env": [change]}]}}}}
    patched = api.patch(f"{path}/d", patch, STRATEGIC)
    main = patched["spec"]["template"]["spec"]["containers"][0]
    assert sorted(each["name"] for each in main["env"]) == sorted(kept)


def test_finalizers_merge_as_a_set(api: Api) -> None:
    body = configmap()
    body["metadata"]["finalizers"] = ["example.com/a"]
    api.create(api.core("configmaps"), body)
    path = api.core("configmaps", "c")
    patch = {"metadata": {"finalizers": ["example.com/b"]}}
    both = api.patch(path, patch, STRATEGIC)["metadata"]["finalizers"]
    assert sorted(both) == ["example.com/a", "example.com/b"]
    removal = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}}
    left = api.patch(path, removal, STRATEGIC)["metadata"]["finalizers"]
    assert left == ["example.com/b"]


def test_owners_merge_by_uid(api: Api) -> None:
    def owner(name: str) -> Json:
        return {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": f"uid-{name}"}

    body = configmap()
    body["metadata"]["ownerReferences"] = [owner("a")]
    api.create(api.core("configmaps"), body)
    path = api.core("configmaps", "c")
    api.patch(path, {"metadata": {"ownerReferences": [owner("b")]}}, STRATEGIC)
    removal = {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "uid-a"}]}}
    left = api.patch(path, removal, STRATEGIC)["metadata"]["ownerReferences"]
    assert [each["name"] for each in left] == ["b"]


def test_conditions_merge_by_type(api: Api) -> None:
    api.create(api.pods(), pod())

    def written(kind: str, value: str) -> dict[str, str]:
        conditions = [{"type": kind, "status": value}]
        body = {"status": {"conditions": conditions}}
        found = api.patch(api.pods("p", "status"), body, STRATEGIC)["status"]["conditions"]
        return {each["type"]: each["status"] for each in found}

    assert written("A", "True") == {"A": "True"}
    assert written("B", "True") == {"A": "True", "B": "True"}
    assert written("A", "False") == {"A": "False", "B": "True"}


def test_force_is_for_apply_only(api: Api) -> None:
    api.create(api.core("configmaps"), configmap())
    said = api.refused(
        422, "PATCH", api.core("configmaps", "c"), {}, kind=MERGE, query={"force": "true"}
    )
    assert said["message"] == (
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for '
        "non-apply patch"
    )
