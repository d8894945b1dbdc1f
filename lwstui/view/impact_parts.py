"""What the dialogs about changes share: commands, counts, what a rollout touches."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any, Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, PODS
from lwstui.state.model import Snapshot
from lwstui.state.starts import FEWEST
from lwstui.view.ages import age, count
from lwstui.view.diffs import changes
from lwstui.view.digest import GroupDigest, SetDigest
from lwstui.view.forecast import forecast
from lwstui.view.memo import Memo
from lwstui.view.rollout import budget, floor
from lwstui.view.types import Impact, Span, Toll
from lwstui.view.usualstart import started_words, usual_start

STALE_S: Final = 30.0
"""Age of the data from which a change wants a yes to that age too."""
UNSERVED: Final = "Controller"
"""Label of the fact that no controller acts on what is changed."""
_MOST_CHANGES: Final = 4

Facts = tuple[tuple[str, Span], ...]

Builder = Callable[[Snapshot, Any, float], Impact]
"""Returns what a dialog says about an intent, from a snapshot and the time.

Its ``title`` and ``target`` may stay empty: ``impact`` fills them in."""

SetBuilder = Callable[[Snapshot, SetDigest, Any], Impact]
"""The same for an intent whose target is a set, which has been digested."""


def kubectl_command(key: Key, *words: str) -> str:
    """Return a change as one kubectl command."""
    where = ("-n", key.namespace) if key.namespace else ()
    return shlex.join(("kubectl", *where, *words))


def devices_asked(groups: Sequence[GroupDigest]) -> int:
    """Return the accelerators that groups ask for."""
    return sum(group.asked for group in groups)


def replaced(lws: LeaderWorkerSet, uid: str) -> str:
    """Return why a change of another incarnation is refused, empty if it is this one."""
    if uid and lws.metadata.uid and uid != lws.metadata.uid:
        return f"{lws.key} was deleted and created again meanwhile"
    return ""


def outdated(snapshot: Snapshot, now: float) -> str:
    """Return ``the data is 45s old`` if sets or pods have not been watched for a while."""
    oldest = 0.0
    for kind in (LEADERWORKERSETS, PODS):
        sync = snapshot.sync.get(kind.plural)
        if sync is not None and sync.state in ("connecting", "listing", "reconnecting"):
            oldest = max(oldest, now - (sync.last_event_at or sync.since))
    return f"the data is {age(oldest)} old" if oldest > STALE_S else ""


def moved_words(before: LeaderWorkerSet, after: LeaderWorkerSet) -> tuple[str, ...]:
    """Return what changed in the spec of a set, a few fields by name."""
    found = [str(one) for one in changes(before.spec, after.spec, "spec")]
    more = len(found) - _MOST_CHANGES
    rest = (f"and {count(more, 'more field')}",) if more > 0 else ()
    return (*found[:_MOST_CHANGES], *rest) or ("the spec was written again",)


def rolls(
    snapshot: Snapshot,
    one: SetDigest,
    kubectl: str,
    first: Sequence[str],
    *,
    partition: int | None = None,
    target: str = "",
) -> Impact:
    """Return the impact of letting a revision roll through the groups.

    Args:
        snapshot: How long its groups usually take to start.
        one: The set.
        kubectl: The same as a command.
        first: What comes before.
        partition: Lowest group index that is updated, if it is not the present one.
        target: Key of the revision, if groups may run it already; those are left alone.
    """
    unavailable, surge = budget(one.lws)
    partition = one.partition if partition is None else partition
    existing = [g for g in one.groups if g.index >= partition and g.pods]
    touched = [g for g in existing if not target or g.revision != target]
    together = max(1, unavailable + surge)
    what = [*first, _pace(len(touched), len(one.groups), together)]
    if partition:
        what.append(f"Groups below {partition} keep their revision: the partition holds them.")
    if one.rolling and target != one.desired:
        what.append("A rollout is running; it turns to the new revision from where it is.")
    least = floor(one)
    facts = (
        ("Groups", Span(f"{len(touched)} of {len(one.groups)} recreated")),
        ("Pods", Span(str(sum(len(g.pods) for g in touched)))),
        ("Accelerators", Span(f"{devices_asked(touched)} released and asked for again, in steps")),
        ("Serving now", Span(f"{one.ready} of {one.replicas} groups")),
        ("Rollout floor", Span(f"{least} ready groups", "warn" if least == 0 else "")),
        *_takes(snapshot, one, len(touched), together),
    )
    return Impact("", "", tuple(what), facts, kubectl, level=3, toll=toll(touched))


def _takes(snapshot: Snapshot, one: SetDigest, groups: int, together: int) -> Facts:
    """Return how long groups take to start one after another, nothing while that is not known."""
    known = usual_start(snapshot, one.key, Memo(), 0.0)
    if not groups or known is None or known.samples < FEWEST:
        return ()
    each = started_words(snapshot, one.key)
    return (("Takes", Span(f"{forecast(groups, together, known)}; a group starts in {each}")),)


def toll(groups: Sequence[GroupDigest]) -> Toll:
    """Return what stops running when groups are deleted or recreated."""
    return Toll(len(groups), sum(len(group.pods) for group in groups), devices_asked(groups))


def _pace(touched: int, groups: int, together: int) -> str:
    if not touched:
        return "No group is recreated now."
    who = "Every group is" if touched == groups else f"{count(touched, 'group')} will be"
    at_most = count(together, "group")
    return f"{who} recreated, at most {at_most} at a time, highest index first."
