"""Defaults and checks of built-in kinds, applied to every write before it is stored."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

from lwstui.sandbox import status
from lwstui.sandbox.containerrules import required
from lwstui.sandbox.crds import CRD_KEY, admit_crd
from lwstui.sandbox.ephemeral import creation_causes
from lwstui.sandbox.fixedfields import role_causes, selector_causes
from lwstui.sandbox.objects import Json
from lwstui.sandbox.poddefaults import default_pod, default_pod_spec
from lwstui.sandbox.podrules import pod_spec_causes, pod_update_causes
from lwstui.sandbox.schema import shown
from lwstui.sandbox.services import default_service, keep_addresses, service_causes
from lwstui.sandbox.status import Cause
from lwstui.sandbox.valuerules import (
    budget_causes,
    config_map_causes,
    priority_class_causes,
    secret_causes,
)
from lwstui.sandbox.workloaddefaults import default_workload

CLAIM_PROTECTION = "kubernetes.io/pvc-protection"
_LASTING_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})
_TEMPLATE_OWNERS = frozenset(
    {"deployments.apps", "statefulsets.apps", "replicasets.apps", "daemonsets.apps", "jobs.batch"}
)


def admit(key: str, new: Json, old: Json | None) -> None:
    """Fill in the defaults of a built-in object in place.

    Args:
        key: Resource key.
        new: The object about to be stored, with the fields of before that it may not change.
        old: The stored object, None for a create.
    """
    if key in _DEFAULTS:
        _DEFAULTS[key](new, old)
    default_workload(key, new)
    if key == CRD_KEY:
        admit_crd(new)


def causes(key: str, new: Json, old: Json | None) -> Iterator[Cause]:
    """Yield what is wrong with a built-in object."""
    if key in _CHECKS:
        yield from _CHECKS[key](new, old)
    if key in _TEMPLATE_OWNERS:
        template = new.get("spec", {}).get("template") or {}
        yield from pod_spec_causes(template.get("spec") or {}, "spec.template.spec")


def check_namespace(namespace: Json | None, name: str, key: str, created: str) -> None:
    """Refuse to create an object in a namespace that is absent or going.

    Args:
        namespace: The namespace, None when there is none.
        name: Its name.
        key: Resource key of the object.
        created: The object's name.

    Raises:
        StatusError: 404 or 403.
    """
    if namespace is None:
        raise status.not_found("namespaces", name)
    if "deletionTimestamp" in namespace["metadata"]:
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {name} is being terminated",
            "field": "metadata.namespace",
        }
        why = f"unable to create new content in namespace {name} because it is being terminated"
        raise status.forbidden(key, created, why, causes=[cause])


def check_deletable(key: str, name: str) -> None:
    """Refuse to delete a namespace that a cluster cannot be without.

    Raises:
        StatusError: 403.
    """
    if key == "namespaces" and name in _LASTING_NAMESPACES:
        raise status.forbidden(key, name, "this namespace may not be deleted")


def _pod(new: Json, old: Json | None) -> None:
    new.setdefault("spec", {})
    if old is None:
        default_pod(new)
    elif new["spec"] != old["spec"]:
        default_pod_spec(new["spec"])


def _pod_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    if old is None:
        yield from creation_causes(new)
        yield from pod_spec_causes(new["spec"])
    else:
        yield from pod_update_causes(new, old)


def _service(new: Json, old: Json | None) -> None:
    new.setdefault("spec", {})
    if old is None:
        default_service(new)
    else:
        keep_addresses(new, old)


def _namespace(new: Json, old: Json | None) -> None:
    metadata = new["metadata"]
    metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = metadata.get("name", "")
    if old is None:
        new["spec"] = {"finalizers": ["kubernetes"]}
        new["status"] = {"phase": "Active"}


def _claim(new: Json, old: Json | None) -> None:
    new.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
    if old is None:
        new["status"] = {"phase": "Pending"}
        finalizers = new["metadata"].setdefault("finalizers", [])
        if CLAIM_PROTECTION not in finalizers:
            finalizers.append(CLAIM_PROTECTION)


def _secret(new: Json, _: Json | None) -> None:
    new.setdefault("type", "Opaque")
    plain = new.pop("stringData", None) or {}
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in plain.items()}
    if encoded:
        new["data"] = {**(new.get("data") or {}), **encoded}


def _node(new: Json, old: Json | None) -> None:
    new.setdefault("spec", {})
    if old is None:
        new.setdefault("status", {})


def _autoscaler(new: Json, _: Json | None) -> None:
    spec = new.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _claim_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    spec = new["spec"]
    if not spec.get("accessModes"):
        yield required("spec.accessModes")
    if not ((spec.get("resources") or {}).get("requests") or {}).get("storage"):
        yield required("spec.resources[storage]")
    if old is not None and _fixed_claim(spec) != _fixed_claim(old["spec"]):
        message = (
            "Forbidden: spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims"
        )
        yield Cause("spec", message, "FieldValueForbidden")


def _fixed_claim(spec: Json) -> Json:
    free = ("resources", "volumeAttributesClassName", "volumeName")
    return {name: value for name, value in spec.items() if name not in free}


def _event_causes(new: Json, _: Json | None) -> Iterator[Cause]:
    namespace = (new.get("involvedObject") or {}).get("namespace", "")
    if namespace and namespace != new["metadata"].get("namespace"):
        message = f"Invalid value: {shown(namespace)}: does not match event.namespace"
        yield Cause("involvedObject.namespace", message)


def _lease_causes(new: Json, _: Json | None) -> Iterator[Cause]:
    duration_s = (new.get("spec") or {}).get("leaseDurationSeconds")
    if duration_s is not None and duration_s <= 0:
        message = f"Invalid value: {duration_s}: must be greater than 0"
        yield Cause("spec.leaseDurationSeconds", message)


def _revision_causes(new: Json, old: Json | None) -> Iterator[Cause]:
    if old is not None and new.get("data") != old.get("data"):
        yield Cause("data", "Invalid value: {}: field is immutable")


_Default = Callable[[Json, Json | None], None]
_Check = Callable[[Json, Json | None], Iterator[Cause]]

_DEFAULTS: dict[str, _Default] = {
    "pods": _pod,
    "services": _service,
    "namespaces": _namespace,
    "persistentvolumeclaims": _claim,
    "secrets": _secret,
    "nodes": _node,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
}
_CHECKS: dict[str, _Check] = {
    "pods": _pod_causes,
    "services": service_causes,
    "configmaps": config_map_causes,
    "secrets": secret_causes,
    "poddisruptionbudgets.policy": budget_causes,
    "priorityclasses.scheduling.k8s.io": priority_class_causes,
    "deployments.apps": selector_causes,
    "replicasets.apps": selector_causes,
    "daemonsets.apps": selector_causes,
    "statefulsets.apps": selector_causes,
    "rolebindings.rbac.authorization.k8s.io": role_causes,
    "clusterrolebindings.rbac.authorization.k8s.io": role_causes,
    "events": _event_causes,
    "leases.coordination.k8s.io": _lease_causes,
    "persistentvolumeclaims": _claim_causes,
    "controllerrevisions.apps": _revision_causes,
}


def with_fixed_fields(new: Json, old: Json) -> Json:
    """Return an update with the metadata that only the server sets taken from the stored object."""
    metadata: dict[str, Any] = dict(new["metadata"])
    for name in (
        "uid",
        "name",
        "namespace",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "generateName",
        "resourceVersion",
    ):
        metadata.pop(name, None)
        if name in old["metadata"]:
            metadata[name] = old["metadata"][name]
    return {**new, "apiVersion": old["apiVersion"], "kind": old["kind"], "metadata": metadata}
