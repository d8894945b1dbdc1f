"""Bodies of every kind to start from, and strategies that spoil them."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Path = tuple[str | int, ...]

CONTAINER: Json = {
    "name": "c",
    "image": "nginx:1.27",
    "command": ["x"],
    "env": [
        {"name": "A", "value": "b"},
        {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ],
    "ports": [{"containerPort": 80, "name": "http"}],
    "resources": {"limits": {"cpu": "1", "nvidia.com/gpu": "1"}, "requests": {"cpu": "1"}},
    "volumeMounts": [{"name": "v", "mountPath": "/x"}],
    "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1},
    "livenessProbe": {"tcpSocket": {"port": 80}},
    "startupProbe": {"exec": {"command": ["true"]}},
    "lifecycle": {"preStop": {"exec": {"command": ["sleep", "1"]}}},
}
TERM: Json = {"topologyKey": "rack", "labelSelector": {"matchLabels": {"a": "b"}}}
POD_SPEC: Json = {
    "containers": [CONTAINER],
    "initContainers": [{"name": "i", "image": "busybox", "restartPolicy": "Always"}],
    "volumes": [
        {"name": "v", "emptyDir": {}},
        {"name": "p", "persistentVolumeClaim": {"claimName": "q"}},
    ],
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [TERM],
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "podAffinityTerm": TERM}
            ],
        }
    },
    "terminationGracePeriodSeconds": 5,
    "priority": 1,
    "schedulingGates": [{"name": "g"}],
}
METADATA: Json = {
    "labels": {
        "leaderworkerset.sigs.k8s.io/name": "x",
        "leaderworkerset.sigs.k8s.io/group-index": "0",
    },
    "annotations": {"sandbox.lwstui.dev/startup": "1s", "leaderworkerset.sigs.k8s.io/size": "2"},
    "finalizers": ["example.com/hold"],
    "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u"}],
    "managedFields": [
        {
            "manager": "m",
            "operation": "Update",
            "apiVersion": "v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}},
        }
    ],
}
STATUS: Json = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "True"}],
    "containerStatuses": [{"name": "c", "ready": True, "restartCount": 1}],
}
SCALER: Json = {
    "scaleTargetRef": {"kind": "LeaderWorkerSet", "name": "a", "apiVersion": "x/v1"},
    "minReplicas": 1,
    "maxReplicas": 3,
    "metrics": [
        {
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 5}},
        }
    ],
}
DEFINITION: Json = {
    "group": "x.io",
    "scope": "Namespaced",
    "names": {"plural": "things", "kind": "Thing"},
    "versions": [
        {
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {
                "openAPIV3Schema": {
                    "type": "object",
                    "properties": {"spec": {"type": "object", "default": {}}},
                    "x-kubernetes-validations": [{"rule": "self.spec != 1", "message": "m"}],
                }
            },
            "additionalPrinterColumns": [{"name": "N", "type": "integer", "jsonPath": ".spec.n"}],
            "subresources": {
                "status": {},
                "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"},
            },
        }
    ],
}
TEMPLATE: Json = {"metadata": {"labels": {"a": "b"}}, "spec": POD_SPEC}
SET: Json = {
    "replicas": 2,
    "leaderWorkerTemplate": {"size": 2, "workerTemplate": TEMPLATE, "restartPolicy": "None"},
    "rolloutStrategy": {"rollingUpdateConfiguration": {"maxUnavailable": "10%", "maxSurge": 0}},
}
_NS = "/namespaces/default"
_LWS = "/apis/leaderworkerset.x-k8s.io/v1"
# Collections with a body that each of them takes.
KINDS: tuple[tuple[str, Json], ...] = (
    (f"/api/v1{_NS}/pods", {"spec": POD_SPEC, "status": STATUS}),
    (f"/api/v1{_NS}/services", {"spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}}),
    (f"/api/v1{_NS}/configmaps", {"data": {"a": "b"}}),
    (f"/api/v1{_NS}/secrets", {"data": {"a": "Yg=="}, "stringData": {"x": "y"}}),
    (
        f"/api/v1{_NS}/persistentvolumeclaims",
        {
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}},
            }
        },
    ),
    (
        f"/api/v1{_NS}/events",
        {"involvedObject": {"kind": "Pod", "name": "x", "namespace": "default"}, "count": 1},
    ),
    (
        f"/apis/events.k8s.io/v1{_NS}/events",
        {"regarding": {"kind": "Pod", "name": "x"}, "note": "n", "series": {"count": 2}},
    ),
    (
        "/api/v1/nodes",
        {
            "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}], "podCIDR": "10.1.0.0/24"},
            "status": {
                "allocatable": {"cpu": "1", "pods": "1"},
                "addresses": [{"type": "InternalIP", "address": "1.1.1.1"}],
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        },
    ),
    ("/api/v1/namespaces", {"spec": {"finalizers": ["kubernetes"]}}),
    (f"/apis/apps/v1{_NS}/deployments", {"spec": {"replicas": 1, "template": TEMPLATE}}),
    (f"/apis/apps/v1{_NS}/statefulsets", {"spec": {"replicas": 1, "template": TEMPLATE}}),
    (f"/apis/apps/v1{_NS}/controllerrevisions", {"data": {"a": 1}, "revision": 1}),
    (f"/apis/autoscaling/v2{_NS}/horizontalpodautoscalers", {"spec": SCALER}),
    (
        f"/apis/autoscaling/v1{_NS}/horizontalpodautoscalers",
        {"spec": {"maxReplicas": 3, "targetCPUUtilizationPercentage": 50}},
    ),
    (
        f"/apis/coordination.k8s.io/v1{_NS}/leases",
        {"spec": {"holderIdentity": "x", "leaseDurationSeconds": 1}},
    ),
    (f"{_LWS}{_NS}/leaderworkersets", {"spec": SET, "status": {"replicas": 1}}),
    ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {"spec": DEFINITION}),
    (
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {"spec": {"resourceAttributes": {}}},
    ),
)

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, 10**30, 1.5, 1e308]),
    st.sampled_from(["", "x", "\0", "🙂", "-5", "1Gi", "9" * 400, "a/b/c", "../..", "{}", "[x"]),
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)


def paths(value: Any, base: Path = ()) -> Iterator[Path]:
    """Yield where the parts of a value are."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in items:
        yield (*base, step)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*base, step))


def put(value: Any, path: Path, junk: Any) -> None:
    """Replace a part of a value."""
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = junk


@st.composite
def spoiled(draw: st.DrawFn, body: Json) -> Any:
    """Return a body of which up to three parts were replaced, or something else altogether."""
    if draw(st.integers(0, 15)) == 0:
        return draw(JUNK)
    broken = copy.deepcopy(body)
    for _ in range(draw(st.integers(0, 3))):
        places = list(paths(broken))
        if places:
            put(broken, draw(st.sampled_from(places)), copy.deepcopy(draw(JUNK)))
    return broken


@st.composite
def json_patches(draw: st.DrawFn, body: Json) -> Any:
    """Return a JSON patch whose paths lead somewhere, most of the time."""
    pointers = ["/" + "/".join(map(str, path)) for path in paths(body)]
    pointer = st.one_of(st.sampled_from(pointers), st.text(max_size=12))
    operation = st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "zap"]),
            "path": pointer,
        },
        optional={"from": pointer, "value": JUNK},
    )
    patch = draw(st.lists(operation, min_size=1, max_size=4))
    return patch if draw(st.integers(0, 5)) else draw(JUNK)
