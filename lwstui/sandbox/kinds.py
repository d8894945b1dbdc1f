"""The kinds the server serves: their names, scope and subresources."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KindInfo:
    """One served resource.

    ``generation`` says whether objects carry ``metadata.generation``; ``custom`` marks a kind that
    a CustomResourceDefinition defines.
    """

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    has_status: bool = False
    has_scale: bool = False
    categories: tuple[str, ...] = ()
    generation: bool = False
    custom: bool = False
    list_kind: str = ""

    @property
    def key(self) -> str:
        """Return the resource key, such as ``pods`` or ``leases.coordination.k8s.io``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """Return ``apiVersion`` as objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def list_name(self) -> str:
        """Return the kind of a list of these objects."""
        return self.list_kind or f"{self.kind}List"


def _core(plural: str, kind: str, *short: str, **more: bool) -> KindInfo:
    return _kind("", "v1", plural, kind, *short, **more)


def _kind(group: str, version: str, plural: str, kind: str, *short: str, **more: bool) -> KindInfo:
    categories = {"all": more.pop("all", False), "api-extensions": more.pop("extension", False)}
    return KindInfo(
        group,
        version,
        plural,
        kind.lower(),
        kind,
        short,
        namespaced=more.pop("namespaced", True),
        has_status=more.pop("status", False),
        has_scale=more.pop("scale", False),
        generation=more.pop("generation", False),
        categories=tuple(name for name, is_in in categories.items() if is_in),
    )


def _admission(plural: str, kind: str, *, status: bool = False) -> KindInfo:
    return _kind(
        "admissionregistration.k8s.io",
        "v1",
        plural,
        kind,
        namespaced=False,
        status=status,
        generation=True,
        extension=True,
    )


BUILTIN: tuple[KindInfo, ...] = (
    _core("configmaps", "ConfigMap", "cm"),
    _core("endpoints", "Endpoints", "ep"),
    _core("events", "Event", "ev"),
    _core("limitranges", "LimitRange", "limits"),
    _core("namespaces", "Namespace", "ns", namespaced=False, status=True),
    _core("nodes", "Node", "no", namespaced=False, status=True),
    _core("persistentvolumeclaims", "PersistentVolumeClaim", "pvc", status=True),
    _core("persistentvolumes", "PersistentVolume", "pv", namespaced=False, status=True),
    _core("pods", "Pod", "po", status=True, generation=True, all=True),
    _core("podtemplates", "PodTemplate", generation=True),
    _core("replicationcontrollers", "ReplicationController", "rc",
          status=True, scale=True, generation=True, all=True),
    _core("resourcequotas", "ResourceQuota", "quota", status=True),
    _core("secrets", "Secret"),
    _core("serviceaccounts", "ServiceAccount", "sa"),
    _core("services", "Service", "svc", status=True, all=True),
    _admission("mutatingadmissionpolicies", "MutatingAdmissionPolicy"),
    _admission("mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding"),
    _admission("mutatingwebhookconfigurations", "MutatingWebhookConfiguration"),
    _admission("validatingadmissionpolicies", "ValidatingAdmissionPolicy", status=True),
    _admission("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
    _admission("validatingwebhookconfigurations", "ValidatingWebhookConfiguration"),
    _kind("apiregistration.k8s.io", "v1", "apiservices", "APIService",
          namespaced=False, status=True, extension=True),
    _kind("apps", "v1", "controllerrevisions", "ControllerRevision"),
    _kind("apps", "v1", "daemonsets", "DaemonSet", "ds", status=True, generation=True, all=True),
    _kind(
        "apps", "v1", "deployments", "Deployment", "deploy",
        status=True, scale=True, generation=True, all=True,
    ),
    _kind(
        "apps", "v1", "replicasets", "ReplicaSet", "rs",
        status=True, scale=True, generation=True, all=True,
    ),
    _kind(
        "apps", "v1", "statefulsets", "StatefulSet", "sts",
        status=True, scale=True, generation=True, all=True,
    ),
    _kind(
        "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa",
        status=True, all=True,
    ),
    _kind("batch", "v1", "cronjobs", "CronJob", "cj", status=True, generation=True, all=True),
    _kind("batch", "v1", "jobs", "Job", status=True, generation=True, all=True),
    _kind("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest",
          "csr", namespaced=False, status=True),
    _kind("coordination.k8s.io", "v1", "leases", "Lease"),
    _kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", generation=True),
    _kind("flowcontrol.apiserver.k8s.io", "v1", "flowschemas", "FlowSchema",
          namespaced=False, status=True, generation=True),
    _kind("flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations",
          "PriorityLevelConfiguration", namespaced=False, status=True, generation=True),
    _kind("networking.k8s.io", "v1", "ingressclasses", "IngressClass",
          namespaced=False, generation=True),
    _kind("networking.k8s.io", "v1", "ingresses", "Ingress", "ing", status=True, generation=True),
    _kind("networking.k8s.io", "v1", "ipaddresses", "IPAddress", "ip", namespaced=False),
    _kind(
        "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "netpol", generation=True
    ),
    _kind("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", namespaced=False, status=True),
    _kind("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", namespaced=False),
    _kind(
        "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb",
        status=True, generation=True,
    ),
    _kind("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding",
          namespaced=False),
    _kind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False),
    _kind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
    _kind("rbac.authorization.k8s.io", "v1", "roles", "Role"),
    _kind("resource.k8s.io", "v1", "deviceclasses", "DeviceClass",
          namespaced=False, generation=True),
    _kind("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim", status=True),
    _kind("resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate"),
    _kind("resource.k8s.io", "v1", "resourceslices", "ResourceSlice",
          namespaced=False, generation=True),
    _kind("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "pc", namespaced=False,
          generation=True),
    _kind("storage.k8s.io", "v1", "csidrivers", "CSIDriver", namespaced=False),
    _kind("storage.k8s.io", "v1", "csinodes", "CSINode", namespaced=False),
    _kind("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity"),
    _kind("storage.k8s.io", "v1", "storageclasses", "StorageClass", "sc", namespaced=False),
    _kind("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment",
          namespaced=False, status=True),
    _kind("storage.k8s.io", "v1", "volumeattributesclasses", "VolumeAttributesClass", "vac",
          namespaced=False),
    _kind(
        "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition",
        "crd", "crds", namespaced=False, status=True, generation=True, extension=True,
    ),
)  # fmt: skip


def builtin(key: str) -> KindInfo:
    """Return the built-in kind of a resource key.

    Raises:
        KeyError: There is no such built-in kind.
    """
    return _BY_KEY[key]


_BY_KEY = {kind.key: kind for kind in BUILTIN}
