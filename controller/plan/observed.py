"""What a plan is made from: one set and everything the cache holds about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.api.core import Claim, Revision, Service
from controller.api.lws import LeaderWorkerSet
from controller.api.pods import Pod


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker of a live leader that vanished without a deletionTimestamp being seen."""

    leader_uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Observed:
    """One set as the cache knows it; any part may be behind the cluster.

    Attributes:
        lws: The set.
        pods: Pods in the set's namespace whose set-name label names it, whoever owns them.
        services: Services in the namespace with that label.
        revisions: ControllerRevisions in the namespace with that label.
        claims: PersistentVolumeClaims with that label; empty when the set has no claims.
        claims_listed: Whether claims that are not among them do not exist.
        node_labels: Labels by node name, for the nodes leaders run on; empty when not needed.
        lost: Workers that vanished unseen.
        taken: Owner descriptions of foreign objects under names the set would use, keyed
            ``pods/<name>`` or ``services/<name>``.
    """

    lws: LeaderWorkerSet
    pods: tuple[Pod, ...] = ()
    services: tuple[Service, ...] = ()
    revisions: tuple[Revision, ...] = ()
    claims: tuple[Claim, ...] = ()
    node_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lost: tuple[Lost, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    claims_listed: bool = True
