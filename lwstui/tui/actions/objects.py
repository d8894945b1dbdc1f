"""Actions on what is selected: a set, a group, a pod, a node."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lwstui.tui.actions.spec import ActionSpec, Scope


def _verb(
    scope: Scope, name: str, title: str, text: str, key: str, *, at: int = 0, danger: int = 0
) -> ActionSpec:
    return ActionSpec(f"{scope}.{name}", title, text, (key,), scope, danger, priority=at)


def _reading(scope: Scope, what: str) -> Iterator[ActionSpec]:
    yield _verb(scope, "why", "Why", f"What is wrong with {what}, and what may help.", "w", at=12)
    yield _verb(scope, "describe", "Describe", f"Describe {what}.", "d", at=65)
    yield _verb(scope, "yaml", "YAML", f"YAML of {what}.", "y", at=70)


def _copying(scope: Scope) -> Iterator[ActionSpec]:
    yield _verb(scope, "copy-name", "Copy name", "Copy its name, or all marked ones.", "c")
    yield _verb(scope, "copy-namespace", "Copy namespace", "Copy its namespace.", "n")


def of_set() -> Iterator[ActionSpec]:
    """Yield what can be done with a set."""
    verb = partial(_verb, "set")
    yield verb("open", "Open", "Groups of the set as a map and as a list.", "enter", at=5)
    yield verb("logs", "Logs", "Logs of all leaders, merged by time.", "l", at=10)
    yield verb("rollout", "Rollout", "How far the rollout is, and why it waits.", "z", at=15)
    yield verb("diff", "Diff", "This revision against the one before.", "D")
    yield verb("all-logs", "All logs", "Logs of all leaders and workers, merged.", "L", at=72)
    yield verb("scale", "Scale", "Change the number of groups.", "s", at=20, danger=2)
    yield verb("restart", "Restart", "Recreate all groups, rolling.", "r", at=25, danger=3)
    yield verb("image", "Image", "Set container images, rolling.", "i", at=30, danger=2)
    yield verb("edit", "Edit", "Edit the set in your editor.", "e", at=45, danger=2)
    yield verb("edit-fields", "Fields", "Edit common fields of the set by form.", "I", danger=2)
    yield verb("undo", "Undo", "Go back to the revision before.", "ctrl+l", danger=3)
    yield verb("hold", "Hold", "Hold the rollout where it is.", "<", danger=1)
    yield verb("resume-rollout", "Resume", "Let a held or paused rollout go on.", ">", danger=3)
    yield verb("next-group", "Next group", "Let one more group be updated.", ".", danger=2)
    yield verb("delete", "Delete", "Delete the set and all its groups.", "ctrl+d", danger=4)
    yield verb("nodes", "GPUs", "Nodes and their accelerators.", "m", at=35)
    yield verb("placement", "Placement", "Groups against topology domains.", "t", at=40)
    yield verb("previous-logs", "Previous logs", "Logs of the previous runs.", "p", at=74)
    yield from _reading("set", "the set")
    yield from _copying("set")


def of_group() -> Iterator[ActionSpec]:
    """Yield what can be done with a group."""
    verb = partial(_verb, "group")
    yield verb("open", "Group", "How far the group's pods got, and why.", "enter", at=5)
    yield verb("logs", "Logs", "Logs of leader and workers, merged by time.", "l", at=10)
    yield verb(
        "recreate", "Recreate group", "Delete the leader and its workers.", "r", at=25, danger=3
    )
    yield verb("rollout", "Rollout", "The rollout of the group's set.", "z", at=15)
    yield verb("owner", "Set", "Go to the set of the group.", "J")
    yield verb("node", "Node", "Go to the node of the group's leader.", "o", at=50)
    yield verb("nodes", "Nodes", "The nodes that the group's pods are on.", "m", at=52)
    yield verb("edit", "Edit set", "Edit the group's set in your editor.", "e", danger=2)
    yield verb("shell", "Shell", "A shell in the leader.", "s", at=30, danger=2)
    yield verb("attach", "Attach", "Attach to the leader's main process.", "a", danger=2)
    yield verb("forward", "Forward", "Lead a port of this machine to the leader.", "F", at=32)
    yield verb("forwards", "Forwards", "The open port-forwards.", "f")
    yield verb("placement", "Placement", "Groups against topology domains.", "t", at=40)
    yield verb(
        "delete", "Delete leader", "Delete the leader: recreates the group.", "ctrl+d", danger=3
    )
    yield verb(
        "kill",
        "Kill",
        "Delete pods of it that do not end, without grace.",
        "ctrl+k",
        danger=3,
    )
    yield verb("diff", "Diff", "The set's revision against the one before.", "D")
    yield from _reading("group", "the group's leader")
    yield from _copying("group")


def of_pod() -> Iterator[ActionSpec]:
    """Yield what can be done with a pod."""
    verb = partial(_verb, "pod")
    yield verb(
        "open", "Containers", "Containers, conditions and volumes of the pod.", "enter", at=5
    )
    yield verb("logs", "Logs", "Logs of the pod.", "l", at=10)
    yield verb("previous-logs", "Previous logs", "Logs of the previous run.", "p", at=20)
    yield verb("recreate", "Recreate group", "Recreate the pod's group.", "r", at=25, danger=3)
    yield verb("rollout", "Rollout", "The rollout of the pod's set.", "z", at=28)
    yield verb("owner", "Group", "Go to the group of the pod.", "J")
    yield verb("node", "Node", "Go to the node of the pod.", "o", at=50)
    yield verb("nodes", "Nodes", "The node that the pod is on.", "m")
    yield verb("shell", "Shell", "A shell in the pod.", "s", at=15, danger=2)
    yield verb("attach", "Attach", "Attach to the pod's main process.", "a", danger=2)
    yield verb("forward", "Forward", "Lead a port of this machine to the pod.", "F", at=32)
    yield verb("forwards", "Forwards", "The open port-forwards.", "f")
    yield verb("copy-files", "Copy files", "Copy files to or from the pod.", "t", at=34)
    yield verb("delete", "Delete", "Delete the pod; says what goes with it.", "ctrl+d", danger=3)
    yield verb("kill", "Kill", "Delete the pod at once, without grace.", "ctrl+k", danger=3)
    yield from _reading("pod", "the pod")
    yield from _copying("pod")


def of_node() -> Iterator[ActionSpec]:
    """Yield what can be done with a node."""
    yield _verb("node", "open", "Pods", "Pods on the node.", "enter", at=5)
    yield _verb("node", "topology", "Topology", "Group by the next topology key.", "t", at=40)
    verb = partial(_verb, "node")
    yield verb("metric", "Metric", "Shade the map by the next metric.", "m", at=38)
    yield verb("idle", "Idle", "Devices that are held and do nothing.", "i", at=42)
    yield verb("cordon", "Cordon", "Let no new pod onto the node.", "c", at=20, danger=1)
    yield verb("uncordon", "Uncordon", "Let new pods onto the node again.", "u", at=22, danger=1)
    yield verb("drain", "Drain", "Cordon and evict all pods, or stop that.", "r", at=25, danger=3)
    yield verb("edit", "Edit", "Edit the node in your editor.", "e", at=45, danger=2)
    yield verb("delete", "Delete", "Delete the Node object.", "ctrl+d", danger=3)
    yield from _reading("node", "the node")
