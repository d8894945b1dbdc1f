"""Create, update, patch and delete over HTTP."""

import json

import pytest

from lwstui.sandbox.objects import deep_copy
from tests.sandbox.api.support import (
    APPLY,
    JSON_PATCH,
    LWS,
    LWS_KEY,
    PODS,
    STRATEGIC,
    Api,
    lws,
    pod,
)


async def test_create_fills_in_defaults_and_starts_the_status_over(api: Api) -> None:
    created = await api.post(PODS, pod() | {"status": {"phase": "Running"}}, code=201)
    assert created["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    spec = created["spec"]
    assert spec["restartPolicy"] == "Always"
    assert [each["key"] for each in spec["tolerations"]] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]
    assert spec["containers"][0]["imagePullPolicy"] == "IfNotPresent"


async def test_limits_become_requests(api: Api) -> None:
    body = pod()
    body["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "2"}}
    created = await api.post(PODS, body)
    requests = created["spec"]["containers"][0]["resources"]["requests"]
    assert requests == {"nvidia.com/gpu": "2"}


async def test_headless_service_defaults(api: Api) -> None:
    body = {"metadata": {"name": "s"}, "spec": {"clusterIP": "None", "selector": {"a": "b"}}}
    created = await api.post("/api/v1/namespaces/default/services", body)
    assert created["spec"] == {
        "clusterIP": "None",
        "clusterIPs": ["None"],
        "internalTrafficPolicy": "Cluster",
        "selector": {"a": "b"},
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"containers": []}, "spec.containers: Required value"),
        (
            {"containers": [{"name": "main"}]},
            "spec.containers[0].image: Required value",
        ),
        (
            {"restartPolicy": "Sometimes"},
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", '
            '"OnFailure", "Never"',
        ),
    ],
)
async def test_pods_are_checked(api: Api, change: dict, message: str) -> None:
    body = pod()
    body["spec"] |= change
    refused = await api.post(PODS, body, code=422)
    assert refused["message"] == f'Pod "p" is invalid: {message}'
    assert refused["details"]["causes"][0]["field"] == message.partition(":")[0]


async def test_extended_resources_are_not_overcommitted(api: Api) -> None:
    body = pod()
    resources = {"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": "1"}}
    body["spec"]["containers"][0]["resources"] = resources
    refused = await api.post(PODS, body, code=422)
    assert "must be equal to nvidia.com/gpu limit of 2" in refused["message"]


async def test_names_are_checked(api: Api) -> None:
    refused = await api.post(PODS, pod("Not_A_Name"), code=422)
    assert 'metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123' in refused["message"]
    refused = await api.post(PODS, pod("p", **{"bad key": "x"}), code=422)
    assert refused["details"]["causes"][0]["field"] == "metadata.labels"
    nameless = pod()
    del nameless["metadata"]["name"]
    refused = await api.post(PODS, nameless, code=422)
    assert "name or generateName is required" in refused["message"]


async def test_namespaces_are_checked(api: Api) -> None:
    missing = await api.post("/api/v1/namespaces/nowhere/pods", pod(), code=404)
    assert missing["message"] == 'namespaces "nowhere" not found'
    await api.post("/api/v1/namespaces", {"metadata": {"name": "going"}})
    await api.delete("/api/v1/namespaces/going")
    refused = await api.post("/api/v1/namespaces/going/pods", pod(), code=403)
    assert refused["message"].endswith("because it is being terminated")
    assert refused["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    wrong = pod()
    wrong["metadata"]["namespace"] = "other"
    await api.post(PODS, wrong, code=400)


async def test_update_needs_the_current_version(api: Api) -> None:
    created = await api.post(PODS, pod())
    created["metadata"]["labels"] = {"a": "b"}
    updated = await api.put(f"{PODS}/p", created)
    assert updated["metadata"]["labels"] == {"a": "b"}
    stale = await api.put(f"{PODS}/p", created, code=409)
    assert stale["message"] == (
        'Operation cannot be fulfilled on pods "p": the object has been modified; please apply '
        "your changes to the latest version and try again"
    )


async def test_pod_specs_are_immutable_but_for_images(api: Api) -> None:
    created = await api.post(PODS, pod())
    created["spec"]["containers"][0]["image"] = "vllm:v2"
    updated = await api.put(f"{PODS}/p", created)
    assert updated["spec"]["containers"][0]["image"] == "vllm:v2"
    updated["spec"]["nodeName"] = "n0"
    refused = await api.put(f"{PODS}/p", updated, code=422)
    assert "Forbidden: pod updates may not change fields other than" in refused["message"]


async def test_main_writes_and_status_writes_are_apart(api: Api) -> None:
    await api.post(PODS, pod())
    ignored = await api.patch(f"{PODS}/p", {"status": {"phase": "Running"}})
    assert ignored["status"]["phase"] == "Pending"
    body = {"status": {"phase": "Running"}, "spec": {"nodeName": "n0"}}
    written = await api.patch(f"{PODS}/p/status", body)
    assert written["status"]["phase"] == "Running"
    assert "nodeName" not in written["spec"]
    assert (await api.get(f"{PODS}/p/status"))["status"]["phase"] == "Running"


async def test_json_patch(api: Api) -> None:
    await api.post(PODS, pod("p", app="x"))
    patch = [
        {"op": "test", "path": "/metadata/labels/app", "value": "x"},
        {"op": "add", "path": "/metadata/labels/a~1b", "value": "c"},
        {"op": "remove", "path": "/metadata/labels/app"},
    ]
    patched = await api.patch(f"{PODS}/p", patch, JSON_PATCH)
    assert patched["metadata"]["labels"] == {"a/b": "c"}
    refused = await api.patch(f"{PODS}/p", patch, JSON_PATCH, code=422)
    assert refused["reason"] == "Invalid"


async def test_strategic_merge_patch_merges_lists_by_key(api: Api) -> None:
    await api.post(PODS, pod())
    body = {"spec": {"containers": [{"name": "main", "image": "vllm:v2"}]}}
    patched = await api.patch(f"{PODS}/p", body, STRATEGIC)
    assert patched["spec"]["containers"][0]["terminationMessagePath"] == "/dev/termination-log"
    assert patched["spec"]["containers"][0]["image"] == "vllm:v2"
    await api.post(LWS, lws())
    refused = await api.patch(f"{LWS}/demo", {"spec": {"replicas": 2}}, STRATEGIC, code=415)
    assert refused["reason"] == "UnsupportedMediaType"


async def test_dry_run_changes_nothing(api: Api) -> None:
    await api.post(PODS, pod())
    version = api.store.version
    await api.post(f"{PODS}?dryRun=All", pod("other"), code=201)
    labelled = await api.patch(f"{PODS}/p?dryRun=All", {"metadata": {"labels": {"a": "b"}}})
    assert labelled["metadata"]["labels"] == {"a": "b"}
    await api.delete(f"{PODS}/p?dryRun=All")
    await api.delete(f"{PODS}/p", {"dryRun": ["All"]})
    await api.call(
        "PATCH", f"{LWS}/new?dryRun=All&fieldManager=m", lws("new"), content_type=APPLY, code=201
    )
    assert api.store.version == version
    await api.post(f"{PODS}?dryRun=Some", pod("other"), code=422)


async def test_delete_answers_as_the_kind_does(api: Api) -> None:
    created = await api.post(LWS, lws())
    answer = await api.delete(f"{LWS}/demo")
    assert answer["status"] == "Success"
    assert answer["details"] == {
        "name": "demo",
        "group": "leaderworkerset.x-k8s.io",
        "kind": "leaderworkersets",
        "uid": created["metadata"]["uid"],
    }
    await api.post(PODS, pod())
    gone = await api.delete(f"{PODS}/p", {"preconditions": {"uid": "other"}}, code=409)
    assert "the UID in the precondition (other) does not match" in gone["message"]
    assert (await api.delete(f"{PODS}/p"))["kind"] == "Pod"


async def test_delete_in_the_foreground_waits_for_the_collector(api: Api) -> None:
    await api.post(LWS, lws())
    held = await api.delete(f"{LWS}/demo", {"propagationPolicy": "Foreground"})
    assert held["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert held["metadata"]["deletionTimestamp"]
    released = [{"op": "remove", "path": "/metadata/finalizers"}]
    await api.patch(f"{LWS}/demo", released, JSON_PATCH)
    assert api.store.get(LWS_KEY, "default", "demo") is None


async def test_delete_collection_by_selector(api: Api) -> None:
    for name, app in (("a", "x"), ("b", "y"), ("c", "x")):
        await api.post(PODS, pod(name, app=app))
    deleted = await api.delete(f"{PODS}?labelSelector=app%3Dx")
    assert [each["metadata"]["name"] for each in deleted["items"]] == ["a", "c"]
    assert [each["metadata"]["name"] for each in api.store.items("pods")] == ["b"]
    await api.delete("/api/v1/namespaces", code=405)
    await api.delete("/api/v1/pods", code=405)


async def test_binding_and_eviction(api: Api) -> None:
    await api.post(PODS, pod())
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n0"}}
    await api.post(f"{PODS}/p/binding", binding, code=201)
    bound = await api.get(f"{PODS}/p")
    assert bound["spec"]["nodeName"] == "n0"
    assert bound["status"]["conditions"][0]["type"] == "PodScheduled"
    again = await api.post(f"{PODS}/p/binding", binding, code=409)
    assert 'pod p is already assigned to node "n0"' in again["message"]
    eviction = {"metadata": {"name": "p"}, "deleteOptions": {"gracePeriodSeconds": 7}}
    await api.post(f"{PODS}/p/eviction", eviction, code=201)
    evicted = await api.get(f"{PODS}/p")
    assert evicted["metadata"]["deletionGracePeriodSeconds"] == 7


async def test_scale(api: Api) -> None:
    await api.post(LWS, lws(replicas=2))
    found = await api.get(f"{LWS}/demo/scale")
    assert (found["kind"], found["spec"]) == ("Scale", {"replicas": 2})
    scaled = await api.patch(f"{LWS}/demo/scale", {"spec": {"replicas": 3}})
    assert scaled["spec"] == {"replicas": 3}
    replaced = await api.put(f"{LWS}/demo/scale", scaled | {"spec": {"replicas": 1}})
    stored = api.store.get(LWS_KEY, "default", "demo")
    assert stored is not None
    assert stored["spec"]["replicas"] == replaced["spec"]["replicas"] == 1
    assert stored["metadata"]["generation"] == 3
    await api.put(f"{LWS}/demo/scale", scaled, code=409)
    await api.patch(f"{LWS}/demo/scale", {"spec": {"replicas": -1}}, code=422)


async def test_logs(api: Api) -> None:
    body = pod()
    body["spec"]["containers"].append({"name": "side", "image": "x"})
    await api.post(PODS, body)
    asked = await api.get(f"{PODS}/p/log", code=400)
    assert asked["message"] == (
        "a container name must be specified for pod p, choose one of: [main side]"
    )
    await api.get(f"{PODS}/p/log?container=nope", code=400)
    response = await api.raw("GET", f"{PODS}/p/log?container=side&tailLines=5&follow=true")
    assert await response.text() == "one\ntwo\n"
    assert response.content_type == "text/plain"
    assert (api.logs.asked["container"], api.logs.asked["tail_lines"]) == ("side", 5)
    assert api.logs.asked["follow"] is True
    refused = await api.get(f"{PODS}/p/log?container=side&previous=true", code=400)
    assert "previous terminated container" in refused["message"]


async def test_metrics_leave_out_what_has_no_sample(api: Api) -> None:
    api.store.create("nodes", {"metadata": {"name": "n1"}})
    nodes = await api.get("/apis/metrics.k8s.io/v1beta1/nodes")
    assert [each["metadata"]["name"] for each in nodes["items"]] == ["n0"]
    await api.get("/apis/metrics.k8s.io/v1beta1/nodes/n1", code=404)
    await api.post(PODS, pod("p", app="x"))
    sample = await api.get("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/p")
    assert sample["containers"][0]["usage"]["cpu"] == "5m"
    assert sample["metadata"]["labels"] == {"app": "x"}


async def test_leases_are_created_by_update(api: Api) -> None:
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l"
    body = {"metadata": {"name": "l"}, "spec": {"holderIdentity": "me"}}
    await api.put(path, body, code=201)
    assert (await api.put(path, body, code=200))["spec"]["holderIdentity"] == "me"


async def test_secrets_take_plain_text(api: Api) -> None:
    body = {"metadata": {"name": "s"}, "stringData": {"k": "v"}}
    created = await api.post("/api/v1/namespaces/default/secrets", body)
    assert (created["data"], created["type"]) == ({"k": "dg=="}, "Opaque")
    assert "stringData" not in created


async def test_access_reviews_allow(api: Api) -> None:
    review = {"kind": "SelfSubjectAccessReview", "metadata": {}, "spec": {}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert (await api.post(path, review, code=201))["status"] == {"allowed": True}


async def test_bodies_that_are_no_objects(api: Api) -> None:
    await api.post(PODS, b"{", code=400)
    await api.post(PODS, b"[]", code=400)
    await api.post(PODS, b"x", content_type="text/plain", code=415)
    wrong = pod() | {"kind": "Node"}
    refused = await api.post(PODS, wrong, code=400)
    assert "does not match the expected kind" in refused["message"]


async def test_writes_never_change_what_is_stored_in_place(api: Api) -> None:
    """Readers, list snapshots and watch caches share stored objects."""
    await api.post(LWS, lws(replicas=2))
    stored = api.store.get(LWS_KEY, "default", "demo")
    assert stored is not None
    before = deep_copy(stored)
    path = f"{LWS}/demo"
    await api.call("PATCH", f"{path}?fieldManager=a&force=1", lws(replicas=3), content_type=APPLY)
    await api.patch(path, {"spec": {"replicas": 4, "networkConfig": None}})
    await api.patch(path, [{"op": "remove", "path": "/spec/startupPolicy"}], JSON_PATCH)
    await api.patch(f"{path}/status", {"status": {"replicas": 4}})
    await api.patch(f"{path}/scale", {"spec": {"replicas": 5}})
    current = await api.get(path)
    await api.put(path, current | {"spec": lws()["spec"]})
    await api.delete(path, {"propagationPolicy": "Foreground"})
    assert stored == before


async def test_namespaces_are_finalized_through_their_subresource(api: Api) -> None:
    await api.post("/api/v1/namespaces", {"metadata": {"name": "x"}})
    going = await api.delete("/api/v1/namespaces/x")
    assert going["spec"] == {"finalizers": ["kubernetes"]}
    kept = await api.put("/api/v1/namespaces/x", going | {"spec": {}})
    assert kept["spec"] == {"finalizers": ["kubernetes"]}
    await api.put("/api/v1/namespaces/x/finalize", kept | {"spec": {}})
    await api.get("/api/v1/namespaces/x", code=404)


async def test_what_may_change_on_a_pod(api: Api) -> None:
    body = pod()
    body["spec"]["schedulingGates"] = [{"name": "g.io/wait"}]
    gated = await api.post(PODS, body)
    assert gated["status"]["conditions"][0]["reason"] == "SchedulingGated"
    opened = [
        {"op": "remove", "path": "/spec/schedulingGates"},
        {"op": "add", "path": "/spec/nodeSelector", "value": {"rack": "r1"}},
        {"op": "add", "path": "/spec/tolerations/-", "value": {"operator": "Exists"}},
    ]
    changed = await api.patch(f"{PODS}/p", opened, JSON_PATCH)
    assert changed["spec"]["nodeSelector"] == {"rack": "r1"}
    for closed in (
        [{"op": "replace", "path": "/spec/nodeSelector/rack", "value": "r2"}],
        [{"op": "remove", "path": "/spec/tolerations/0"}],
        [{"op": "add", "path": "/spec/containers/0/env", "value": [{"name": "A"}]}],
    ):
        refused = await api.patch(f"{PODS}/p", closed, JSON_PATCH, code=422)
        assert refused["details"]["causes"][0]["reason"] == "FieldValueForbidden"


@pytest.mark.parametrize("content_type", ["application/merge-patch+json", STRATEGIC])
async def test_a_status_patch_leaves_what_is_stored_alone(api: Api, content_type: str) -> None:
    await api.post(PODS, pod(tier="a"))
    stored = api.store.get("pods", "default", "p")
    before = deep_copy(stored)
    patch = {
        "metadata": {"labels": {"tier": "b"}},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True", "nonsense": 1}],
            "allocatedResources": {"cpu": "1000m"},
        },
    }
    dry = await api.patch(f"{PODS}/p/status?dryRun=All", patch, content_type)
    assert dry["status"]["phase"] == "Running"
    assert api.store.get("pods", "default", "p") is stored
    answer = await api.raw("PATCH", f"{PODS}/p/status", _json(patch), content_type=content_type)
    assert 'unknown field \\"status.conditions[0].nonsense\\"' in answer.headers["Warning"]
    written = await answer.json()
    assert written["metadata"]["labels"] == {"tier": "a"}
    assert written["status"]["allocatedResources"] == {"cpu": "1"}
    assert stored == before
    refused = await api.patch(
        f"{PODS}/p/status", {"metadata": {"labels": "none"}}, content_type, code=422
    )
    unreadable = "cannot unmarshal string into Go struct field ObjectMeta.metadata.labels"
    why = "cannot restore map from string" if content_type == STRATEGIC else unreadable
    assert why in refused["message"]


def _json(body: dict) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("path", [PODS, LWS])
async def test_what_is_empty_in_metadata_is_left_out(api: Api, path: str) -> None:
    body = pod(a="b") if path == PODS else lws()
    body["metadata"] |= {"name": "x", "labels": {"a": "b"}, "annotations": {}, "finalizers": []}
    created = await api.post(path, body)
    assert {"annotations", "finalizers"}.isdisjoint(created["metadata"])
    patched = await api.patch(f"{path}/x", {"metadata": {"labels": {"a": None}}})
    assert "labels" not in patched["metadata"]
