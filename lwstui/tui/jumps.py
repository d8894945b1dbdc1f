"""Where the jumps lead. Pure."""

from __future__ import annotations

from lwstui.state.model import Snapshot
from lwstui.tui import targets
from lwstui.tui.routes import NODES, Route, group_route, set_route
from lwstui.view.types import Ref


def owner(snapshot: Snapshot, ref: Ref | None) -> Route | None:
    """Return the group of a pod or the set of a group, None if there is none."""
    key = targets.set_key(snapshot, ref)
    if ref is None or key is None or ref.kind == "set":
        return None
    if ref.kind != "pod" or ref.group < 0:
        return set_route(key)
    return group_route(key, ref.group)


def node(snapshot: Snapshot, ref: Ref | None) -> Route | None:
    """Return the node of a pod or of a group's leader, None while there is none."""
    if ref is None:
        return None
    if ref.kind == "group":
        pod = targets.leader(snapshot, ref.key, ref.group)
    else:
        pod = snapshot.pods.get(ref.key) if ref.kind == "pod" else None
    if pod is None or not pod.node:
        return None
    return Route("nodes", Ref("pod", pod.namespace, pod.name, pod.group, pod.worker, pod.uid))


def nodes(snapshot: Snapshot, ref: Ref | None) -> Route:
    """Return the nodes that a group's or pod's pods are on.

    For a set and for the rest it is all nodes: the free ones matter, too. A set is asked about.
    """
    if ref is not None and ref.kind == "set":
        return Route("nodes", detail=str(ref.key))
    if ref is None or ref.kind not in ("group", "pod") or targets.set_key(snapshot, ref) is None:
        return NODES
    return Route("nodes", ref)
