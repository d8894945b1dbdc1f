"""What a dialog says before a node is cordoned, drained or deleted."""

from __future__ import annotations

from typing import Any, Final

from controller.api.core import Node
from lwstui.state.intents import Cordon, DeleteNode, Drain
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.drain import DrainImpact, GroupLoss, SetLoss, drain_impact
from lwstui.view.fit import blocked
from lwstui.view.impact_parts import Builder, Facts, kubectl_command
from lwstui.view.phrases import group_runs
from lwstui.view.types import Impact, Line, Span, Toll

_MOST_SETS: Final = 6


def _node(snapshot: Snapshot, intent: Any) -> tuple[Node | None, str]:
    """Return the node of an intent, or why it is not the one it was about."""
    name = intent.target.name
    node = snapshot.nodes.get(name)
    if node is None:
        return None, f"node {name} is gone"
    if intent.uid and node.uid and node.uid != intent.uid:
        return None, f"node {name} was deleted and registered again meanwhile"
    return node, ""


def _cordon(snapshot: Snapshot, intent: Any, now: float) -> Impact:
    del now
    node, refused = _node(snapshot, intent)
    word = "cordon" if intent.on else "uncordon"
    title = word.upper()
    if node is not None and node.unschedulable == intent.on:
        refused = f"node {node.name} is {'cordoned' if intent.on else 'open'} already"
    if node is None or refused:
        return Impact(title, "", (), refused=refused, level=1)
    held = len(snapshot.node_pods.get(node.name, ()))
    what = (
        (
            f"No new pod is placed on {node.name}; {count(held, 'pod')} on it "
            f"{'goes' if held == 1 else 'go'} on.",
            "A group that is recreated meanwhile has to find room elsewhere.",
        )
        if intent.on
        else (f"New pods may be placed on {node.name} again.",)
    )
    kubectl = kubectl_command(intent.target, word, node.name)
    return Impact(title, f"node {node.name}", what, (), kubectl, level=1)


def _drain(snapshot: Snapshot, intent: Any, now: float) -> Impact:
    node, refused = _node(snapshot, intent)
    if node is None:
        return Impact("", "", (), refused=refused)
    found = drain_impact(snapshot, node.name, now)
    what = [f"Cordons {node.name}, then evicts its pods until none is left; it can be stopped."]
    what += loss_texts(found)
    if any(group.whole for one in found.sets for group in one.groups):
        what.append(
            "One pod of each such group is evicted, the leader first: the rest goes with it, "
            "also from other nodes, and the group is made again once."
        )
    what.append("Pods of daemon sets and of the node itself stay, as with kubectl.")
    kubectl = kubectl_command(
        intent.target, "drain", node.name, "--ignore-daemonsets", "--delete-emptydir-data"
    )
    return _hurting(node, what, found, kubectl)


def _hurting(node: Node, what: list[str], found: DrainImpact, kubectl: str) -> Impact:
    devices = sum(one.devices for one in found.sets)
    toll = Toll(found.groups, found.pods, devices)
    facts = drain_facts(found)
    return Impact("", f"node {node.name}", tuple(what), facts, kubectl, level=3, toll=toll)


def loss_lines(found: DrainImpact) -> tuple[Line, ...]:
    """Return what a drain costs, one line per set; what stops serving stands out."""
    lines: list[Line] = [(Span(text),) for text in loss_texts(found)]
    if found.others:
        lines.append((Span(f"{count(len(found.others), 'other pod')} with accelerators.", "dim"),))
    if found.stops:
        lines.append((Span(f"stops serving: {', '.join(map(str, found.stops))}", "bad"),))
    return tuple(lines)


def loss_texts(found: DrainImpact) -> list[str]:
    """Return what a drain costs, a sentence for each of the first sets."""
    if not found.sets:
        return ["No group of a set has a pod on it."]
    said = [_loss(one) for one in found.sets[:_MOST_SETS]]
    more = len(found.sets) - _MOST_SETS
    return [*said, *([f"and groups of {count(more, 'more set')}"] if more > 0 else [])]


def _loss(one: SetLoss) -> str:
    groups = group_runs([group.index for group in one.groups])
    whole = [group for group in one.groups if group.whole]
    how = "whole" if len(whole) == len(one.groups) else _partly(one.groups)
    if one.fits is None:
        room = f"room elsewhere {one.fit.why}"
    elif one.fits:
        room = "fits elsewhere"
    else:
        room = f"only {one.fit.groups} fit elsewhere, {blocked(one.fit)}"
    return (
        f"{one.key}: {groups} {how} ({count(one.pods, 'pod')}, {one.share} % of the set); "
        f"serving {one.serving} → {one.after} of {one.replicas}; {room}."
    )


def _partly(groups: tuple[GroupLoss, ...]) -> str:
    lost = sum(group.lost for group in groups)
    return f"loses {count(lost, 'single pod')}"


def drain_facts(found: DrainImpact) -> Facts:
    """Return what a drain stops, in numbers."""
    devices = sum(one.devices for one in found.sets)
    here = "this" if len(found.nodes) == 1 else "these"
    facts: list[tuple[str, Span]] = [
        ("Groups", Span(str(found.groups))),
        ("Pods of sets", Span(f"{found.pods}, on {here} and other nodes")),
        ("Accelerators", Span(f"{devices} released, then asked for again elsewhere")),
    ]
    if found.others:
        facts.append(("Other pods", Span(f"{len(found.others)} that hold accelerators")))
    if found.stops:
        stopped = ", ".join(str(key) for key in found.stops)
        facts.append(("Stops serving", Span(stopped, "bad")))
    return tuple(facts)


def _delete(snapshot: Snapshot, intent: Any, now: float) -> Impact:
    node, refused = _node(snapshot, intent)
    if node is None:
        return Impact("", "", (), refused=refused)
    found = drain_impact(snapshot, node.name, now)
    what = [
        f"Deletes the Node object {node.name}. The machine is not touched: if its kubelet runs, "
        "it registers again after a restart.",
        "Pods on it are removed by the cluster without time to shut down.",
        *loss_texts(found),
    ]
    if node.ready:
        what.append("The node is ready: draining it first lets its groups leave in order.")
    kubectl = kubectl_command(intent.target, "delete", "node", node.name)
    return _hurting(node, what, found, kubectl)


BUILDERS: Final[dict[type, tuple[str, Builder]]] = {
    Cordon: ("CORDON", _cordon),
    Drain: ("DRAIN NODE", _drain),
    DeleteNode: ("DELETE NODE", _delete),
}
"""Titles and builders by intent."""
