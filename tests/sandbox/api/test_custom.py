"""Custom kinds: definitions, and the checks their schemas make."""

from typing import Any

import pytest

from lwstui.sandbox.crds import CRD_KEY
from tests.sandbox.api.support import LWS, LWS_KEY, TABLE, Api, lws

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/widgets"


def definition(schema: dict | None = None, **version: Any) -> dict:
    described = schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["w"]},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": described},
                    **version,
                }
            ],
        },
    }


def spec_schema(**properties: Any) -> dict:
    spec = {"type": "object", "properties": properties}
    return {"type": "object", "properties": {"spec": spec}}


async def test_a_definition_is_served_at_once_and_until_it_is_deleted(api: Api) -> None:
    await api.get(WIDGETS, code=404)
    await api.post(CRDS, definition())
    stored = api.store.get(CRD_KEY, "", "widgets.example.com")
    assert stored is not None
    assert {each["type"] for each in stored["status"]["conditions"]} == {
        "Established",
        "NamesAccepted",
    }
    await api.post(WIDGETS, {"metadata": {"name": "a"}})
    listed = await api.get(WIDGETS)
    assert (listed["kind"], len(listed["items"])) == ("WidgetList", 1)
    resources = await api.get("/apis/example.com/v1")
    assert [each["name"] for each in resources["resources"]] == ["widgets"]
    await api.delete(f"{CRDS}/widgets.example.com")
    await api.get(WIDGETS, code=404)
    await api.get("/apis/example.com", code=404)
    assert api.store.get(CRD_KEY, "", "widgets.example.com") is None


async def test_a_definition_without_a_spec_lacks_its_fields(api: Api) -> None:
    for nothing in ({}, {"spec": None}):
        refused = await api.post(CRDS, {"metadata": {"name": "a"}, **nothing}, code=422)
        assert "spec.group" in refused["message"]


async def test_a_definition_waits_for_objects_that_finalizers_hold(api: Api) -> None:
    await api.post(CRDS, definition())
    await api.post(WIDGETS, {"metadata": {"name": "a", "finalizers": ["x.io/y"]}})
    going = await api.delete(f"{CRDS}/widgets.example.com")
    assert going["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    await api.patch(f"{WIDGETS}/a", {"metadata": {"finalizers": None}})
    await api.get(WIDGETS, code=404)


async def test_definitions_are_checked(api: Api) -> None:
    wrong = definition()
    wrong["metadata"]["name"] = "other.example.com"
    refused = await api.post(CRDS, wrong, code=422)
    assert 'must be spec.names.plural+"."+spec.group' in refused["message"]
    del wrong["spec"]["group"]
    refused = await api.post(CRDS, wrong, code=422)
    assert "spec.group: Required value" in refused["message"]


async def test_printer_columns(api: Api) -> None:
    columns = [
        {"name": "Ready", "type": "string",
         "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1},
        {"name": "Since", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]  # fmt: skip
    await api.post(CRDS, definition(additionalPrinterColumns=columns))
    conditions = [{"type": "Other", "status": "?"}, {"type": "Ready", "status": "True"}]
    body = {"metadata": {"name": "a"}, "spec": {"size": 3}, "status": {"conditions": conditions}}
    await api.post(WIDGETS, body)
    await api.post(WIDGETS, {"metadata": {"name": "b"}})
    api.clock.time += 100
    table = await api.get(WIDGETS, accept=TABLE)
    assert [each["cells"] for each in table["rows"]] == [
        ["a", "True", 3, "100s"],
        ["b", None, None, "100s"],
    ]
    assert [each["priority"] for each in table["columnDefinitions"]] == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        (
            {"type": "integer"},
            "many",
            'Invalid value: "string": spec.x in body must be of type integer: "string"',
        ),
        (
            {"type": "integer", "minimum": 0},
            -1,
            "Invalid value: -1: spec.x in body should be greater than or equal to 0",
        ),
        (
            {"type": "integer", "maximum": 3},
            4,
            "Invalid value: 4: spec.x in body should be less than or equal to 3",
        ),
        (
            {"type": "string", "enum": ["a", "b"]},
            "c",
            'Unsupported value: "c": supported values: "a", "b"',
        ),
        (
            {"type": "string", "pattern": "^a"},
            "b",
            "Invalid value: \"b\": spec.x in body should match '^a'",
        ),
        ({"type": "string", "maxLength": 2}, "abc", "Too long: may not be more than 2 bytes"),
        (
            {"x-kubernetes-int-or-string": True},
            True,
            'Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"',
        ),
        (
            {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["k"],
                "items": {"type": "object", "properties": {"k": {"type": "string"}}},
            },
            [{"k": "a"}, {"k": "a"}],
            'Duplicate value: {"k":"a"}',
        ),
    ],
)
async def test_values_are_checked(api: Api, schema: dict, value: Any, message: str) -> None:
    await api.post(CRDS, definition(spec_schema(x=schema)))
    body = {"metadata": {"name": "a"}, "spec": {"x": value}}
    refused = await api.post(WIDGETS, body, code=422)
    where = "spec.x[1]" if "Duplicate" in message else "spec.x"
    assert refused["message"] == f'Widget.example.com "a" is invalid: {where}: {message}'
    (cause,) = refused["details"]["causes"]
    assert (cause["field"], cause["message"]) == (where, message)


async def test_unknown_fields_are_pruned_warned_about_or_refused(api: Api) -> None:
    await api.post(CRDS, definition(spec_schema(x={"type": "integer"})))
    body = {"metadata": {"name": "a"}, "spec": {"x": 1, "y": 2}, "z": 3}
    response = await api.raw("POST", f"{WIDGETS}?fieldValidation=Warn", body)
    assert (await response.json())["spec"] == {"x": 1}
    warnings = response.headers.getall("Warning")
    assert sorted(warnings) == [
        '299 - "unknown field \\"spec.y\\""',
        '299 - "unknown field \\"z\\""',
    ]
    refused = await api.post(f"{WIDGETS}?fieldValidation=Strict", body, code=400)
    assert refused["message"] == (
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: '
        'unknown field "spec.y", unknown field "z"'
    )
    await api.patch(f"{WIDGETS}/a?fieldValidation=Strict", {"spec": {"q": 1}}, code=422)


async def test_defaults_go_into_new_objects(api: Api) -> None:
    created = await api.post(LWS, lws())
    assert created["spec"]["replicas"] == 1
    assert created["spec"]["rolloutStrategy"] == {
        "type": "RollingUpdate",
        "rollingUpdateConfiguration": {"partition": 0, "maxUnavailable": 1, "maxSurge": 0},
    }
    assert created["spec"]["networkConfig"] == {"subdomainPolicy": "Shared"}


async def test_rules_of_the_set(api: Api) -> None:
    both_zero = {"rollingUpdateConfiguration": {"maxSurge": "0%", "maxUnavailable": "10%"}}
    refused = await api.post(LWS, lws(replicas=3, rolloutStrategy=both_zero), code=422)
    (cause,) = refused["details"]["causes"]
    assert cause["field"].startswith("spec.rolloutStrategy.rollingUpdateConfiguration.max")
    assert cause["message"].startswith('Invalid value: "object": maxUnavailable must not be 0')
    refused = await api.post(LWS, lws("9-lives"), code=422)
    assert "name must be a DNS-1035 label" in refused["message"]


async def test_transition_rules_compare_with_the_stored_object(api: Api) -> None:
    body = lws()
    body["spec"]["leaderWorkerTemplate"] |= {"size": 4, "subGroupPolicy": {"subGroupSize": 2}}
    await api.post(LWS, body)
    template = {"subGroupPolicy": {"subGroupSize": 4}}
    patch = {"spec": {"leaderWorkerTemplate": template}}
    refused = await api.patch(f"{LWS}/demo", patch, code=422)
    assert refused["message"].endswith(
        'subGroupSize: Invalid value: "integer": subGroupSize is immutable'
    )
    template["subGroupPolicy"] = None  # type: ignore[assignment]
    refused = await api.patch(f"{LWS}/demo", patch, code=422)
    assert "subGroupPolicy can neither be added nor removed" in refused["message"]


async def test_rules_wait_until_the_object_is_well_formed(api: Api) -> None:
    body = lws()
    body["spec"]["leaderWorkerTemplate"]["size"] = "many"
    refused = await api.post(LWS, body, code=422)
    assert "some validation rules were not checked" in refused["message"]


async def test_update_of_a_custom_object_needs_a_version(api: Api) -> None:
    created = await api.post(LWS, lws())
    await api.put(f"{LWS}/demo", created | {"spec": lws(replicas=2)["spec"]})
    del created["metadata"]["resourceVersion"]
    refused = await api.put(f"{LWS}/demo", created, code=422)
    assert "metadata.resourceVersion: Invalid value: 0: must be specified" in refused["message"]
    stored = api.store.get(LWS_KEY, "default", "demo")
    assert stored is not None
    assert stored["metadata"]["generation"] == 2


async def test_openapi_describes_the_kind(api: Api) -> None:
    index = await api.get("/openapi/v3")
    url = index["paths"]["apis/leaderworkerset.x-k8s.io/v1"]["serverRelativeURL"]
    document = await api.get(url)
    schema = document["components"]["schemas"]["io.x-k8s.leaderworkerset.v1.LeaderWorkerSet"]
    assert schema["properties"]["spec"]["properties"]["replicas"]["type"] == "integer"
    patch = next(each["patch"] for each in document["paths"].values() if "patch" in each)
    assert "fieldValidation" in [each["name"] for each in patch["parameters"]]
