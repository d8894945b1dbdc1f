"""What the fleet says where no cause is known: that all is well, or why that cannot be said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from controller.api import names
from lwstui.kube.sync import KindSync
from lwstui.state.insights import Finding, Severity
from lwstui.state.model import Snapshot
from lwstui.view.ages import clock, count
from lwstui.view.banner import LOST
from lwstui.view.digest import SetDigest
from lwstui.view.types import Line, Span

SEEN: Final = (names.LEADERWORKERSETS.plural, names.PODS.plural, names.NODES.plural)
"""Kinds without which a cause may stay unseen."""


class Calm(NamedTuple):
    """Title and text."""

    title: Span
    text: Line


def calm(snapshot: Snapshot, found: Sequence[SetDigest], *, fresh: bool = False) -> Calm:
    """Return what to say of a fleet without a known cause; no text if there is nothing to say.

    Args:
        snapshot: What is known.
        found: Digests of all sets.
        fresh: Whether something is wrong that may pass before it is announced.
    """
    ready = _ready(found)
    if not ready:
        return Calm(Span(""), ())
    told = {kind: snapshot.sync[kind] for kind in SEEN if kind in snapshot.sync}
    old = [sync for sync in told.values() if sync.state in LOST | {"unauthorized"}]
    if old or snapshot.cluster.problem:
        title = Span("WHAT NEEDS ATTENTION IS NOT KNOWN", "warn")
        return Calm(title, (Span(_as_of(old), "warn"), Span(f": {ready} then", "dim")))
    hidden = [kind for kind, sync in told.items() if sync.state in ("forbidden", "missing")]
    if hidden:
        title = Span("NOT ALL THAT NEEDS ATTENTION CAN BE SEEN", "warn")
        said = f"{' and '.join(hidden)} may not be watched"
        return Calm(title, (Span(said, "warn"), Span(f"; as far as is seen: {ready}", "dim")))
    coming = [kind for kind, sync in told.items() if sync.state in ("connecting", "listing")]
    if coming:
        title = Span("WHAT NEEDS ATTENTION IS NOT KNOWN YET", "busy")
        return Calm(title, (Span(f"{' and '.join(coming)} are being listed", "busy"),))
    concern = [one.finding for one in snapshot.insights if _concerns(one.finding, snapshot)]
    if concern:
        worst, more = concern[0], len(concern) - 1
        rest = f" and {more:,} more" if more else ""
        head = (Span(f"{worst.subject}: ", "bold"), Span(worst.diagnosis, "warn"))
        tail = (Span(f"{rest}   :insights", "dim"), Span(f"   {ready}", "dim"))
        return Calm(Span("NO GROUP NEEDS ATTENTION, BUT", "warn"), (*head, *tail))
    if fresh:
        title = Span("WHAT NEEDS ATTENTION IS NOT KNOWN YET", "busy")
        wrong = Span("something has been wrong for a moment", "busy")
        return Calm(title, (wrong, Span(f"   {ready}", "dim")))
    return Calm(Span("NOTHING NEEDS ATTENTION", "dim"), (Span(ready, "ok"),))


def _concerns(finding: Finding, snapshot: Snapshot) -> bool:
    """Tell whether a finding is bad enough to be told, and about something that is in view."""
    seen, where = snapshot.cluster.namespaces, finding.subject.namespace
    return finding.severity <= Severity.WARNING and (not seen or not where or where in seen)


def _as_of(old: Sequence[KindSync]) -> str:
    moments = [sync.last_event_at or sync.since for sync in old]
    return f"data as of {clock(min(moments))}" if moments else "the cluster cannot be used"


def _ready(found: Sequence[SetDigest]) -> str:
    groups = sum(one.replicas for one in found)
    ready = sum(one.ready for one in found)
    if not groups:
        return "no groups are asked for" if found else ""
    if ready == groups:
        return f"all {count(groups, 'group')} ready"
    return f"{ready:,} of {count(groups, 'group')} ready"
