"""What an installation of the native controller consists of besides its sets. Pure.

Source: kubernetes-sigs/lws config/.
"""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

DEPLOYMENTS, LEASES = "deployments.apps", "leases.coordination.k8s.io"
NAMESPACE = "lws-system"
MANAGER = "lws-controller-manager"
LEASE = "b8b2488c.x-k8s.io"
LEASE_S = 15
LABELS = {"control-plane": "controller-manager", "app.kubernetes.io/name": "lws"}
_POD_SPEC: Json = {"containers": [{"name": "manager", "image": "registry.k8s.io/lws/lws:v0.10.0"}]}
_SERVICE = "lws-webhook-service"


def objects() -> Iterator[tuple[str, Json]]:
    """Yield the bodies to create, with the key of their kind, in order."""
    yield "namespaces", {"metadata": {"name": NAMESPACE}}
    template = {"metadata": {"labels": LABELS}, "spec": _POD_SPEC}
    yield (
        DEPLOYMENTS,
        {
            "metadata": {"name": MANAGER, "namespace": NAMESPACE, "labels": LABELS},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": LABELS},
                "template": template,
            },
        },
    )
    ports = [{"port": 443, "targetPort": 9443}]
    yield (
        "services",
        {
            "metadata": {"name": _SERVICE, "namespace": NAMESPACE},
            "spec": {"selector": LABELS, "ports": ports},
        },
    )
    for kind, letter in (("mutating", "m"), ("validating", "v")):
        yield (
            f"{kind}webhookconfigurations.admissionregistration.k8s.io",
            {
                "metadata": {"name": f"lws-{kind}-webhook-configuration"},
                "webhooks": list(_webhooks(kind.removesuffix("ing") + "e", letter)),
            },
        )


def manager_pod(deployment: Json, number: int) -> Json:
    """Return a pod of the controller's Deployment."""
    meta = deployment["metadata"]
    owner = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {
        "metadata": {
            "name": f"{meta['name']}-{number}",
            "namespace": NAMESPACE,
            "labels": LABELS,
            "ownerReferences": [owner],
        },
        "spec": _POD_SPEC,
    }


def lease(holder: str, renewed: str) -> Json:
    """Return the Lease of the controller that leads."""
    return {
        "metadata": {"name": LEASE, "namespace": NAMESPACE},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": LEASE_S,
            "acquireTime": renewed,
            "renewTime": renewed,
            "leaseTransitions": 0,
        },
    }


def _webhooks(verb: str, letter: str) -> Iterator[Json]:
    for name, group in (("leaderworkerset", "leaderworkerset.x-k8s.io"), ("pod", "")):
        path = f"/{verb}-{group.replace('.', '-')}-v1-{name}"
        yield {
            "name": f"{letter}{name}.kb.io",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "clientConfig": {
                "service": {"name": _SERVICE, "namespace": NAMESPACE, "path": path},
            },
            "rules": [
                {
                    "apiGroups": [group],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE", "UPDATE"],
                    "resources": [f"{name}s"],
                }
            ],
        }
