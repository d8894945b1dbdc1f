"""How many requests engines are asked to serve, where a client has said it.

The annotation ``sandbox.lwstui.dev/load`` on a LeaderWorkerSet is a number of requests at a time
that its ready leaders share evenly; on a pod it is that pod's own.
"""

from lwstui.sandbox.kubelet import Kubelet
from lwstui.sandbox.network import is_ready
from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.podrecords import LWS, PodRecord
from lwstui.sandbox.scripts import PREFIX
from lwstui.sandbox.worklist import WorkList

ANNOTATION = f"{PREFIX}load"
SETS = "leaderworkersets.leaderworkerset.x-k8s.io"
_Ref = tuple[str, str]


def asked(obj: Json | None) -> float | None:
    """Return the requests at a time that an object asks for, None where it says nothing."""
    if obj is None:
        return None
    try:
        return max(0.0, float((obj["metadata"].get("annotations") or {})[ANNOTATION]))
    except (KeyError, ValueError):
        return None


class DemandSpreader:
    """Shares the demand on sets out to their leaders, whenever it or they change.

    Args:
        store: The cluster's objects.
        kubelet: Whose pods are told.
    """

    def __init__(self, store: Store, kubelet: Kubelet) -> None:
        self._store = store
        self._kubelet = kubelet
        self._sets: set[_Ref] = set()
        self._work = WorkList(self._spread)

    def start(self) -> None:
        """Follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for obj in self._store.items(SETS):
            self._take_set(obj, None)

    def stop(self) -> None:
        """Stop following; engines stay as busy as they are."""
        self._unsubscribe()
        self._work.clear()

    def _on_change(self, change: Change) -> None:
        if change.key == SETS:
            gone = change.type == "DELETED"
            self._take_set(change.object, change.old, gone=gone)
        elif change.key == "pods" and change.type != "DELETED":
            self._take_pod(change.object, change.old)

    def _take_set(self, obj: Json, old: Json | None, *, gone: bool = False) -> None:
        ref = (obj["metadata"]["namespace"], obj["metadata"]["name"])
        if gone:
            self._sets.discard(ref)
        elif asked(obj) != asked(old):
            self._sets.add(ref)
            self._work.add(ref)

    def _take_pod(self, pod: Json, old: Json | None) -> None:
        labels = pod["metadata"].get("labels") or {}
        ref = (pod["metadata"]["namespace"], labels.get(f"{LWS}name", ""))
        own = asked(pod)
        if own is not None or asked(old) is not None:
            self._tell(self._kubelet.record(pod["metadata"]["uid"]), own)
        if ref in self._sets and (old is None or is_ready(pod) != is_ready(old)):
            self._work.add(ref)

    def _spread(self, ref: _Ref) -> None:
        """Give each ready leader of a set its share, and the others nothing."""
        found = self._store.get(SETS, *ref)
        if found is None:
            return
        total = asked(found)
        leaders = [
            pod
            for pod in self._store.items("pods", ref[0])
            if is_leader_of(pod, ref[1]) and asked(pod) is None
        ]
        ready = [pod for pod in leaders if is_ready(pod)]
        for pod in leaders:
            share = None if total is None else total / len(ready) if is_ready(pod) else 0.0
            self._tell(self._kubelet.record(pod["metadata"]["uid"]), share)
        if total is None:
            self._sets.discard(ref)

    def _tell(self, record: PodRecord | None, share: float | None) -> None:
        if record is None:
            return
        last = record.demand[-1][1] if record.demand else None
        if share != last:
            record.demand.append((record.pod_time(self._store.clock.now()), share))


def is_leader_of(pod: Json, name: str) -> bool:
    """Tell whether a pod leads a group of the set with this name."""
    labels = pod["metadata"].get("labels") or {}
    return labels.get(f"{LWS}name") == name and labels.get(f"{LWS}worker-index") == "0"
