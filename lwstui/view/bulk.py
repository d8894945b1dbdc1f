"""What a dialog says before several objects are changed at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from controller.api.meta import Key
from lwstui.state.intents import Intent, RecreateGroup
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.digest import digest
from lwstui.view.impact_parts import Facts
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
    facts = (*_sum(impacts), *_serving(snapshot, changes, now, memo))
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
    )


def _context(snapshot: Snapshot, safety: Safety) -> str:
    cluster = snapshot.cluster
    where = cluster.context or cluster.server
    return f"context {where}" + (" (protected)" if safety.protects(cluster) else "")


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


def _sum(impacts: Sequence[Impact]) -> Facts:
    total = Toll(*map(sum, zip(*(one.toll for one in impacts), strict=True)))
    if not total.pods:
        return ()
    groups, pods = count(total.groups, "group"), count(total.pods, "pod")
    stops = f"{groups}, {pods}" if total.groups else pods
    return (("Stops in all", Span(f"{stops}, {count(total.accelerators, 'accelerator')}")),)


def _serving(snapshot: Snapshot, changes: Sequence[Change], now: float, memo: Memo) -> Facts:
    """Return how many groups of each set keep serving when some are recreated at once."""
    chosen: dict[Key, set[int]] = {}
    for intent, _ in changes:
        if isinstance(intent, RecreateGroup):
            chosen.setdefault(intent.target, set()).add(intent.group)
    facts: list[tuple[str, Span]] = []
    for key, indexes in chosen.items():
        lws = snapshot.sets.get(key)
        if lws is None:
            continue
        one = digest(snapshot, lws, memo, now)
        stopped = sum(g.serves and not g.surge for g in one.groups if g.index in indexes)
        after, least = one.ready - stopped, floor(one)
        text = f"{one.ready} → {after} of {one.replicas} groups, rollout floor {least}"
        facts.append((f"{key.name} serves", Span(text, "warn" if after < least else "")))
    more = len(facts) - _MOST_SETS
    return (*facts[:_MOST_SETS], *((("and", Span(f"{more} more sets")),) if more > 0 else ()))
