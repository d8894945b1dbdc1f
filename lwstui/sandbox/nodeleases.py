"""The leases by which kubelets say that they live, in the namespace kube-node-lease.

They are renewed by the wall clock, as their times are read, whatever the speed of the sandbox.
"""

import asyncio

from lwstui.sandbox.clock import rfc3339_micro
from lwstui.sandbox.nodehealth import NodeHealth
from lwstui.sandbox.objects import Json, Store

NAMESPACE = "kube-node-lease"
LEASES = "leases.coordination.k8s.io"
LEASE_S = 40
_RENEW_S = 10.0
# Nodes take turns, so that a large cluster renews a few leases often, not all at once.
_TURNS = 10


class NodeLeases:
    """Keeps a lease for each node whose kubelet is heard.

    Args:
        store: The cluster's objects.
        health: Tells which nodes are silent.
    """

    def __init__(self, store: Store, health: NodeHealth) -> None:
        self._store = store
        self._health = health
        self._timer: asyncio.TimerHandle | None = None
        self._turn = 0

    def start(self) -> None:
        """Begin to renew; needs a running loop."""
        for node in self._store.items("nodes"):
            self._renew(node)
        self._plan()

    def stop(self) -> None:
        """Stop renewing; leases stay as they are."""
        if self._timer is not None:
            self._timer.cancel()

    def _plan(self) -> None:
        clock = self._store.clock
        self._timer = clock.call_later(_RENEW_S / _TURNS * clock.speed, self._take_turn)

    def _take_turn(self) -> None:
        self._turn = (self._turn + 1) % _TURNS
        for node in self._store.items("nodes")[self._turn :: _TURNS]:
            self._renew(node)
        self._plan()

    def _renew(self, node: Json) -> None:
        name = node["metadata"]["name"]
        if self._health.is_cut_off(name):
            return
        now = rfc3339_micro(self._store.clock.now())
        if self._store.get(LEASES, NAMESPACE, name) is None:
            self._store.create(LEASES, _lease(node, now))
        else:
            self._store.update(
                LEASES, NAMESPACE, name, lambda lease: lease["spec"].update(renewTime=now)
            )


def _lease(node: Json, now: str) -> Json:
    meta = node["metadata"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": meta["name"], "uid": meta["uid"]}
    return {
        "metadata": {"name": meta["name"], "namespace": NAMESPACE, "ownerReferences": [owner]},
        "spec": {
            "holderIdentity": meta["name"],
            "leaseDurationSeconds": LEASE_S,
            "renewTime": now,
        },
    }
