"""Fields of built-in kinds that do not exist or hold a value of another type."""

import pytest

from tests.contract.bodies import KINDS, configmap, pod
from tests.contract.client import APPLY, MERGE, Api, Json

BY_PLURAL = {kind.plural: kind for kind in KINDS}


def misspelled() -> Json:
    body = pod(restartpolicy="Never")
    body["spec"]["containers"][0]["imagePullPolice"] = "Always"
    return body | {"extra": 1}


PATHS = ("extra", "spec.restartpolicy", "spec.containers[0].imagePullPolice")


def test_unknown_fields_are_dropped_with_a_warning(api: Api) -> None:
    answer = api.call("POST", api.pods(), misspelled())
    assert answer.code == 201
    assert set(answer.warnings) == {f'unknown field "{path}"' for path in PATHS}
    assert "restartpolicy" not in answer.body["spec"]
    assert "imagePullPolice" not in answer.body["spec"]["containers"][0]
    assert "extra" not in answer.body


def test_unknown_fields_are_refused_when_asked(api: Api) -> None:
    said = api.refused(400, "POST", api.pods(), misspelled(), query={"fieldValidation": "Strict"})
    start = 'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field '
    assert said["message"].startswith(start)
    assert all(f'unknown field "{path}"' in said["message"] for path in PATHS)
    assert api.names(api.pods()) == []


def test_unknown_fields_are_dropped_in_silence_when_asked(api: Api) -> None:
    answer = api.call("POST", api.pods(), misspelled(), query={"fieldValidation": "Ignore"})
    assert (answer.code, answer.warnings) == (201, ())
    assert "restartpolicy" not in answer.body["spec"]


@pytest.mark.parametrize("validation", ["Warn", "Strict"])
def test_patches_are_checked_too(api: Api, validation: str) -> None:
    api.create(api.core("configmaps"), configmap())
    answer = api.call(
        "PATCH",
        api.core("configmaps", "c"),
        {"dta": {"a": "b"}},
        kind=MERGE,
        query={"fieldValidation": validation},
    )
    if validation == "Warn":
        assert (answer.code, answer.warnings) == (200, ('unknown field "dta"',))
    else:
        assert answer.code == 422
        assert 'unknown field "dta"' in answer.body["message"]


@pytest.mark.parametrize(
    ("plural", "change", "words"),
    [
        ("configmaps", {"data": {"a": 1}}, "cannot unmarshal number into Go struct field"),
        ("configmaps", {"data": []}, "cannot unmarshal array into Go struct field"),
        ("configmaps", {"immutable": "yes"}, "cannot unmarshal string into Go struct field"),
        ("pods", {"spec": "x"}, "cannot unmarshal string into Go struct field Pod.spec"),
        ("pods", {"spec": {"containers": {}}}, "cannot unmarshal object into Go struct field"),
        ("deployments", {"spec": {"replicas": "2"}}, "cannot unmarshal string into Go struct"),
        ("services", {"spec": {"ports": [{"port": "80"}]}}, "cannot unmarshal string into Go"),
        ("leases", {"spec": {"holderIdentity": 7}}, "cannot unmarshal number into Go struct"),
    ],
)
def test_wrong_types_are_refused(api: Api, plural: str, change: Json, words: str) -> None:
    kind = BY_PLURAL[plural]
    said = api.refused(400, "POST", kind.collection(api), kind.new("x") | change)
    assert said["reason"] == "BadRequest"
    assert f"cannot be handled as a {kind.name}: " in said["message"]
    assert words in said["message"]


@pytest.mark.parametrize("body", [{"metadata": {"labels": {"a": 1}}}, {"metadata": []}])
def test_metadata_has_types_as_well(api: Api, body: Json) -> None:
    assert api.call("POST", api.core("configmaps"), configmap() | body).code == 400


def test_null_is_absence(api: Api) -> None:
    made = api.create(api.pods(), pod(nodeSelector=None, hostname=None))
    assert "nodeSelector" not in made["spec"]
    assert "hostname" not in made["spec"]


def test_numbers_may_be_quantities(api: Api) -> None:
    limits = {"cpu": 2, "memory": "1Gi"}
    container = {"name": "main", "image": "engine:v1", "resources": {"limits": limits}}
    made = api.create(api.pods(), pod(containers=[container]))
    resources = made["spec"]["containers"][0]["resources"]
    assert resources["limits"] == {"cpu": "2", "memory": "1Gi"}


def test_what_cannot_be_applied_is_refused(api: Api) -> None:
    body = configmap() | {"dta": {}}
    answer = api.call(
        "PATCH", api.core("configmaps", "c"), body, kind=APPLY, query={"fieldManager": "one"}
    )
    assert answer.code in (400, 500), answer.text
    assert "dta" in answer.text


@pytest.mark.parametrize("field", ["data", "immutable"])
def test_immutable_maps_stay(api: Api, field: str) -> None:
    api.create(api.core("configmaps"), configmap(a="1") | {"immutable": True})
    change = {"data": {"a": "2"}} if field == "data" else {"immutable": False}
    said = api.refused(422, "PATCH", api.core("configmaps", "c"), change, kind=MERGE)
    assert field in {each["field"] for each in said["details"]["causes"]}
    assert "field is immutable when `immutable` is set" in said["message"]


def test_selectors_of_deployments_are_immutable(api: Api) -> None:
    kind = BY_PLURAL["deployments"]
    made = api.create(kind.collection(api), kind.new("x"))
    labels = {"app": "other"}
    made["spec"]["selector"] = {"matchLabels": labels}
    made["spec"]["template"]["metadata"]["labels"] = labels
    said = api.refused(422, "PUT", f"{kind.collection(api)}/x", made)
    assert "field is immutable" in said["message"]


def test_selectors_must_match_their_templates(api: Api) -> None:
    kind = BY_PLURAL["deployments"]
    body = kind.new("x")
    body["spec"] = body["spec"] | {"selector": {"matchLabels": {"app": "other"}}}
    said = api.refused(422, "POST", kind.collection(api), body)
    fields = {each["field"] for each in said["details"]["causes"]}
    assert "spec.template.metadata.labels" in fields
