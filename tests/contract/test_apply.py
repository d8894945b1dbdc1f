"""Server-side apply: ownership of fields, conflicts, force, and what a manager drops."""

import pytest

from tests.contract.bodies import CONTAINERS, configmap, pod, worker_set
from tests.contract.client import APPLY, Api, Json


def managers(obj: Json) -> dict[tuple[str, str, str], Json]:
    """Return the fields by manager, operation and subresource."""
    return {
        (each["manager"], each["operation"], each.get("subresource", "")): each["fieldsV1"]
        for each in obj["metadata"]["managedFields"]
    }


def test_apply_creates(api: Api) -> None:
    answer = api.call(
        "PATCH",
        api.core("configmaps", "c"),
        configmap(a="1"),
        kind=APPLY,
        query={"fieldManager": "one"},
    )
    assert answer.code == 201
    assert managers(answer.body) == {("one", "Apply", ""): {"f:data": {"f:a": {}}}}
    (entry,) = answer.body["metadata"]["managedFields"]
    assert (entry["apiVersion"], entry["fieldsType"]) == ("v1", "FieldsV1")
    assert entry["time"].endswith("Z")


def test_the_same_again_changes_nothing(api: Api) -> None:
    path = api.core("configmaps", "c")
    first = api.apply(path, configmap(a="1"), "one")
    assert api.apply(path, configmap(a="1"), "one") == first


def test_yaml_is_understood(api: Api) -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '1'}\n"
    made = api.ok(
        "PATCH", api.core("configmaps", "c"), text, kind=APPLY, query={"fieldManager": "one"}
    )
    assert made["data"] == {"a": "1"}


def test_what_a_manager_drops_goes(api: Api) -> None:
    path = api.core("configmaps", "c")
    api.apply(path, configmap(a="1", b="2"), "one")
    assert api.apply(path, configmap(a="1"), "one")["data"] == {"a": "1"}


def test_what_another_still_wants_stays(api: Api) -> None:
    path = api.core("configmaps", "c")
    api.apply(path, configmap(a="1", b="2"), "one")
    shared = api.apply(path, configmap(a="1"), "two")
    assert managers(shared)["two", "Apply", ""] == {"f:data": {"f:a": {}}}
    assert api.apply(path, configmap(), "one")["data"] == {"a": "1"}


def test_two_managers_of_two_fields(api: Api) -> None:
    path = api.core("configmaps", "c")
    api.apply(path, configmap(a="1"), "one")
    assert api.apply(path, configmap(b="2"), "two")["data"] == {"a": "1", "b": "2"}
    assert api.apply(path, configmap(a="3"), "one")["data"] == {"a": "3", "b": "2"}


def test_another_value_is_a_conflict(api: Api) -> None:
    path = api.core("configmaps", "c")
    api.apply(path, configmap(a="1"), "one")
    said = api.refused(
        409, "PATCH", path, configmap(a="2"), kind=APPLY, query={"fieldManager": "two"}
    )
    assert said["reason"] == "Conflict"
    assert said["message"] == 'Apply failed with 1 conflict: conflict with "one": .data.a'
    assert said["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.a"}
    ]
    assert api.get(path)["data"] == {"a": "1"}


def test_conflicts_are_counted(api: Api) -> None:
    path = api.core("configmaps", "c")
    api.apply(path, configmap(a="1", b="1"), "one")
    said = api.refused(
        409, "PATCH", path, configmap(a="2", b="2"), kind=APPLY, query={"fieldManager": "two"}
    )
    assert said["message"].startswith("Apply failed with 2 conflicts: conflicts with ")
    assert [each["field"] for each in said["details"]["causes"]] == [".data.a", ".data.b"]


def test_force_takes_the_field(api: Api) -> None:
    path = api.core("configmaps", "c")
    api.apply(path, configmap(a="1", b="1"), "one")
    taken = api.apply(path, configmap(a="2"), "two", force="true")
    assert taken["data"] == {"a": "2", "b": "1"}
    assert managers(taken) == {
        ("one", "Apply", ""): {"f:data": {"f:b": {}}},
        ("two", "Apply", ""): {"f:data": {"f:a": {}}},
    }


def test_an_update_takes_fields_and_is_in_the_way_afterwards(api: Api) -> None:
    path = api.core("configmaps", "c")
    api.apply(path, configmap(a="1"), "one")
    written = api.patch(path, {"data": {"a": "2"}}, fieldManager="hand")
    assert managers(written) == {("hand", "Update", ""): {"f:data": {"f:a": {}}}}
    said = api.refused(
        409, "PATCH", path, configmap(a="1"), kind=APPLY, query={"fieldManager": "one"}
    )
    assert said["message"].startswith('Apply failed with 1 conflict: conflict with "hand" using v1')


def test_status_has_managers_of_its_own(api: Api) -> None:
    api.create(api.sets(), worker_set(), fieldManager="one")
    written = api.patch(api.sets("demo", "status"), {"status": {"replicas": 1}}, fieldManager="one")
    found = managers(written)
    assert found["one", "Update", "status"] == {"f:status": {".": {}, "f:replicas": {}}}
    assert "f:status" not in found["one", "Update", ""]


def test_scale_is_a_manager_of_replicas(api: Api) -> None:
    api.create(api.sets(), worker_set(), fieldManager="one")
    api.patch(api.sets("demo", "scale"), {"spec": {"replicas": 4}}, fieldManager="scaler")
    found = managers(api.get(api.sets("demo")))
    assert found["scaler", "Update", "scale"] == {"f:spec": {"f:replicas": {}}}


def test_lists_are_owned_by_their_keys(api: Api) -> None:
    made = api.apply(api.pods("p"), pod(), "one")
    fields = managers(made)["one", "Apply", ""]["f:spec"]["f:containers"]
    assert fields == {'k:{"name":"main"}': {".": {}, "f:image": {}, "f:name": {}}}


def test_applied_containers_of_two_managers_are_merged(api: Api) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": CONTAINERS}}
    selector = {"matchLabels": {"a": "b"}}
    head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}
    path = api.of("apps/v1", "deployments", "d")
    api.apply(path, {**head, "spec": {"selector": selector, "template": template}}, "one")
    side = {"spec": {"containers": [{"name": "side", "image": "side:v1"}]}}
    merged = api.apply(path, {**head, "spec": {"template": side}}, "two")
    names = [each["name"] for each in merged["spec"]["template"]["spec"]["containers"]]
    assert names == ["main", "side"]


def test_an_older_version_of_a_kind_is_applied(api: Api) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    body = {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 3, "targetCPUUtilizationPercentage": 50},
    }
    path = api.of("autoscaling/v1", "horizontalpodautoscalers", "h")
    assert api.apply(path, body, "one")["spec"]["targetCPUUtilizationPercentage"] == 50


@pytest.mark.parametrize("missing", ["apiVersion", "kind"])
def test_an_applied_object_says_what_it_is(api: Api, missing: str) -> None:
    body = configmap(a="1")
    del body[missing]
    said = api.call(
        "PATCH", api.core("configmaps", "c"), body, kind=APPLY, query={"fieldManager": "one"}
    )
    assert said.code == 400, said.text


def test_managed_fields_are_not_for_clients(api: Api) -> None:
    body = configmap(a="1")
    body["metadata"]["managedFields"] = [{"manager": "x"}]
    said = api.refused(
        400, "PATCH", api.core("configmaps", "c"), body, kind=APPLY, query={"fieldManager": "one"}
    )
    assert said["message"] == "metadata.managedFields must be nil"


def test_a_manager_is_needed(api: Api) -> None:
    said = api.refused(422, "PATCH", api.core("configmaps", "c"), configmap(a="1"), kind=APPLY)
    assert said["message"] == (
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for '
        "apply patch"
    )


def test_a_manager_has_a_short_name(api: Api) -> None:
    said = api.refused(
        422, "POST", api.core("configmaps"), configmap(), query={"fieldManager": "x" * 129}
    )
    assert said["details"]["causes"][0]["field"] == "fieldManager"


def test_without_a_name_the_manager_is_the_client(api: Api) -> None:
    made = api.create(api.core("configmaps"), configmap(a="1"))
    assert list(managers(made)) == [("contract", "Update", "")]


def test_dry_run(api: Api) -> None:
    path = api.core("configmaps", "c")
    api.apply(path, configmap(a="1"), "one")
    shown = api.apply(path, configmap(a="2"), "one", dryRun="All")
    assert shown["data"] == {"a": "2"}
    assert api.get(path)["data"] == {"a": "1"}


def test_apply_at_a_version(api: Api) -> None:
    path = api.core("configmaps", "c")
    first = api.apply(path, configmap(a="1"), "one")["metadata"]["resourceVersion"]
    api.patch(path, {"metadata": {"labels": {"a": "b"}}})
    body = configmap(a="2")
    body["metadata"]["resourceVersion"] = first
    said = api.refused(409, "PATCH", path, body, kind=APPLY, query={"fieldManager": "one"})
    assert said["reason"] == "Conflict"
