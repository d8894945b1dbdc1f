"""What records of all kinds are told apart by."""

from __future__ import annotations

from typing import Any, Final

from controller.api.core import Event, Node
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.names import (
    DEVICE_KINDS,
    EVENTS,
    LEADERWORKERSETS,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
)

DEVICES: Final = frozenset(kind.plural for kind in DEVICE_KINDS)
"""Kinds that tell which devices claims give: most clusters have none."""

FIELDS: Final = {
    LEADERWORKERSETS: "sets",
    PODS: "pods",
    SERVICES: "services",
    REVISIONS: "revisions",
    NODES: "nodes",
    EVENTS: "events",
}
"""Field of the snapshot that holds each kind."""


def uid_of(record: Any) -> str:
    """Return the UID of a record, empty if it has none."""
    uid: str = record.metadata.uid if isinstance(record, LeaderWorkerSet) else record.uid
    return uid


def key_of(record: Any) -> Any:
    """Return what a record is stored under: UID of events, name of nodes, else both names."""
    if isinstance(record, Event):
        return record.uid or record.name
    if isinstance(record, LeaderWorkerSet):
        return record.key
    return record.name if isinstance(record, Node) else Key(record.namespace, record.name)
