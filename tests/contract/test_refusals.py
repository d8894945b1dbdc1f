"""What the sandbox does not do: every request for it is answered 501 with one sentence."""

from dataclasses import dataclass, field

import pytest

from tests.contract.bodies import KINDS, Kind, configmap, pod
from tests.contract.client import JSON_PATCH, Api, Json

STARTS = "the sandbox does not do this: "
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True, slots=True)
class Refused:
    """A request for something a real server does; ``{ns}`` is the test's namespace."""

    id: str
    method: str
    path: str
    body: Json | None = None
    kind: str = "application/json"
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


SPREAD = {
    "maxSkew": 1,
    "topologyKey": "kubernetes.io/hostname",
    "whenUnsatisfiable": "DoNotSchedule",
    "labelSelector": {},
}
PODS = "/api/v1/namespaces/{ns}/pods"
REFUSED = (
    Refused("node-proxy", "GET", "/api/v1/nodes/n0/proxy/metrics"),
    Refused("watch-all", "GET", "/api/v1/watch/pods"),
    Refused("watch-one", "GET", "/api/v1/watch/namespaces/{ns}/pods/p"),
    Refused("watch-sets", "GET", "/apis/leaderworkerset.x-k8s.io/v1/watch/leaderworkersets"),
    Refused("log-stream", "GET", f"{PODS}/p/log", query={"stream": "Stderr"}),
    Refused("server-metrics", "GET", "/metrics"),
)


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.id)
def test_refused_with_a_sentence(sandbox: Api, refused: Refused) -> None:
    sandbox.create(sandbox.pods(), pod())
    said = sandbox.refused(
        501,
        refused.method,
        refused.path.replace("{ns}", sandbox.space),
        refused.body,
        kind=refused.kind,
        query=refused.query,
        headers=refused.headers,
    )
    assert said["reason"] == "NotImplemented"
    assert said["message"].startswith(STARTS)
    assert "\n" not in said["message"]


def test_budgets_are_counted(sandbox: Api) -> None:
    sandbox.create(sandbox.pods(), pod(labels={"app": "a"}))
    budgets = sandbox.of("policy/v1", "poddisruptionbudgets")
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}}
    spec["unhealthyPodEvictionPolicy"] = "IfHealthyBudget"
    sandbox.create(budgets, {"metadata": {"name": "keep"}, "spec": spec})
    running = {"status": {"phase": "Running"}}
    sandbox.ok(
        "PATCH",
        sandbox.pods("p", "status"),
        running,
        kind="application/merge-patch+json",
    )
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    said = sandbox.refused(429, "POST", sandbox.pods("p", "eviction"), eviction)
    assert said["reason"] == "TooManyRequests"
    assert said["message"].startswith("Cannot evict pod as it would violate")
    assert sandbox.get(sandbox.pods("p"))
    sandbox.delete(f"{budgets}/keep")
    sandbox.create(sandbox.pods("p", "eviction"), eviction)


def test_an_eviction_names_its_pod(api: Api) -> None:
    api.create(api.pods(), pod())
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "q"}}
    said = api.refused(400, "POST", api.pods("p", "eviction"), eviction)
    assert said["message"] == "name in URL does not match name in Eviction object"


def definition(group: str, **spec: object) -> Json:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
            **spec,
        },
    }


def test_custom_kinds_have_one_version(sandbox: Api) -> None:
    schema = {"openAPIV3Schema": {"type": "object"}}
    versions = [
        {"name": "v1", "served": True, "storage": True, "schema": schema},
        {"name": "v2", "served": True, "storage": False, "schema": schema},
    ]
    body = definition(f"{sandbox.space}.example.com", versions=versions)
    assert "v1 and v2" in sandbox.refused(501, "POST", CRDS, body)["message"]
    versions[1]["served"] = False
    assert sandbox.create(CRDS, body)


def test_webhooks_do_not_convert(sandbox: Api) -> None:
    body = definition(f"{sandbox.space}.example.com", conversion={"strategy": "Webhook"})
    sandbox.refused(501, "POST", CRDS, body)


@pytest.mark.parametrize(
    "accept", ["application/vnd.kubernetes.protobuf", "application/yaml", "application/cbor"]
)
def test_only_json_is_spoken(sandbox: Api, accept: str) -> None:
    said = sandbox.refused(406, "GET", sandbox.pods(), headers={"Accept": accept})
    assert said["message"] == "only the following media types are accepted: application/json"


def test_cbor_is_not_understood(sandbox: Api) -> None:
    path = sandbox.core("configmaps")
    sandbox.refused(415, "POST", path, b"\xa0", kind="application/cbor")
    sandbox.create(path, configmap())
    sandbox.refused(415, "PATCH", f"{path}/c", b"\xa0", kind="application/apply-patch+cbor")


def test_kinds_that_are_not_served_are_not_announced(sandbox: Api) -> None:
    names = {each["name"] for each in sandbox.get("/api/v1")["resources"]}
    assert "componentstatuses" not in names
    assert sandbox.call("GET", "/api/v1/componentstatuses").code == 404


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
def test_who_makes_what_nothing_acts_on_is_told(sandbox: Api, kind: Kind) -> None:
    made = sandbox.call("POST", kind.collection(sandbox), kind.new(f"{sandbox.space}-x"))
    inert = {
        "cronjobs", "daemonsets", "deployments", "jobs", "replicasets", "statefulsets",
        "ingresses", "limitranges", "networkpolicies", "resourcequotas",
        "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
    }  # fmt: skip
    told = [each for each in made.warnings if each.startswith("the sandbox stores it and ")]
    assert len(told) == (kind.plural in inert)


@pytest.mark.parametrize(
    ("plural", "spec", "words"),
    [
        ("pods", pod(topologySpreadConstraints=[SPREAD])["spec"], "spec.topologySpreadConstraints"),
        ("services", {"type": "LoadBalancer", "ports": [{"port": 80}]}, "load balancers"),
    ],
    ids=["spread", "balancer"],
)
def test_who_asks_for_what_nothing_does_is_told(
    sandbox: Api, plural: str, spec: Json, words: str
) -> None:
    made = sandbox.call("POST", sandbox.core(plural), {"metadata": {"name": "x"}, "spec": spec})
    (warning,) = made.warnings
    assert words in warning


def test_every_announced_verb_is_served(sandbox: Api) -> None:
    """Nothing announced answers that it does not exist, or that it is not allowed."""
    refused = []
    for group in ["/api/v1", *(f"/apis/{v}" for v in announced(sandbox))]:
        for resource in sandbox.get(group)["resources"]:
            for verb, method in (("get", "GET"), ("list", "GET"), ("update", "PUT")):
                if verb in resource["verbs"] and not serves(sandbox, group, resource, verb, method):
                    refused.append((group, resource["name"], verb))
    assert refused == []


def announced(api: Api) -> list[str]:
    groups = api.get("/apis")["groups"]
    return [version["groupVersion"] for each in groups for version in each["versions"]]


def serves(api: Api, group: str, resource: Json, verb: str, method: str) -> bool:
    plural, _, subresource = resource["name"].partition("/")
    space = f"/namespaces/{api.space}" if resource["namespaced"] else ""
    path = f"{group}{space}/{plural}"
    if verb != "list":
        path += f"/nothere/{subresource}".rstrip("/")
    answer = api.call(method, path, {} if method == "PUT" else None)
    if answer.code == 404:
        # The object is not there, which says that its kind and its subresource are.
        return "nothere" in answer.text
    return answer.code not in (405, 500, 501)


def test_a_scale_takes_json_patches(sandbox: Api) -> None:
    path = sandbox.of("apps/v1", "deployments")
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod()["spec"]}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    sandbox.create(path, {"metadata": {"name": "d"}, "spec": spec})
    patch = [{"op": "replace", "path": "/spec/replicas", "value": 3}]
    scaled = sandbox.patch(f"{path}/d/scale", patch, JSON_PATCH)
    assert scaled["spec"] == {"replicas": 3}
