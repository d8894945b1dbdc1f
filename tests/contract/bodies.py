"""The least a server takes of each kind."""

from dataclasses import dataclass, field
from typing import Any

from tests.contract.client import Api, Json

CONTAINERS = [{"name": "main", "image": "engine:v1"}]
_TEMPLATE = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": CONTAINERS}}
_REPLICATED = {"selector": {"matchLabels": {"app": "a"}}, "template": _TEMPLATE}
_JOB = {"template": {"spec": {"containers": CONTAINERS, "restartPolicy": "Never"}}}
_ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A served kind: where it is, and a body without metadata."""

    group_version: str
    plural: str
    name: str
    body: Json = field(default_factory=dict)
    namespaced: bool = True
    held: bool = False  # a finalizer the server adds keeps it until a controller takes it off

    def collection(self, api: Api) -> str:
        """Return the path of the collection."""
        root = f"/apis/{self.group_version}" if "/" in self.group_version else "/api/v1"
        space = f"/namespaces/{api.space}" if self.namespaced else ""
        return f"{root}{space}/{self.plural}"

    def new(self, name: str, **metadata: Any) -> Json:
        """Return an object to create."""
        head = {"apiVersion": self.group_version, "kind": self.name}
        return {**head, "metadata": {"name": name, **metadata}, **self.body}


def _cluster(group_version: str, plural: str, name: str, **body: Any) -> Kind:
    return Kind(group_version, plural, name, body, namespaced=False)


def _spec(group_version: str, plural: str, name: str, **spec: Any) -> Kind:
    return Kind(group_version, plural, name, {"spec": spec})


_CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
_RBAC = "rbac.authorization.k8s.io/v1"
_HOOKS = "admissionregistration.k8s.io/v1"

KINDS = (
    Kind("v1", "configmaps", "ConfigMap", {"data": {"a": "b"}}),
    Kind("v1", "endpoints", "Endpoints"),
    _spec("v1", "limitranges", "LimitRange", limits=[]),
    _cluster("v1", "nodes", "Node"),
    Kind("v1", "persistentvolumeclaims", "PersistentVolumeClaim", {"spec": _CLAIM}, held=True),
    _spec("v1", "pods", "Pod", containers=CONTAINERS),
    _spec("v1", "resourcequotas", "ResourceQuota", hard={"configmaps": "1000"}),
    Kind("v1", "secrets", "Secret", {"stringData": {"a": "b"}}),
    Kind("v1", "serviceaccounts", "ServiceAccount"),
    _spec("v1", "services", "Service", clusterIP="None", selector={"a": "b"}),
    _cluster(_HOOKS, "mutatingwebhookconfigurations", "MutatingWebhookConfiguration"),
    _cluster(_HOOKS, "validatingwebhookconfigurations", "ValidatingWebhookConfiguration"),
    Kind("apps/v1", "controllerrevisions", "ControllerRevision", {"revision": 1, "data": {}}),
    _spec("apps/v1", "daemonsets", "DaemonSet", **_REPLICATED),
    _spec("apps/v1", "deployments", "Deployment", **_REPLICATED),
    _spec("apps/v1", "replicasets", "ReplicaSet", **_REPLICATED),
    _spec("apps/v1", "statefulsets", "StatefulSet", serviceName="s", **_REPLICATED),
    _spec(
        "autoscaling/v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        scaleTargetRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
        maxReplicas=2,
    ),
    _spec("batch/v1", "cronjobs", "CronJob", schedule="* * * * *", jobTemplate={"spec": _JOB}),
    _spec("batch/v1", "jobs", "Job", **_JOB),
    _spec("coordination.k8s.io/v1", "leases", "Lease", holderIdentity="me"),
    Kind(
        "discovery.k8s.io/v1",
        "endpointslices",
        "EndpointSlice",
        {"addressType": "IPv4", "endpoints": []},
    ),
    _spec(
        "networking.k8s.io/v1",
        "ingresses",
        "Ingress",
        defaultBackend={"service": {"name": "s", "port": {"number": 80}}},
    ),
    _spec("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", podSelector={}),
    _spec("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", minAvailable=1),
    _cluster(_RBAC, "clusterroles", "ClusterRole", rules=[]),
    _cluster(
        _RBAC, "clusterrolebindings", "ClusterRoleBinding", roleRef=_ROLE | {"kind": "ClusterRole"}
    ),
    Kind(_RBAC, "roles", "Role", {"rules": []}),
    Kind(_RBAC, "rolebindings", "RoleBinding", {"roleRef": _ROLE}),
    _cluster("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", value=10),
    _cluster("storage.k8s.io/v1", "storageclasses", "StorageClass", provisioner="example.com/p"),
    _spec(
        "leaderworkerset.x-k8s.io/v1",
        "leaderworkersets",
        "LeaderWorkerSet",
        leaderWorkerTemplate={"workerTemplate": {"spec": {"containers": CONTAINERS}}},
    ),
)


def pod(name: str = "p", *, labels: dict[str, str] | None = None, **spec: Any) -> Json:
    """Return a pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {"containers": [dict(each) for each in CONTAINERS], **spec},
    }


def configmap(name: str = "c", *, labels: dict[str, str] | None = None, **data: str) -> Json:
    """Return a ConfigMap."""
    metadata = {"name": name} | ({"labels": labels} if labels else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def worker_set(name: str = "demo", template: Json | None = None, **spec: Any) -> Json:
    """Return a LeaderWorkerSet; ``template`` goes into its leaderWorkerTemplate."""
    worker = {"spec": {"containers": CONTAINERS}}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": {"leaderWorkerTemplate": {"workerTemplate": worker, **(template or {})}, **spec},
    }
