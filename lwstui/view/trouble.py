"""What is wrong with a set as a whole, whatever its groups are: nobody serves it, or may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.api.pods import Pod
from controller.plan.paused import paused
from lwstui.state.model import ControllerView, Snapshot
from lwstui.view.health import Health, judge

NOBODY: Final = "no controller: nothing reconciles this set"
_REFUSED: Final = frozenset({"invalid", "unsupported", "refused"})
_BLOCKED: Final = frozenset({"collision", "foreign"})


def trouble(
    snapshot: Snapshot,
    lws: LeaderWorkerSet,
    pods: Sequence[Pod],
    waits: Iterable[tuple[str, str, int]],
) -> Health | None:
    """Return what is wrong with a set as a whole, None if nothing is.

    Args:
        snapshot: What is known.
        lws: The set.
        pods: Its pods.
        waits: Why the controller does not go on with it.
    """
    for code, reason, _ in waits:
        if code in _REFUSED:
            return judge("X", reason)
        if code in _BLOCKED:
            return judge("!", reason)
    pause = paused(lws.annotations)
    if pause is not None and not natively_served(pods):
        why = f"the controller is paused for it{pause.by}: nothing replaces lost groups"
        return judge("?", why, pause.at)
    if snapshot.controller.mode == "off" and orphaned(snapshot.controller, lws, pods):
        return judge("?", NOBODY)
    return None


def attended(controller: ControllerView, key: Key) -> bool | None:
    """Tell whether a controller acts on a set, None if that is not known."""
    match controller.mode:
        case "leader":
            return True
        case "standby" | "elsewhere":
            return controller.serves in ("", key.namespace)
        case "off" | "failed" | "paused":
            return False
        case _:
            return None


def orphaned(controller: ControllerView, lws: LeaderWorkerSet, pods: Sequence[Pod]) -> bool:
    """Tell whether a set is known to be served by nobody: not by ours, nor by a native one."""
    if attended(controller, lws.key) is not False:
        return False
    untouched = not pods and not lws.status.conditions
    return not natively_served(pods) and (bool(pods) or untouched)


def natively_served(pods: Sequence[Pod]) -> bool:
    """Tell whether a native controller made a set's pods: one tells."""
    return any(pod.owner_kind == "StatefulSet" for pod in pods[:1])


def unserved(snapshot: Snapshot, key: Key) -> str:
    """Say why nobody serves a set, nothing if somebody does or that is not known."""
    lws = snapshot.sets.get(key)
    if lws is None or not orphaned(snapshot.controller, lws, snapshot.by_set.get(key, ())):
        return ""
    return nobody(snapshot.controller, 1)


def nobody(controller: ControllerView, sets: int) -> str:
    """Say why nobody serves some sets that are served by nobody."""
    match controller.mode:
        case "paused":
            return "the controller in this console is paused: nothing replaces lost groups"
        case "failed":
            said = f": {controller.last_error}" if controller.last_error else ""
            return f"the controller in this console cannot act{said}"
        case "standby" | "elsewhere":
            return f"{controller.holder or 'the controller'} acts for another namespace only"
        case _:
            return NOBODY if sets == 1 else "no controller: nothing reconciles them"
