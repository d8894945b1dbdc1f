"""Names, labels, generations, versions and the fields that only the server sets."""

import re
from dataclasses import dataclass

import pytest

from tests.contract.bodies import KINDS, configmap, pod, worker_set
from tests.contract.client import JSON_PATCH, Api, Json

BY_PLURAL = {kind.plural: kind for kind in KINDS}
LABEL_RULE = "a lowercase RFC 1123 label must consist of"
SUBDOMAIN_RULE = "a lowercase RFC 1123 subdomain must consist of"


@dataclass(frozen=True, slots=True)
class BadName:
    plural: str
    name: str
    rule: str


@pytest.mark.parametrize(
    "case",
    [
        BadName("pods", "Upper", SUBDOMAIN_RULE),
        BadName("pods", "under_score", SUBDOMAIN_RULE),
        BadName("pods", "-dash", SUBDOMAIN_RULE),
        BadName("pods", "a..b", SUBDOMAIN_RULE),
        BadName("pods", "x" * 254, "must be no more than 253 "),
        BadName("configmaps", "a b", SUBDOMAIN_RULE),
        BadName("configmaps", "dash-", SUBDOMAIN_RULE),
        BadName("secrets", "Ä", SUBDOMAIN_RULE),
        BadName("leases", "a/b", SUBDOMAIN_RULE),
        BadName("nodes", "Node", SUBDOMAIN_RULE),
        BadName("services", "a.b", ""),
        BadName("services", "Upper", ""),
        BadName("services", "x" * 64, "must be no more than 63 "),
        BadName("leaderworkersets", "Upper", SUBDOMAIN_RULE),
    ],
    ids=lambda case: f"{case.plural}-{case.name[:9]}",
)
def test_bad_names(api: Api, case: BadName) -> None:
    kind = BY_PLURAL[case.plural]
    said = api.refused(422, "POST", kind.collection(api), kind.new(case.name))
    assert said["reason"] == "Invalid"
    causes = [each for each in said["details"]["causes"] if each["field"] == "metadata.name"]
    assert any(each["reason"] == "FieldValueInvalid" for each in causes)
    assert any(case.rule in each["message"] for each in causes)


@pytest.mark.parametrize(("name", "rule"), [("a.b", LABEL_RULE), ("x" * 64, "no more than 63 ")])
def test_bad_namespace_names(api: Api, name: str, rule: str) -> None:
    said = api.refused(422, "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    assert rule in said["message"]


@pytest.mark.parametrize("plural", ["roles", "rolebindings"])
def test_roles_may_have_any_name_of_a_path_segment(api: Api, plural: str) -> None:
    kind = BY_PLURAL[plural]
    assert api.create(kind.collection(api), kind.new("system:Node_x"))


@pytest.mark.parametrize(
    "labels",
    [
        {"bad key": "x"},
        {"-a": "x"},
        {"a/b/c": "x"},
        {"UPPER.example/ok": "x"},
        {"x" * 64: "x"},
        {"ok": "bad value"},
        {"ok": "-x"},
        {"ok": "x" * 64},
    ],
    ids=lambda labels: "=".join(*labels.items())[:16],
)
def test_bad_labels(api: Api, labels: dict[str, str]) -> None:
    said = api.refused(422, "POST", api.core("configmaps"), configmap(labels=labels))
    assert {each["field"] for each in said["details"]["causes"]} == {"metadata.labels"}


@pytest.mark.parametrize(
    "labels",
    [
        {"a": ""},
        {"example.com/A_b.c": "A_b.c"},
        {"a": "1"},
        {"leaderworkerset.sigs.k8s.io/name": "x" * 63},
    ],
    ids=lambda labels: "=".join(*labels.items())[:16],
)
def test_good_labels(api: Api, labels: dict[str, str]) -> None:
    made = api.create(api.core("configmaps"), configmap(labels=labels))
    assert made["metadata"]["labels"] == labels


def test_bad_annotation_keys(api: Api) -> None:
    body = configmap()
    body["metadata"]["annotations"] = {"bad key": "any value\nat all"}
    said = api.refused(422, "POST", api.core("configmaps"), body)
    assert said["details"]["causes"][0]["field"] == "metadata.annotations"


def test_generated_names(api: Api) -> None:
    body = pod()
    body["metadata"] = {"generateName": "demo-"}
    names = {api.create(api.pods(), body)["metadata"]["name"] for _ in range(8)}
    assert len(names) == 8
    assert all(re.fullmatch("demo-[bcdfghjklmnpqrstvwxz2456789]{5}", each) for each in names)


def test_long_prefixes_are_cut(api: Api) -> None:
    body = configmap()
    body["metadata"] = {"generateName": "x" * 100}
    assert len(api.create(api.core("configmaps"), body)["metadata"]["name"]) == 63


def test_a_name_wins_over_a_prefix(api: Api) -> None:
    body = configmap("given")
    body["metadata"]["generateName"] = "demo-"
    made = api.create(api.core("configmaps"), body)["metadata"]
    assert (made["name"], made["generateName"]) == ("given", "demo-")


def test_what_only_the_server_sets_is_taken_from_nobody(api: Api) -> None:
    body = configmap()
    body["metadata"] |= {
        "uid": "mine",
        "creationTimestamp": "2001-01-01T00:00:00Z",
        "deletionTimestamp": "2001-01-01T00:00:00Z",
        "selfLink": "/nowhere",
    }
    made = api.create(api.core("configmaps"), body)["metadata"]
    assert made["uid"] != "mine"
    assert not made["creationTimestamp"].startswith("2001")
    assert "deletionTimestamp" not in made
    assert "selfLink" not in made


def test_an_update_cannot_change_what_only_the_server_sets(api: Api) -> None:
    made = api.create(api.core("configmaps"), configmap())
    kept = {name: made["metadata"][name] for name in ("uid", "creationTimestamp")}
    changed = api.patch(
        api.core("configmaps", "c"),
        {"metadata": {"creationTimestamp": "2001-01-01T00:00:00Z"}, "data": {"a": "b"}},
    )
    assert {name: changed["metadata"][name] for name in kept} == kept


def test_a_create_must_not_name_a_version(api: Api) -> None:
    body = configmap()
    body["metadata"]["resourceVersion"] = "1"
    said = api.call("POST", api.core("configmaps"), body)
    assert (said.code, said.body["message"]) == (
        500,
        "resourceVersion should not be set on objects to be created",
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_stale_version_is_a_conflict(api: Api, method: str) -> None:
    first = api.create(api.core("configmaps"), configmap())
    path = api.core("configmaps", "c")
    api.patch(path, {"data": {"a": "b"}})
    stale = {"metadata": {"name": "c", "resourceVersion": first["metadata"]["resourceVersion"]}}
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    said = api.refused(409, method, path, stale, kind=kind)
    assert said["reason"] == "Conflict"
    assert said["message"] == (
        'Operation cannot be fulfilled on configmaps "c": the object has been modified; please '
        "apply your changes to the latest version and try again"
    )


def test_another_uid_is_a_conflict(api: Api) -> None:
    api.create(api.core("configmaps"), configmap())
    body = configmap()
    body["metadata"]["uid"] = "someone-else"
    said = api.refused(409, "PUT", api.core("configmaps", "c"), body)
    assert "Precondition failed: UID in precondition: someone-else" in said["message"]


@pytest.mark.parametrize("change", [{"data": {"a": "b"}}, {"metadata": {"labels": {"a": "b"}}}])
def test_a_change_has_a_new_version_and_the_same_again_has_not(api: Api, change: Json) -> None:
    path = api.core("configmaps", "c")
    versions = [api.create(api.core("configmaps"), configmap())["metadata"]["resourceVersion"]]
    versions += [api.patch(path, change)["metadata"]["resourceVersion"] for _ in range(2)]
    assert int(versions[1]) > int(versions[0])
    assert versions[2] == versions[1]


def test_versions_are_one_line_over_all_kinds(api: Api) -> None:
    versions = [
        int(api.create(path, body)["metadata"]["resourceVersion"])
        for path, body in (
            (api.core("configmaps"), configmap()),
            (api.pods(), pod()),
            (api.sets(), worker_set()),
            (api.core("configmaps"), configmap("d")),
        )
    ]
    assert versions == sorted(set(versions))


def generation(obj: Json) -> int:
    return int(obj["metadata"]["generation"])


def test_generation_counts_changes_of_the_spec_only(api: Api) -> None:
    path = api.sets("demo")
    assert generation(api.create(api.sets(), worker_set())) == 1
    assert generation(api.patch(path, {"metadata": {"labels": {"a": "b"}}})) == 1
    assert generation(api.patch(path, {"spec": {"replicas": 3}})) == 2
    assert generation(api.patch(path, {"spec": {"replicas": 3}})) == 2
    assert generation(api.patch(f"{path}/status", {"status": {"replicas": 3}})) == 2
    scaled = api.patch(f"{path}/scale", {"spec": {"replicas": 1}})
    assert scaled["spec"] == {"replicas": 1}
    assert generation(api.get(path)) == 3


@pytest.mark.parametrize("plural", ["deployments", "statefulsets", "poddisruptionbudgets"])
def test_generation_of_other_kinds(api: Api, plural: str) -> None:
    kind = BY_PLURAL[plural]
    assert generation(api.create(kind.collection(api), kind.new("x"))) == 1
    annotated = api.patch(f"{kind.collection(api)}/x", {"metadata": {"annotations": {"a": "b"}}})
    assert generation(annotated) == 1


def test_an_object_goes_where_the_path_says(api: Api) -> None:
    body = configmap()
    body["metadata"]["namespace"] = "other"
    said = api.refused(400, "POST", api.core("configmaps"), body)
    assert said["message"] == (
        "the namespace of the provided object does not match the namespace sent on the request"
    )
    api.create(api.core("configmaps"), configmap())
    said = api.refused(400, "PUT", api.core("configmaps", "c"), configmap("d"))
    assert said["message"] == ("the name of the object (d) does not match the name on the URL (c)")


def test_a_namespace_must_be_there(api: Api) -> None:
    said = api.refused(404, "POST", "/api/v1/namespaces/nowhere/configmaps", configmap())
    assert said["message"] == 'namespaces "nowhere" not found'
    assert api.get("/api/v1/namespaces/nowhere/configmaps")["items"] == []


def test_namespaces_are_made_active_and_labelled(api: Api) -> None:
    made = api.get(f"/api/v1/namespaces/{api.space}")
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": api.space}
    assert made["spec"] == {"finalizers": ["kubernetes"]}
    assert made["status"] == {"phase": "Active"}


def test_a_namespace_that_goes_takes_nothing_new(api: Api) -> None:
    path = f"/api/v1/namespaces/{api.space}"
    going = api.delete(path)
    assert going["status"]["phase"] == "Terminating"
    assert going["spec"] == {"finalizers": ["kubernetes"]}
    said = api.refused(403, "POST", api.core("configmaps"), configmap())
    assert said["reason"] == "Forbidden"
    assert said["message"] == (
        f'configmaps "c" is forbidden: unable to create new content in namespace {api.space} '
        "because it is being terminated"
    )
    assert said["details"]["causes"] == [
        {
            "reason": "NamespaceTerminating",
            "message": f"namespace {api.space} is being terminated",
            "field": "metadata.namespace",
        }
    ]


@pytest.mark.parametrize("name", ["default"])
def test_some_namespaces_stay(api: Api, name: str) -> None:
    said = api.refused(403, "DELETE", f"/api/v1/namespaces/{name}")
    assert said["message"] == (
        f'namespaces "{name}" is forbidden: this namespace may not be deleted'
    )


def test_a_namespace_is_gone_when_its_finalizer_is_taken_off(api: Api) -> None:
    path = f"/api/v1/namespaces/{api.space}"
    going = api.delete(path)
    api.ok("PUT", f"{path}/finalize", going | {"spec": {"finalizers": []}})
    assert api.refused(404, "GET", path)["reason"] == "NotFound"


def test_owners_need_all_their_fields(api: Api) -> None:
    body = configmap()
    body["metadata"]["ownerReferences"] = [{"kind": "Pod", "name": "p"}]
    said = api.refused(422, "POST", api.core("configmaps"), body)
    fields = {each["field"] for each in said["details"]["causes"]}
    assert {
        "metadata.ownerReferences.apiVersion",
        "metadata.ownerReferences.uid",
    } <= {re.sub(r"\[\d\]", "", each) for each in fields}


def test_only_one_owner_controls(api: Api) -> None:
    body = configmap()
    body["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "Pod", "name": each, "uid": each, "controller": True}
        for each in ("a", "b")
    ]
    said = api.refused(422, "POST", api.core("configmaps"), body)
    assert "Only one reference can have Controller set to true" in said["message"]


def test_json_patches_cannot_rename(api: Api) -> None:
    api.create(api.core("configmaps"), configmap())
    rename = [{"op": "replace", "path": "/metadata/name", "value": "d"}]
    api.refused(400, "PATCH", api.core("configmaps", "c"), rename, kind=JSON_PATCH)
