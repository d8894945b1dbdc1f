"""Which rights what needs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controller.api.names import DEVICES_GROUP, LWS_GROUP
from lwstui.state.model import Snapshot
from lwstui.state.rights import Answer


@dataclass(frozen=True, slots=True)
class Need:
    """A right, and what it is for.

    Attributes:
        what: What one can do with it.
        verb: Such as ``patch``.
        resource: Plural name, with the subresource if there is one.
        group: API group, empty for the core group.
        namespaced: Whether it is given per namespace.
        actions: Ids of the actions that need it.
    """

    what: str
    verb: str
    resource: str
    group: str = ""
    namespaced: bool = True
    actions: tuple[str, ...] = ()


NEEDS: Final = (
    Need("see sets", "list", "leaderworkersets", LWS_GROUP),
    Need("see pods", "list", "pods"),
    Need("see nodes", "list", "nodes", namespaced=False),
    Need("see events", "list", "events", "events.k8s.io"),
    Need("count devices that claims hold", "list", "resourceclaims", DEVICES_GROUP),
    Need("count devices of drivers", "list", "resourceslices", DEVICES_GROUP, namespaced=False),
    Need("read logs", "get", "pods/log", actions=("set.logs", "group.logs", "pod.logs")),
    Need("scale", "patch", "leaderworkersets/scale", LWS_GROUP, actions=("set.scale",)),
    Need(
        "restart, set images, edit, pause, undo",
        "patch",
        "leaderworkersets",
        LWS_GROUP,
        actions=(
            "set.restart",
            "set.image",
            "set.edit",
            "set.edit-fields",
            "group.edit",
            "set.undo",
            "set.hold",
            "set.resume-rollout",
            "set.next-group",
            "controller.pause-set",
        ),
    ),
    Need("delete sets", "delete", "leaderworkersets", LWS_GROUP, actions=("set.delete",)),
    Need("create sets", "create", "leaderworkersets", LWS_GROUP),
    Need(
        "recreate groups, delete pods",
        "delete",
        "pods",
        actions=(
            "group.recreate",
            "pod.recreate",
            "group.delete",
            "group.kill",
            "pod.delete",
            "pod.kill",
        ),
    ),
    Need(
        "open shells, copy files",
        "create",
        "pods/exec",
        actions=("group.shell", "pod.shell", "pod.copy-files"),
    ),
    Need("attach", "create", "pods/attach", actions=("group.attach", "pod.attach")),
    Need("forward ports", "create", "pods/portforward"),
    Need("drain nodes", "create", "pods/eviction", actions=("node.drain",)),
    Need(
        "cordon nodes",
        "patch",
        "nodes",
        namespaced=False,
        actions=("node.cordon", "node.uncordon"),
    ),
    Need("delete nodes", "delete", "nodes", namespaced=False, actions=("node.delete",)),
)
"""Every right the console makes use of."""

_OF_ACTION: Final = {action: need for need in NEEDS for action in need.actions}


def answer(snapshot: Snapshot, need: Need, namespace: str) -> Answer:
    """Return whether a right is given in a namespace."""
    where = namespace if need.namespaced else ""
    return snapshot.cluster.rights.allowed(need.verb, need.resource, where, need.group)


def missing(snapshot: Snapshot, action: str, namespace: str) -> str:
    """Return ``not allowed: patch nodes`` if that is known of an action, else an empty text."""
    need = _OF_ACTION.get(action)
    if need is None or answer(snapshot, need, namespace) != "no":
        return ""
    where = f" in {namespace}" if need.namespaced and namespace else ""
    return f"not allowed: {need.verb} {need.resource}{where}"
