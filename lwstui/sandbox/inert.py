"""What is stored and served while nothing acts on it; who makes it is told."""

from lwstui.sandbox.objects import Json

_NO_CONTROLLER = "the sandbox stores it and makes no pods from it: no such controller runs"
_NOT_ENFORCED = "the sandbox stores it and does not enforce it"
_NOT_ROUTED = "the sandbox stores it and routes nothing by it"
_NOT_CALLED = "the sandbox stores it and never calls it"
_WARNINGS = {
    "replicationcontrollers": _NO_CONTROLLER,
    "daemonsets.apps": _NO_CONTROLLER,
    "deployments.apps": _NO_CONTROLLER,
    "replicasets.apps": _NO_CONTROLLER,
    "statefulsets.apps": _NO_CONTROLLER,
    "cronjobs.batch": _NO_CONTROLLER,
    "jobs.batch": _NO_CONTROLLER,
    "limitranges": _NOT_ENFORCED,
    "resourcequotas": _NOT_ENFORCED,
    "networkpolicies.networking.k8s.io": _NOT_ENFORCED,
    "flowschemas.flowcontrol.apiserver.k8s.io": _NOT_ENFORCED,
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": _NOT_ENFORCED,
    "mutatingadmissionpolicies.admissionregistration.k8s.io": _NOT_ENFORCED,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": _NOT_ENFORCED,
    "validatingadmissionpolicies.admissionregistration.k8s.io": _NOT_ENFORCED,
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": _NOT_ENFORCED,
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _NOT_CALLED,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _NOT_CALLED,
    "apiservices.apiregistration.k8s.io": _NOT_CALLED,
    "ingresses.networking.k8s.io": _NOT_ROUTED,
}
_UNSCHEDULED = ("topologySpreadConstraints", "resourceClaims")


def creation_warnings(key: str, obj: Json) -> list[str]:
    """Return what the maker of an object should know; nothing for what is acted on.

    Args:
        key: Resource key.
        obj: The object as stored.
    """
    if key in _WARNINGS:
        return [_WARNINGS[key]]
    spec = obj.get("spec") or {}
    if key == "pods":
        ignored = [f"spec.{name}" for name in _UNSCHEDULED if spec.get(name)]
        return [f"the sandbox's scheduler does not look at {name}" for name in ignored]
    if key == "services" and spec.get("type") == "LoadBalancer":
        return ["the sandbox assigns no address to load balancers"]
    return []
