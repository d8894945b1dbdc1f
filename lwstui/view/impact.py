"""What a dialog says before a mutation: blast radius in groups, pods and accelerators.

Every number is arithmetic on the snapshot; what cannot be computed says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from lwstui.state.intents import DeleteNode, DeleteSet, Drain, Freeze, Intent
from lwstui.state.model import ClusterState, Snapshot
from lwstui.view import (
    impact_apply,
    impact_copy,
    impact_edit,
    impact_freeze,
    impact_nodes,
    impact_pause,
    impact_pods,
    impact_rollout,
    impact_sets,
)
from lwstui.view.ages import age
from lwstui.view.digest import digest
from lwstui.view.impact_parts import UNSERVED, Builder, Facts, SetBuilder, outdated
from lwstui.view.memo import Memo
from lwstui.view.safety import STANDARD, Safety, asked_for
from lwstui.view.tape import REFUSAL
from lwstui.view.trouble import unserved
from lwstui.view.types import Impact, Span


def impact(
    snapshot: Snapshot,
    intent: Intent,
    now: float,
    memo: Memo | None = None,
    *,
    safety: Safety = STANDARD,
    at_least: int = 0,
) -> Impact:
    """Return the text of the dialog for an intent.

    Args:
        snapshot: What is known now.
        intent: What is about to be asked.
        now: Epoch seconds.
        memo: Remembers digests, for many intents about the same sets.
        safety: What the operator wants to be asked.
        at_least: Level to ask at, if the change itself is less dangerous.
    """
    title, build = BUILDERS[type(intent)]
    if snapshot.cluster.playing is not None:
        found = Impact("", "", (), refused=REFUSAL)
    elif snapshot.cluster.read_only:
        found = Impact("", "", (), refused="this console is read-only")
    elif isinstance(build, _OfSet):
        found = build(snapshot, intent, now, memo)
    else:
        found = build(snapshot, intent, now)
    found = replace(
        found,
        facts=(*found.facts, *_unserved(snapshot, intent)) if found.what else found.facts,
        title=found.title or title,
        target=found.target or _named(intent),
        level=max(found.level, at_least),
        word=found.word or intent.target.name,
    )
    return complete(found, snapshot, now, safety=safety)


def complete(found: Impact, snapshot: Snapshot, now: float, *, safety: Safety = STANDARD) -> Impact:
    """Return what all dialogs say added to what one says: the cluster, and how old the data is.

    Args:
        found: What one dialog says; ``word`` is what must be typed if its level asks for it.
        snapshot: What is known now.
        now: Epoch seconds.
        safety: What the operator wants to be asked.
    """
    cluster = snapshot.cluster
    return replace(
        found,
        target=_target(cluster, found.target, safety),
        confirm_text=found.confirm_text or asked_for(found, cluster, safety),
        facts=(*found.facts, *_shared(snapshot, now)) if found.what else (),
        outdated=outdated(snapshot, now),
    )


def _unserved(snapshot: Snapshot, intent: Intent) -> Facts:
    """Say that no controller makes again what is deleted, or acts on what is written."""
    target = intent.target
    if isinstance(intent, DeleteSet | Freeze):
        return ()
    keys = [target]
    if isinstance(intent, Drain | DeleteNode):
        keys = sorted(
            {pod.set_key for pod in snapshot.node_pods.get(target.name, ()) if pod.set_name}
        )
    why = next((why for key in keys if (why := unserved(snapshot, key))), "")
    return ((UNSERVED, Span(why, "bad")),) if why else ()


def _named(intent: Intent) -> str:
    key = intent.target
    return f"{key.namespace} / {key.name}" if key.namespace else key.name


def _target(cluster: ClusterState, named: str, safety: Safety) -> str:
    where = cluster.context or cluster.server
    protected = " (protected)" if safety.protects(cluster) else ""
    kind = " (sandbox)" if cluster.sandbox else protected
    return f"{named}     context {where}{kind}"


def _shared(snapshot: Snapshot, now: float) -> Facts:
    if text := outdated(snapshot, now):
        return (("Data", Span(text, "warn")),)
    sync = snapshot.sync.get("pods")
    if sync is None or sync.last_event_at is None:
        return (("Data", Span("not complete yet", "warn")),)
    old = now - sync.last_event_at
    live = sync.state == "live"
    text = f"watched live, last word {age(old)} ago" if live else f"{age(old)} old: {sync.state}"
    return (("Data", Span(text, "" if live else "warn")),)


@dataclass(frozen=True, slots=True)
class _OfSet:
    """Builds the text for an intent whose target is a set, which must be there."""

    build: SetBuilder

    def __call__(
        self, snapshot: Snapshot, intent: Any, now: float, memo: Memo | None = None
    ) -> Impact:
        lws = snapshot.sets.get(intent.target)
        if lws is None:
            return Impact("", "", (), refused=f"{intent.target} is gone")
        one = digest(snapshot, lws, memo if memo is not None else Memo(), now)
        return self.build(snapshot, one, intent)


BUILDERS: Final[dict[type, tuple[str, Builder]]] = {
    **{
        kind: (title, _OfSet(build))
        for family in (
            impact_sets.BUILDERS,
            impact_rollout.BUILDERS,
            impact_freeze.BUILDERS,
            impact_pause.BUILDERS,
        )
        for kind, (title, build) in family.items()
    },
    **impact_pods.BUILDERS,
    **impact_nodes.BUILDERS,
    **impact_apply.BUILDERS,
    **impact_edit.BUILDERS,
    **impact_copy.BUILDERS,
}
"""Title and text of each kind of intent; a test holds it against ``Intent``."""
