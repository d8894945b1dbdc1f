"""What becomes of an object whose deletion was asked for: what holds it, and for how long. Pure."""

from typing import Any

from lwstui.sandbox.ownership import FOREGROUND, ORPHAN, is_deleting

Json = dict[str, Any]

_DEFAULT_GRACE_S = 30


def outcome(key: str, changed: Json) -> str:
    """Return what a change comes to: a deleted object goes when nothing holds it any longer."""
    return "DELETED" if is_deleting(changed) and not held(key, changed) else "MODIFIED"


def held(key: str, obj: Json) -> bool:
    """Tell whether something holds an object: finalizers, or what is left of a pod's grace."""
    if obj["metadata"].get("finalizers"):
        return True
    if key == "pods":
        return bool(obj["metadata"].get("deletionGracePeriodSeconds"))
    return key == "namespaces" and bool(obj.get("spec", {}).get("finalizers"))


def set_finalizers(metadata: Json, propagation: str) -> None:
    """Set the finalizer of a propagation policy in place; an empty one leaves them as they are."""
    if not propagation:
        return
    wanted = {"Foreground": FOREGROUND, "Orphan": ORPHAN}.get(propagation)
    finalizers = [
        each
        for each in metadata.get("finalizers", ())
        if each == wanted or each not in (FOREGROUND, ORPHAN)
    ]
    if wanted and wanted not in finalizers:
        finalizers.append(wanted)
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers


def pod_grace_s(pod: Json, asked_s: int | None) -> int:
    """Return how long a pod may take to end; one without a node, or finished, goes at once."""
    spec = pod.get("spec", {})
    finished = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    if not spec.get("nodeName") or finished:
        return 0
    if asked_s is None:
        default_s: int = spec.get("terminationGracePeriodSeconds", _DEFAULT_GRACE_S)
        return default_s
    return max(asked_s, 0)
