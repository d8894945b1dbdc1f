"""Owner references of what belongs to a set."""

from __future__ import annotations

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import OwnerReference
from controller.api.names import LEADERWORKERSETS, PODS
from controller.api.pods import Pod


def of_set(lws: LeaderWorkerSet) -> OwnerReference:
    """Return the reference that makes a set the controlling owner."""
    kind, meta = LEADERWORKERSETS, lws.metadata
    return OwnerReference(kind.api_version, kind.kind, meta.name, meta.uid, True, True)


def of_leader(leader: Pod, *, blocking: bool = True) -> OwnerReference:
    """Return the reference that makes a leader pod the controlling owner.

    Args:
        leader: The leader.
        blocking: Whether its foreground deletion waits for the object.
    """
    return OwnerReference(PODS.api_version, PODS.kind, leader.name, leader.uid, True, blocking)
