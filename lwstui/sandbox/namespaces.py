"""Small controllers: namespaces, and pods of nodes that are gone."""

from lwstui.sandbox.objects import Change, Json, Store
from lwstui.sandbox.recorder import Recorder
from lwstui.sandbox.worklist import WorkList


class NamespaceController:
    """Gives namespaces their default service account, and empties those that are being deleted.

    Args:
        store: The cluster's objects.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._work = WorkList(self._look)

    def start(self) -> None:
        """Take in the namespaces that are there and follow the store; needs a running loop."""
        self._unsubscribe = self._store.subscribe(self._on_change)
        for namespace in self._store.items("namespaces"):
            self._work.add(namespace["metadata"]["name"])

    def stop(self) -> None:
        """Stop following the store."""
        self._unsubscribe()
        self._work.clear()

    def _on_change(self, change: Change) -> None:
        meta = change.object["metadata"]
        if change.key == "namespaces" and change.type != "DELETED":
            self._work.add(meta["name"])
        elif change.type == "DELETED" and meta.get("namespace"):
            namespace = self._store.get("namespaces", "", meta["namespace"])
            recreates = change.key == "serviceaccounts" and meta["name"] == "default"
            if namespace is not None and (recreates or _is_terminating(namespace)):
                self._work.add(meta["namespace"])

    def _look(self, name: str) -> None:
        namespace = self._store.get("namespaces", "", name)
        if namespace is None:
            return
        if _is_terminating(namespace):
            self._empty(name)
        elif self._store.get("serviceaccounts", name, "default") is None:
            account = {"metadata": {"name": "default", "namespace": name}}
            self._store.create("serviceaccounts", account)

    def _empty(self, name: str) -> None:
        """Delete what is left in a namespace, and the namespace itself when nothing is."""
        left = False
        for kind in self._store.kinds():
            if not kind.namespaced:
                continue
            for obj in self._store.items(kind.key, name):
                meta = obj["metadata"]
                gone = False
                if "deletionTimestamp" not in meta:
                    _, gone = self._store.delete(kind.key, name, meta["name"], uid=meta["uid"])
                left = left or not gone
        if not left:
            self._store.update("namespaces", "", name, _finalize, subresource="finalize")


def _is_terminating(namespace: Json) -> bool:
    return "deletionTimestamp" in namespace["metadata"]


def _finalize(namespace: Json) -> None:
    namespace["spec"] = {}


class PodCollector:
    """Deletes the pods of nodes that are no longer there.

    Args:
        store: The cluster's objects.
        recorder: Takes the node controller's events.
    """

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder

    def start(self) -> None:
        """Follow the store."""
        self._unsubscribe = self._store.subscribe(self._on_change)

    def stop(self) -> None:
        """Stop following the store."""
        self._unsubscribe()

    def _on_change(self, change: Change) -> None:
        if change.key != "nodes" or change.type != "DELETED":
            return
        name = change.object["metadata"]["name"]
        self._recorder.component(
            "node-controller",
            change.object,
            "RemovingNode",
            f"Node {name} event: Removing Node {name} from Controller",
        )
        for pod in self._store.items("pods"):
            if pod["spec"].get("nodeName") == name:
                meta = pod["metadata"]
                self._store.delete(
                    "pods", meta["namespace"], meta["name"], propagation="", grace_s=0
                )
