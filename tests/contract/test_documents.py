"""Discovery, OpenAPI, version and health, reviews, and requests nobody serves."""

import pytest

from tests.contract.bodies import configmap, pod
from tests.contract.client import Api, Json

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
LWS = "leaderworkerset.x-k8s.io"


def test_the_core_group(api: Api) -> None:
    found = api.get("/api")
    assert (found["kind"], found["versions"]) == ("APIVersions", ["v1"])
    assert found["serverAddressByClientCIDRs"]


def test_groups(api: Api) -> None:
    found = api.get("/apis")
    assert found["kind"] == "APIGroupList"
    groups = {each["name"]: each["preferredVersion"]["groupVersion"] for each in found["groups"]}
    assert groups[LWS] == f"{LWS}/v1"
    assert groups["apps"] == "apps/v1"
    assert groups["autoscaling"] == "autoscaling/v2"
    assert groups["events.k8s.io"] == "events.k8s.io/v1"


def test_one_group(api: Api) -> None:
    found = api.get(f"/apis/{LWS}")
    assert (found["kind"], found["name"]) == ("APIGroup", LWS)
    assert found["versions"] == [{"groupVersion": f"{LWS}/v1", "version": "v1"}]


def resources(api: Api, path: str) -> dict[str, Json]:
    return {each["name"]: each for each in api.get(path)["resources"]}


def test_the_resources_of_a_definition(api: Api) -> None:
    found = resources(api, f"/apis/{LWS}/v1")
    assert set(found) == {
        "leaderworkersets",
        "leaderworkersets/status",
        "leaderworkersets/scale",
    }
    assert found["leaderworkersets"]["shortNames"] == ["lws"]
    scale = found["leaderworkersets/scale"]
    assert (scale["group"], scale["version"], scale["kind"]) == ("autoscaling", "v1", "Scale")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pods/log", "Pod"),
        ("pods/exec", "PodExecOptions"),
        ("pods/attach", "PodAttachOptions"),
        ("pods/portforward", "PodPortForwardOptions"),
        ("pods/eviction", "Eviction"),
        ("pods/binding", "Binding"),
        ("pods/status", "Pod"),
        ("pods/proxy", "PodProxyOptions"),
        ("services/proxy", "ServiceProxyOptions"),
        ("namespaces/finalize", "Namespace"),
        ("nodes/status", "Node"),
    ],
)
def test_subresources_of_the_core_group(api: Api, name: str, kind: str) -> None:
    assert resources(api, "/api/v1")[name]["kind"] == kind


def test_aggregated_discovery(api: Api) -> None:
    answer = api.call("GET", "/apis", headers={"Accept": f"{AGGREGATED},application/json"})
    assert answer.body["kind"] == "APIGroupDiscoveryList"
    assert "as=APIGroupDiscoveryList" in answer.headers["Content-Type"]
    groups = {each["metadata"]["name"]: each for each in answer.body["items"]}
    (version,) = groups[LWS]["versions"]
    (sets,) = version["resources"]
    assert sets["resource"] == "leaderworkersets"
    assert sets["scope"] == "Namespaced"
    assert {each["subresource"] for each in sets["subresources"]} == {"status", "scale"}


def test_what_has_not_changed_is_not_sent_again(api: Api) -> None:
    accept = {"Accept": AGGREGATED}
    tag = api.call("GET", "/apis", headers=accept).headers["ETag"]
    again = api.call("GET", "/apis", headers={**accept, "If-None-Match": tag})
    assert (again.code, again.text) == (304, "")


def test_a_definition_comes_and_goes(api: Api) -> None:
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    group = f"{api.space}.example.com"
    schema = {"type": "object", "properties": {"spec": {"type": "object"}}}
    version = {"name": "v1", "served": True, "storage": True}
    body = {
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [{**version, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    made = api.create(crds, body)
    assert made["spec"]["names"]["listKind"] == "ThingList"
    assert made["spec"]["names"]["singular"] == "thing"
    assert made["spec"]["conversion"] == {"strategy": "None"}
    again = api.refused(409, "POST", crds, body)
    assert again["reason"] == "AlreadyExists"
    api.delete(f"{crds}/things.{group}")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"group": ""}, "spec.group"),
        ({"scope": "Everywhere"}, "spec.scope"),
        ({"versions": []}, "spec.versions"),
        ({"names": {"plural": "others", "kind": "Other"}}, "metadata.name"),
    ],
    ids=["group", "scope", "versions", "name"],
)
def test_bad_definitions(api: Api, change: Json, field: str) -> None:
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"openAPIV3Schema": {"type": "object"}}
    spec = {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    body = {"metadata": {"name": "things.example.com"}, "spec": spec | change}
    said = api.refused(422, "POST", crds, body)
    assert field in {each["field"] for each in said["details"]["causes"]}


def test_openapi_v3(api: Api) -> None:
    paths = api.get("/openapi/v3")["paths"]
    for name in ("api/v1", "apis/apps/v1", f"apis/{LWS}/v1"):
        assert paths[name]["serverRelativeURL"].startswith(f"/openapi/v3/{name}?hash=")
    document = api.get(paths[f"apis/{LWS}/v1"]["serverRelativeURL"])
    assert document["openapi"].startswith("3.0")
    kinds = [
        each
        for schema in document["components"]["schemas"].values()
        for each in schema.get("x-kubernetes-group-version-kind", ())
    ]
    assert {"group": LWS, "kind": "LeaderWorkerSet", "version": "v1"} in kinds


def test_version(api: Api) -> None:
    found = api.get("/version")
    assert found["gitVersion"].startswith("v1.")
    assert found["major"] == "1"


@pytest.mark.parametrize("path", ["/readyz", "/livez", "/healthz", "/readyz/ping"])
def test_health(api: Api, path: str) -> None:
    answer = api.call("GET", path)
    assert (answer.code, answer.text) == (200, "ok")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nonsense",
        "/api/v2/pods",
        "/apis/nonsense.example.com/v1/things",
        "/apis/apps/v1/nonsense",
        "/apis/apps/v9/deployments",
        f"/apis/{LWS}/v1/nonsense",
        f"/apis/{LWS}/v9/leaderworkersets",
        "/nonsense",
        "/openapi/v3/nonsense",
    ],
)
def test_nobody_serves_this(api: Api, path: str) -> None:
    assert api.call("GET", path).code == 404


@pytest.mark.parametrize(
    ("method", "plural", "rest"),
    [
        ("PUT", "pods", ()),
        ("PATCH", "pods", ()),
        ("POST", "pods", ("p",)),
        ("DELETE", "pods", ("p", "status")),
        ("GET", "pods", ("p", "binding")),
        ("POST", "pods", ("p", "log")),
        ("PUT", "configmaps", ()),
    ],
)
def test_verbs_nobody_serves(api: Api, method: str, plural: str, rest: tuple[str, ...]) -> None:
    api.create(api.pods(), pod())
    assert api.call(method, api.core(plural, *rest), {}).code == 405


def test_cluster_wide_creation_needs_a_namespace(api: Api) -> None:
    assert api.call("POST", "/api/v1/pods", pod()).code == 405


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"x", "text/plain", 415),
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b"a: [", "application/yaml", 400),
    ],
)
def test_bodies_that_are_no_objects(api: Api, body: bytes, content_type: str, code: int) -> None:
    said = api.refused(code, "POST", api.core("configmaps"), body, kind=content_type)
    assert said["reason"] == {400: "BadRequest", 415: "UnsupportedMediaType"}[code]


def test_yaml_bodies(api: Api) -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '1'}\n"
    assert api.ok("POST", api.core("configmaps"), text, kind="application/yaml")["data"]


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic eDp5"])
def test_without_the_token_nothing_is_said(api: Api, token: str) -> None:
    said = api.refused(401, "GET", api.pods(), headers={"Authorization": token})
    assert (said["reason"], said["message"]) == ("Unauthorized", "Unauthorized")


def review(kind: str, version: str = "authorization.k8s.io/v1", **spec: Json) -> Json:
    return {"apiVersion": version, "kind": kind, "spec": spec}


def test_access_reviews(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    attributes = {"namespace": api.space, "verb": "delete", "resource": "pods"}
    body = review("SelfSubjectAccessReview", resourceAttributes=attributes)
    answer = api.call("POST", path, body)
    assert answer.code == 201
    assert answer.body["status"]["allowed"] is True
    assert answer.body["spec"] == body["spec"]


def test_rules_reviews(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    body = review("SelfSubjectRulesReview") | {"spec": {"namespace": api.space}}
    status = api.create(path, body)["status"]
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    assert everything in status["resourceRules"]
    assert status["incomplete"] is False


def test_who_am_i(api: Api) -> None:
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    status = api.create(path, {"apiVersion": "authentication.k8s.io/v1",
                               "kind": "SelfSubjectReview"})["status"]  # fmt: skip
    assert status["userInfo"]["username"]
    assert "system:authenticated" in status["userInfo"]["groups"]


@pytest.mark.parametrize("name", ["dryRun", "fieldValidation"])
@pytest.mark.parametrize(
    ("method", "kind"), [("POST", "Create"), ("PUT", "Update"), ("PATCH", "Patch")]
)
def test_options_have_few_values(api: Api, name: str, method: str, kind: str) -> None:
    if method != "POST":
        api.create(api.core("configmaps"), configmap())
    path = api.core("configmaps", *(() if method == "POST" else ("c",)))
    content = "application/merge-patch+json" if method == "PATCH" else "application/json"
    said = api.refused(422, method, path, configmap(), query={name: "Perhaps"}, kind=content)
    start = f'{kind}Options.meta.k8s.io "" is invalid: {name}: Unsupported value: "Perhaps"'
    assert said["message"].startswith(start)
