"""What is said of sets that the controller is paused for."""

from __future__ import annotations

from math import inf

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.plan.paused import paused
from lwstui.state.model import Snapshot
from lwstui.view.ages import age
from lwstui.view.memo import Memo
from lwstui.view.trouble import natively_served


def paused_mark(lws: LeaderWorkerSet) -> str:
    """Return what a row says of a set that the controller is paused for, empty for any other."""
    return "" if paused(lws.annotations) is None else "CTL paused"


def paused_text(lws: LeaderWorkerSet, now: float) -> str:
    """Return who paused the controller for a set and how long ago, empty if it is not paused."""
    pause = paused(lws.annotations)
    if pause is None:
        return ""
    ago = "" if pause.at is None else f" {age(now - pause.at)} ago"
    return f"controller paused{pause.by}{ago}"


def paused_sets(snapshot: Snapshot, now: float, memo: Memo | None = None) -> tuple[Key, ...]:
    """Return the sets that the controller is paused for, by namespace and name.

    Args:
        snapshot: What is known.
        now: Epoch seconds.
        memo: Remembers the answer while the sets and pods are the same.
    """

    def build() -> tuple[tuple[Key, ...], float]:
        found = (key for key, lws in snapshot.sets.items() if paused(lws.annotations) is not None)
        mine = (key for key in found if not natively_served(snapshot.by_set.get(key, ())))
        return tuple(sorted(mine)), inf

    if memo is None:
        return build()[0]
    return memo.get("paused-sets", (snapshot.sets,), now, build)
