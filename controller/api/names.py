"""Names: API resources, label, annotation and environment keys, child object names.

Source: kubernetes-sigs/lws api/leaderworkerset/v1/leaderworkerset_types.go (API group
``leaderworkerset.x-k8s.io``; keys under ``leaderworkerset.sigs.k8s.io/``).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Resource:
    """One API resource: where its collection lives and what its objects are called.

    Attributes:
        group: API group, empty for the core group.
        version: API version, such as ``v1``.
        plural: Path segment of the collection.
        kind: Kind of one object.
        namespaced: Whether objects live in a namespace.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """``group/version``, or ``version`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def base_path(self) -> str:
        """Path of the API, such as ``/api/v1`` or ``/apis/apps/v1``."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


LWS_GROUP: Final = "leaderworkerset.x-k8s.io"

LEADERWORKERSETS: Final = Resource(LWS_GROUP, "v1", "leaderworkersets", "LeaderWorkerSet")
PODS: Final = Resource("", "v1", "pods", "Pod")
SERVICES: Final = Resource("", "v1", "services", "Service")
NODES: Final = Resource("", "v1", "nodes", "Node", namespaced=False)
NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
CLAIMS: Final = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
REVISIONS: Final = Resource("apps", "v1", "controllerrevisions", "ControllerRevision")
EVENTS: Final = Resource("events.k8s.io", "v1", "events", "Event")
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease")
DEVICES_GROUP: Final = "resource.k8s.io"
DEVICE_SLICES: Final = Resource(DEVICES_GROUP, "v1", "resourceslices", "ResourceSlice", False)
DEVICE_CLASSES: Final = Resource(DEVICES_GROUP, "v1", "deviceclasses", "DeviceClass", False)
DEVICE_CLAIMS: Final = Resource(DEVICES_GROUP, "v1", "resourceclaims", "ResourceClaim")
CLAIM_TEMPLATES: Final = Resource(
    DEVICES_GROUP, "v1", "resourceclaimtemplates", "ResourceClaimTemplate"
)
DEVICE_KINDS: Final = (DEVICE_SLICES, DEVICE_CLASSES, DEVICE_CLAIMS, CLAIM_TEMPLATES)
"""What dynamic resource allocation is told by; a cluster may serve another version, or none."""
CRDS: Final = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False
)

PREFIX: Final = "leaderworkerset.sigs.k8s.io/"

# Labels.
SET_NAME: Final = PREFIX + "name"
GROUP_INDEX: Final = PREFIX + "group-index"
WORKER_INDEX: Final = PREFIX + "worker-index"
GROUP_KEY: Final = PREFIX + "group-key"
REVISION: Final = PREFIX + "template-revision-hash"
SUBGROUP_INDEX: Final = PREFIX + "subgroup-index"
SUBGROUP_KEY: Final = PREFIX + "subgroup-key"
POD_ROLE: Final = PREFIX + "pod-role"
SET_NAME_X: Final = LWS_GROUP + "/name"
STS_POD_NAME: Final = "statefulset.kubernetes.io/pod-name"
POD_INDEX: Final = "apps.kubernetes.io/pod-index"
CONTROLLER_REVISION_HASH: Final = "controller-revision-hash"

# Annotations.
SIZE: Final = PREFIX + "size"
LEADER_NAME: Final = PREFIX + "leader-name"
EXCLUSIVE_TOPOLOGY: Final = PREFIX + "exclusive-topology"
SUBGROUP_EXCLUSIVE_TOPOLOGY: Final = PREFIX + "subgroup-exclusive-topology"
SUBGROUP_SIZE: Final = PREFIX + "subgroup-size"
SUBGROUP_POLICY_TYPE: Final = PREFIX + "subgroup-policy-type"
SUBDOMAIN_POLICY: Final = PREFIX + "subdomainPolicy"
LEADER_REQUESTS_TPUS: Final = PREFIX + "leader-requests-tpus"
RECREATE_AFTER_START: Final = PREFIX + "experimental-recreate-group-after-start"

# Ours, on the LeaderWorkerSet: the state of its rollout, written before acting on it.
ROLLOUT_RECORD: Final = "lwstui.dev/rollout"
# Ours, on an adopted pod: restarts of all its containers until then, which are no fault of its
# group (decimal).
RESTARTS_BASELINE: Final = "lwstui.dev/restarts-baseline"
# Ours, in both templates: a new value is a new revision, hence a rolling restart.
RESTARTED_AT: Final = "lwstui.dev/restarted-at"
# Ours, on the LeaderWorkerSet: groups that are left as they are, ``all`` or indexes with commas.
FROZEN: Final = "lwstui.dev/frozen"
# Ours, on the LeaderWorkerSet: the controller writes nothing for it; when and by whom, in words.
PAUSED: Final = "lwstui.dev/controller-paused"
CONTROLLER_LEASE: Final = "lwstui-controller"
FIELD_MANAGER: Final = "lwstui"

# Environment of every container; the second family is Kthena's, on demand.
LEADER_ADDRESS_ENV: Final = "LWS_LEADER_ADDRESS"
GROUP_SIZE_ENV: Final = "LWS_GROUP_SIZE"
WORKER_INDEX_ENV: Final = "LWS_WORKER_INDEX"
KTHENA_ENTRY_ADDRESS_ENV: Final = "ENTRY_ADDRESS"
KTHENA_GROUP_SIZE_ENV: Final = "GROUP_SIZE"
KTHENA_WORKER_INDEX_ENV: Final = "WORKER_INDEX"

_ORDINAL: Final = re.compile(r"^(.*)-([0-9]+)$")


def leader_name(set_name: str, group: int) -> str:
    """Return the leader pod's name of a group."""
    return f"{set_name}-{group}"


def worker_name(set_name: str, group: int, worker: int) -> str:
    """Return the name of worker ``worker`` (1 and up) of a group."""
    return f"{set_name}-{group}-{worker}"


def split_ordinal(name: str) -> tuple[str, int]:
    """Return (parent, ordinal) of an indexed name; ordinal is -1 if it has none.

    Source: the last run of digits after a dash, as the StatefulSet controller parses it.
    """
    match = _ORDINAL.match(name)
    return (match[1], int(match[2])) if match else (name, -1)


def group_key(namespace: str, leader: str) -> str:
    """Return the group's key: SHA-1 hex of ``namespace/leader``, 40 characters."""
    return hashlib.sha1(f"{namespace}/{leader}".encode(), usedforsecurity=False).hexdigest()


def subgroup_key(leader: str, subgroup: int | str) -> str:
    """Return a subgroup's key: SHA-1 hex of ``leader/subgroup``, 40 characters."""
    return hashlib.sha1(f"{leader}/{subgroup}".encode(), usedforsecurity=False).hexdigest()


def revision_name(set_name: str, key: str, number: int) -> str:
    """Return the name of the ControllerRevision with this key and revision number."""
    return f"{set_name[:220]}-{key}-{number}"
