"""How long starts of a set's groups usually take, and from when on one is slow."""

from __future__ import annotations

from math import inf

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.state.patches import images
from lwstui.state.starts import Usual, slow_after_s, usual
from lwstui.view.ages import age
from lwstui.view.memo import Memo


def usual_start(snapshot: Snapshot, key: Key, memo: Memo, now: float) -> Usual | None:
    """Return what is usual with the images that a set's template names, None if unknown.

    Args:
        snapshot: What is known.
        key: The set.
        memo: Remembers the answer while no other start was seen.
        now: Epoch seconds.
    """
    starts, lws = snapshot.starts.get(key, ()), snapshot.sets.get(key)

    def build() -> tuple[Usual | None, float]:
        named = {image for _, _, image in images(lws.spec)} if lws is not None else set()
        return usual(starts, named), inf

    return memo.get(("usual start", key), (lws, starts), now, build)


def started_words(snapshot: Snapshot, key: Key) -> str:
    """Say how long groups of a set usually take to be ready: ``6m10s (p90 9m40s)``."""
    known = usual_start(snapshot, key, Memo(), 0.0)
    if known is None:
        return "not known: no start of its groups was seen yet"
    most = f" (p90 {age(known.p90_s)})" if known.settled else ""
    return f"{age(known.p50_s)}{most}"


def slow_start_s(snapshot: Snapshot, key: Key, memo: Memo, now: float) -> float:
    """Return from how many seconds on a pod of a set that is not ready has started slowly."""
    known = slow_starts(snapshot, memo, now)
    if key not in known:
        known[key] = slow_after_s(usual_start(snapshot, key, memo, now), snapshot.manner)
    return known[key]


def slow_starts(snapshot: Snapshot, memo: Memo, now: float) -> dict[Key, float]:
    """Return the same by set, as far as it was asked for while sets and starts are as they are."""
    sources = (snapshot.sets, snapshot.starts, snapshot.manner)
    return memo.get("slow starts", sources, now, lambda: (dict[Key, float](), inf))
