"""What a dialog says before several objects are changed at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.intents import DeletePod, Drain, Intent, RecreateGroup
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.digest import GroupDigest, SetDigest, digest
from lwstui.view.drain import drain_impact
from lwstui.view.impact_nodes import drain_facts, loss_texts
from lwstui.view.impact_parts import UNSERVED, Facts, outdated
from lwstui.view.impact_pods import gone_with
from lwstui.view.memo import Memo
from lwstui.view.rollout import floor
from lwstui.view.safety import STANDARD, Safety
from lwstui.view.types import Impact, Span, Toll

MANY: Final = 10
"""More objects than this are confirmed by typing their number."""
_MOST_SETS: Final = 4

Change = tuple[Intent, Impact]
"""What is asked for, and what it would do."""


def bulk_impact(
    snapshot: Snapshot,
    changes: Sequence[Change],
    now: float,
    memo: Memo,
    *,
    title: str,
    left_out: int = 0,
    hidden: int = 0,
    safety: Safety = STANDARD,
) -> Impact:
    """Return the text of the dialog for several changes.

    Args:
        snapshot: What is known now.
        changes: What would be done.
        now: Epoch seconds.
        memo: Remembers digests.
        title: Title of the dialog.
        left_out: How many objects cannot be changed and are left out.
        hidden: How many objects the filter hides.
        safety: What the operator wants to be asked.
    """
    impacts = [one for _, one in changes]
    what = [f"Changes {count(len(changes), 'object')}, one after the other."]
    if left_out:
        what.append(f"Leaves {count(left_out, 'object')} alone: see why below.")
    drained = [intent.target.name for intent, _ in changes if isinstance(intent, Drain)]
    facts: Facts
    if drained:
        found = drain_impact(snapshot, drained, now, memo)
        if len(drained) > 1:
            what.append("All are cordoned first, then drained one after another. In all:")
        what += loss_texts(found)
        facts = drain_facts(found)
    else:
        touched = _touched(snapshot, changes, now, memo)
        total = _stopping(touched) if touched else _added_up(impacts)
        facts = (*_said(total), *_serving(touched))
    alone = (fact for one in impacts for fact in one.facts if fact[0] == UNSERVED)
    facts = (*facts, *islice(alone, 1))
    if hidden:
        facts = (*facts, ("Hidden", Span(f"{hidden:,} of them by the filter", "warn")))
    typed = len(changes) > MANY or any(one.confirm_text for one in impacts)
    return Impact(
        title,
        _context(snapshot, safety),
        tuple(what),
        facts,
        confirm_text=str(len(changes)) if typed else "",
        refused="" if changes else "none of these objects can be changed",
        outdated=outdated(snapshot, now),
    )


def _context(snapshot: Snapshot, safety: Safety) -> str:
    cluster = snapshot.cluster
    where = cluster.context or cluster.server
    protected = " (protected)" if safety.protects(cluster) else ""
    return f"context {where}{' (sandbox)' if cluster.sandbox else protected}"


def summary(one: Impact) -> str:
    """Return what a change does, in a few words."""
    if one.refused:
        return one.refused
    groups, pods, accelerators = one.toll
    if not pods:
        return one.what[0] if one.what else ""
    words = [count(pods, "pod")]
    if groups > 1:
        words.insert(0, count(groups, "group"))
    if accelerators:
        words.append(count(accelerators, "accelerator"))
    return ", ".join(words)


@dataclass(frozen=True, slots=True)
class _Touched:
    """What changes of groups and pods do to one set.

    Attributes:
        one: The set.
        groups: Groups that stop serving.
        gone: Pods that stop, each once however many changes stop it.
    """

    one: SetDigest
    groups: Mapping[int, GroupDigest]
    gone: Mapping[Key, Pod]


def _touched(
    snapshot: Snapshot, changes: Sequence[Change], now: float, memo: Memo
) -> tuple[_Touched, ...]:
    """Return what recreating groups and deleting pods does, set by set."""
    by_set: dict[Key, list[RecreateGroup | DeletePod]] = {}
    for intent, _ in changes:
        if isinstance(intent, RecreateGroup | DeletePod):
            by_set.setdefault(intent.target, []).append(intent)
    found: list[_Touched] = []
    for key, intents in by_set.items():
        lws = snapshot.sets.get(key)
        if lws is None:
            continue
        one = digest(snapshot, lws, memo, now)
        known = {group.index: group for group in one.groups}
        groups: dict[int, GroupDigest] = {}
        gone: dict[Key, Pod] = {}
        for intent in intents:
            index, pods = _stopped(snapshot, one, known, intent)
            if index in known:
                groups[index] = known[index]
            gone |= {pod.key: pod for pod in pods}
        found.append(_Touched(one, groups, gone))
    return tuple(found)


def _stopped(
    snapshot: Snapshot,
    one: SetDigest,
    groups: Mapping[int, GroupDigest],
    intent: RecreateGroup | DeletePod,
) -> tuple[int, Iterable[Pod]]:
    """Return the index of the group that one change touches, and the pods it stops."""
    if isinstance(intent, RecreateGroup):
        group = groups.get(intent.group)
        return intent.group, group.pods if group is not None else ()
    pod = snapshot.pods.get(Key(intent.target.namespace, intent.pod))
    if pod is None or pod.group not in groups:
        return -1, ()
    return pod.group, gone_with(one.lws, groups[pod.group], pod)


def _stopping(touched: Sequence[_Touched]) -> Toll:
    pods = [pod for part in touched for pod in part.gone.values()]
    return Toll(
        sum(len(part.groups) for part in touched),
        len(pods),
        sum(amount for pod in pods for _, amount in pod.accelerators),
    )


def _added_up(impacts: Sequence[Impact]) -> Toll:
    return Toll(*map(sum, zip(*(one.toll for one in impacts), strict=True))) if impacts else Toll()


def _said(total: Toll) -> Facts:
    if not total.pods:
        return ()
    groups, pods = count(total.groups, "group"), count(total.pods, "pod")
    stops = f"{groups}, {pods}" if total.groups else pods
    return (("Stops in all", Span(f"{stops}, {count(total.accelerators, 'accelerator')}")),)


def _serving(touched: Sequence[_Touched]) -> Facts:
    """Return how many groups of each set keep serving."""
    facts: list[tuple[str, Span]] = []
    for part in touched:
        one = part.one
        stopped = sum(group.serves and not group.surge for group in part.groups.values())
        after, least = one.ready - stopped, floor(one)
        text = f"{one.ready} → {after} of {one.replicas} groups, rollout floor {least}"
        facts.append((f"{one.key.name} serves", Span(text, "warn" if after < least else "")))
    more = len(facts) - _MOST_SETS
    return (*facts[:_MOST_SETS], *((("and", Span(f"{more} more sets")),) if more > 0 else ()))
