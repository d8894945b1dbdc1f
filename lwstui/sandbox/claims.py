"""Volume claims: which a pod uses, and kept while one does."""

from collections.abc import Mapping
from typing import Any

from lwstui.sandbox.admission import CLAIM_PROTECTION
from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.worklist import WorkList

_CLAIMS = "persistentvolumeclaims"
_FINISHED = ("Succeeded", "Failed")


def claim_names(pod: Mapping[str, Any]) -> list[str]:
    """Return the names of the volume claims a pod mounts."""
    return [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in pod["spec"].get("volumes") or ()
        if volume.get("persistentVolumeClaim")
    ]


class ClaimProtector:
    """Lets a claim that is being deleted go when no pod uses it any more.

    Source: behaviour of kubernetes pkg/controller/volume/pvcprotection, not its code.

    Args:
        store: The cluster's objects.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._work = WorkList(self._look)

    def start(self) -> None:
        """Take in what the store holds and follow it; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for claim in self._store.items(_CLAIMS):
            self._work.add((claim["metadata"]["namespace"], claim["metadata"]["name"]))

    def stop(self) -> None:
        """Stop following the store."""
        self._unsubscribe()
        self._work.clear()

    def _on_change(self, change: Change) -> None:
        namespace = change.object["metadata"].get("namespace", "")
        if change.key == _CLAIMS and change.type != "DELETED":
            self._work.add((namespace, change.object["metadata"]["name"]))
        elif change.key == "pods" and not _uses_claims(change.object, change.type):
            for name in claim_names(change.object):
                self._work.add((namespace, name))

    def _look(self, ref: tuple[str, str]) -> None:
        claim = self._store.get(_CLAIMS, *ref)
        if claim is None or "deletionTimestamp" not in claim["metadata"]:
            return
        if CLAIM_PROTECTION in claim["metadata"].get("finalizers", ()) and not self._in_use(*ref):
            self._store.update(_CLAIMS, *ref, _unprotect)

    def _in_use(self, namespace: str, name: str) -> bool:
        return any(
            name in claim_names(pod) and _uses_claims(pod)
            for pod in self._store.items("pods", namespace)
        )


def _uses_claims(pod: Json, event: str = "") -> bool:
    """Tell whether a pod still keeps its claims: it exists and has not finished."""
    return event != "DELETED" and (pod.get("status") or {}).get("phase") not in _FINISHED


def _unprotect(claim: Json) -> None:
    kept = [each for each in claim["metadata"]["finalizers"] if each != CLAIM_PROTECTION]
    claim["metadata"].pop("finalizers")
    if kept:
        claim["metadata"]["finalizers"] = kept
