"""Steps that act on nodes: lost, drained, a GPU off its bus."""

from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.devicefaults import bus_address
from lwstui.sandbox.disruptions import grant, mark_disrupted
from lwstui.sandbox.objects import Json, StatusError
from lwstui.sandbox.scenarios.actions import Action
from lwstui.sandbox.scenarios.parts import ScenarioError
from lwstui.sandbox.scenarios.stage import Stage
from lwstui.sandbox.scenarios.targets import NodeTarget

_CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
# As kubectl drain tries again what a budget refuses.
_AGAIN_S = 5.0
_GPU_WORDS = (
    "RuntimeError: CUDA error: unspecified launch failure (device {index})",
    "NVRM: Xid (PCI:{address}): {xid}, GPU has fallen off the bus.",
    "Engine core died: CUDA device {index} is lost",
)


class NodeAction(NodeTarget, Action, frozen=True, kw_only=True):
    """An action on one node."""

    def perform(self, stage: Stage) -> str:
        """Find the node and act on it."""
        stage.node = self.find(stage.store, stage.node)
        return self.act(stage, stage.node)

    def act(self, stage: Stage, node: str) -> str:
        """Act on the node and return what was done, in words."""
        raise NotImplementedError


class NodeDown(NodeAction, frozen=True, kw_only=True):
    """Silence a node as when it lost its power: unreachable after 50 s."""

    WORD = "node-down"

    def act(self, stage: Stage, node: str) -> str:
        """Silence the node."""
        stage.behaviour.node_health.cut_off(node)
        stage.on_heal(f"node/{node}", lambda: stage.behaviour.node_health.restore(node))
        return f"node {node} goes silent"


class NodeNotReady(NodeAction, frozen=True, kw_only=True):
    """Have the kubelet report that it cannot run pods: not ready at once."""

    WORD = "node-not-ready"
    reason: str = "KubeletNotReady"
    message: str = "container runtime is down"

    def act(self, stage: Stage, node: str) -> str:
        """Disable the node."""
        stage.behaviour.node_health.disable(node, self.reason, self.message)
        stage.on_heal(f"node/{node}", lambda: stage.behaviour.node_health.restore(node))
        return f"node {node} is not ready: {self.message}"


class NodeReady(NodeAction, frozen=True, kw_only=True):
    """Bring a node back."""

    WORD = "node-ready"

    def act(self, stage: Stage, node: str) -> str:
        """Restore the node."""
        if not stage.heal(f"node/{node}"):
            stage.behaviour.node_health.restore(node)
        return f"node {node} is back"


class DrainNode(NodeAction, frozen=True, kw_only=True):
    """Cordon a node and evict its pods as their budgets allow, like ``kubectl drain`` does."""

    WORD = "drain-node"

    def act(self, stage: Stage, node: str) -> str:
        """Cordon the node and evict."""
        _cordon(stage, node, on=True)
        stage.on_heal(f"cordon/{node}", lambda: _cordon(stage, node, on=False))
        evicted, kept = _evict(stage, node)
        waits = f", {kept} kept by their budgets, tried again every {_AGAIN_S:g} s" if kept else ""
        return f"drain node {node}: {evicted} pods evicted{waits}"


class UncordonNode(NodeAction, frozen=True, kw_only=True):
    """Let pods be scheduled to a node again."""

    WORD = "uncordon-node"

    def act(self, stage: Stage, node: str) -> str:
        """Uncordon the node."""
        _cordon(stage, node, on=False)
        return f"uncordon node {node}"


class GpuLost(NodeAction, frozen=True, kw_only=True):
    """Have a GPU fall off the bus: allocatable drops, and what used it fails."""

    WORD = "gpu-lost"
    device: int = 0
    xid: int = 79

    def act(self, stage: Stage, node: str) -> str:
        """Lose the device."""
        facts = {"index": self.device, "xid": self.xid, "address": bus_address(self.device)}
        words = tuple(each.format(**facts) for each in _GPU_WORDS)
        devices = stage.behaviour.device_faults
        try:
            loss = devices.lose(node, self.device, self.xid, words)
        except LookupError as error:
            raise ScenarioError(str(error)) from error
        stage.on_heal(f"gpu/{node}", lambda: _put_back(stage, node))
        held = f", used by pod {loss.pod}" if loss.pod else ""
        return f"XID {self.xid}: GPU {self.device} of node {node} is lost{held}"


class GpuBack(NodeAction, frozen=True, kw_only=True):
    """Put a node's lost GPUs back, as a reset of the host does."""

    WORD = "gpu-back"

    def act(self, stage: Stage, node: str) -> str:
        """Put the devices back."""
        stage.heal(f"gpu/{node}")
        return f"the GPUs of node {node} are back"


def _put_back(stage: Stage, node: str) -> None:
    stage.behaviour.device_faults.restore(node)


def _evict(stage: Stage, node: str) -> tuple[int, int]:
    """Evict what budgets let go, try the rest again later; return how many went and stayed."""
    evicted = kept = 0
    for pod in stage.store.items("pods"):
        meta = pod["metadata"]
        if pod["spec"].get("nodeName") != node or _is_daemon(pod) or "deletionTimestamp" in meta:
            continue
        try:
            grant(stage.store, pod, dry_run=False)
        except StatusError:
            kept += 1
            continue
        mark_disrupted(stage.store, pod)
        stage.store.delete("pods", meta["namespace"], meta["name"], uid=meta["uid"])
        evicted += 1
    if kept:
        stage.later(_AGAIN_S, lambda: _evict(stage, node), f"cordon/{node}")
    return evicted, kept


def _is_daemon(pod: Json) -> bool:
    owners = pod["metadata"].get("ownerReferences") or ()
    return any(owner.get("kind") in ("DaemonSet", "Node") for owner in owners)


def _cordon(stage: Stage, node: str, *, on: bool) -> None:
    if stage.store.get("nodes", "", node) is None:
        return
    now = rfc3339(stage.store.clock.now())

    def change(target: Json) -> None:
        spec = target["spec"]
        kept = [each for each in spec.get("taints") or () if each.get("key") != _CORDON["key"]]
        spec.pop("unschedulable", None)
        if on:
            spec["unschedulable"] = True
            kept.append({**_CORDON, "timeAdded": now})
        spec.pop("taints", None)
        if kept:
            spec["taints"] = kept

    stage.store.update("nodes", "", node, change)
