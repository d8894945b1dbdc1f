"""Deleting sets, pods and nodes."""

from __future__ import annotations

from controller.api.meta import Key
from lwstui.runtime.intents import DeleteNode, DeletePod, DeleteSet
from lwstui.tui.host import Host
from lwstui.tui.verbs.asking import confirm
from lwstui.view.types import Ref


async def delete_set(host: Host, key: Key) -> None:
    """Confirm and delete a set with everything it owns."""
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    await confirm(host, DeleteSet(key, lws.metadata.uid), "Delete")


async def delete_pod(host: Host, ref: Ref, *, at_once: bool = False) -> None:
    """Confirm and delete a pod.

    Args:
        host: The application.
        ref: The pod; the dialog refuses another incarnation of it.
        at_once: Without grace.
    """
    pod = host.snapshot.pods.get(ref.key)
    target = pod.set_key if pod is not None else ref.key
    intent = DeletePod(target, ref.name, ref.uid or (pod.uid if pod else ""), at_once)
    await confirm(host, intent, "Kill" if at_once else "Delete")


async def delete_node(host: Host, name: str) -> None:
    """Confirm and delete a Node object."""
    node = host.snapshot.nodes.get(name)
    if node is None:
        host.say(f"node {name} is gone", "warn")
        return
    await confirm(host, DeleteNode(Key("", name), node.uid), "Delete")
