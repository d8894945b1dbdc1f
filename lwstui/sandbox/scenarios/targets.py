"""Which pods and which node a step or a condition is about."""

from typing import Any

import msgspec

from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.scenarios.parts import Part, ScenarioError

_LWS = "leaderworkerset.sigs.k8s.io/"


class Target(Part, frozen=True, kw_only=True):
    """Pods: those of a set, narrowed by group and worker index, one by name, or some by labels."""

    namespace: str = "default"
    lws: str = msgspec.field(default="", name="set")
    group: int | None = None
    worker: int | None = None
    pod: str = ""
    selector: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an index without the set it belongs to."""
        if not self.lws and (self.group is not None or self.worker is not None):
            raise ValueError("group and worker need the set they belong to")

    @property
    def is_given(self) -> bool:
        """Tell whether anything is named."""
        return bool(self.lws or self.pod or self.selector)

    @property
    def text(self) -> str:
        """Return the target as a person would name it."""
        if self.pod:
            return f"pod {self.pod}"
        if not self.lws:
            return "pods with " + ",".join(f"{k}={v}" for k, v in self.selector.items())
        words = [f"set {self.lws}"]
        words += [f"group {self.group}"] if self.group is not None else []
        words += [f"worker {self.worker}"] if self.worker is not None else []
        return " ".join(words)

    def selects(self, pod: Json) -> bool:
        """Tell whether a pod is one of the target's."""
        meta = pod["metadata"]
        wanted = dict(self.selector)
        if self.lws:
            wanted[f"{_LWS}name"] = self.lws
        if self.group is not None:
            wanted[f"{_LWS}group-index"] = str(self.group)
        if self.worker is not None:
            wanted[f"{_LWS}worker-index"] = str(self.worker)
        if self.pod and meta["name"] != self.pod:
            return False
        return self.is_given and wanted.items() <= (meta.get("labels") or {}).items()

    def pods(self, store: Store) -> list[Json]:
        """Return the selected pods by name."""
        found = [pod for pod in store.items("pods", self.namespace) if self.selects(pod)]
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    def living(self, store: Store) -> list[Json]:
        """Return the selected pods that are not being deleted, by name.

        Raises:
            ScenarioError: There is none.
        """
        found = [pod for pod in self.pods(store) if "deletionTimestamp" not in pod["metadata"]]
        if not found:
            raise ScenarioError(f"there is no pod for {self.text} in namespace {self.namespace}")
        return found


class NodeTarget(Target, frozen=True, kw_only=True):
    """A node: by name, or that of a pod; without either the one a step named last."""

    node: str = ""

    def find(self, store: Store, last: str) -> str:
        """Return the node's name.

        Args:
            store: The cluster's objects.
            last: The node that a step named last, empty for none.

        Raises:
            ScenarioError: The node, or the pod it should be found by, does not exist.
        """
        name = self.node or last
        if not self.node and self.is_given:
            placed = [each["spec"].get("nodeName") for each in self.living(store)]
            name = next((str(each) for each in placed if each), "")
        if not name:
            raise ScenarioError("no node is named, and no pod on a node either")
        if store.get("nodes", "", name) is None:
            raise ScenarioError(f"there is no node {name}")
        return name


def main_container(pod: Json, name: str) -> str:
    """Return the container called ``name``, the first one without a name.

    Raises:
        ScenarioError: The pod has no such container.
    """
    names: list[Any] = [each["name"] for each in pod["spec"]["containers"]]
    if name and name not in names:
        raise ScenarioError(f"pod {pod['metadata']['name']} has no container {name}")
    return name or str(names[0])
