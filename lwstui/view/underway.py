"""What the operator asked for and what has not come to its end yet, in words."""

from __future__ import annotations

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.view.ages import age


def mark(snapshot: Snapshot, key: Key, *, rolling: bool = False) -> str:
    """Return what is under way for one object, short; empty if nothing is.

    Args:
        snapshot: What was asked for, and how far it is.
        key: The object.
        rolling: Whether a rollout shows by itself how far it is, and that it is blocked.
    """
    pending = snapshot.pending.get(key)
    if pending is not None:
        return pending.text
    going = snapshot.underway.get(key)
    return going.now if going is not None and not rolling else ""


def since(snapshot: Snapshot, key: Key, now: float) -> str:
    """Return what is under way for one object and since when; empty if nothing is."""
    pending, going = snapshot.pending.get(key), snapshot.underway.get(key)
    if pending is not None:
        return f"{pending.text} requested {age(now - pending.since)} ago"
    if going is not None:
        return f"{going.text} since {age(now - going.since)}: {going.now}"
    return ""


def summary(snapshot: Snapshot) -> str:
    """Return what is under way anywhere, one line; empty if nothing is."""
    asked, going = len(snapshot.pending), snapshot.underway
    parts = [f"{asked} requested"] if asked else []
    if len(going) == 1:
        ((key, one),) = going.items()
        parts.append(f"{one.text} of {key.name}: {one.now}")
    elif going:
        parts.append(f"{len(going)} under way")
    return ", ".join(parts)
