"""What the planner makes of a set that the console watches: the set's objects, its progress."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from controller.api.meta import Key
from controller.api.names import EXCLUSIVE_TOPOLOGY
from controller.plan.actions import Wait
from controller.plan.observed import Observed
from controller.plan.paused import paused
from lwstui.state.model import ControllerView, Snapshot
from lwstui.view.memo import Memo
from lwstui.view.progress import Progress, progress
from lwstui.view.trouble import attended

# How long a reason worked out here may stand although its words could say more seconds.
_FRESH_S: Final = 5.0
# Sets with more pods are looked at once a second, whatever happens to their pods.
_CROWD: Final = 2_000
_CROWD_S: Final = 1.0


def observed_of(snapshot: Snapshot, key: Key) -> Observed:
    """Return a set and its objects as a planner takes them.

    Claims are not watched by a console without a controller: they are taken to be there.

    Args:
        snapshot: What is known.
        key: A set that exists.
    """
    lws = snapshot.sets[key]
    pods = snapshot.by_set.get(key, ())
    nodes = {pod.node for pod in pods if pod.node} if EXCLUSIVE_TOPOLOGY in lws.annotations else ()
    return Observed(
        lws,
        pods,
        tuple(
            one
            for one in snapshot.services.values()
            if one.namespace == key.namespace and one.set_name == key.name
        ),
        tuple(
            one
            for one in snapshot.revisions.values()
            if one.namespace == key.namespace and one.set_name == key.name
        ),
        node_labels={n: snapshot.nodes[n].labels for n in nodes if n in snapshot.nodes},
    )


def progress_of(snapshot: Snapshot, key: Key, now: float, memo: Memo) -> Progress:
    """Return how far a set's rollout is and why it waits.

    The reasons are those of the controller in this process while it acts, else they are worked
    out by the same planner.

    Args:
        snapshot: What is known.
        key: A set that exists.
        now: Epoch seconds.
        memo: Remembers the answer while nothing it rests on changes.
    """
    lws, controller = snapshot.sets[key], snapshot.controller
    found = controller.waits.get(key, ())
    # A controller that acts and gives no reason may not have looked at the set yet.
    acting = controller.mode == "leader" and bool(found)
    waits = tuple(Wait(code, why, None if group < 0 else group) for code, why, group in found)
    served = attended(controller, key)

    def build() -> tuple[Progress, float]:
        seen = progress(
            observed_of(snapshot, key), now, attended=served, waits=waits if acting else None
        )
        told = seen if paused(lws.annotations) is not None else _worded(seen, controller)
        return told, now + (_CROWD_S if crowd else _FRESH_S)

    pods = snapshot.by_set.get(key, ())
    crowd = len(pods) > _CROWD
    sources = (lws, None if crowd else pods, snapshot.revisions)
    return memo.get(("progress", key), sources, now, build, facts=(found, controller.mode, served))


def _worded(seen: Progress, controller: ControllerView) -> Progress:
    """Return a progress that says which controller it is that does not act."""
    if seen.state != "unattended":
        return seen
    if controller.mode == "paused":
        return replace(seen, reason="the controller in this console is paused")
    if controller.mode == "failed":
        said = f": {controller.last_error}" if controller.last_error else ""
        return replace(seen, reason=f"the controller in this console failed{said}")
    return seen
