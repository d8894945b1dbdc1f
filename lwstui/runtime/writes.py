"""Carrying intents out: each is one guarded request, or one after a fresh read."""

from __future__ import annotations

from typing import Final

from controller.admission.defaults import InvalidSpec
from controller.errors import (
    ApiError,
    Conflict,
    ControllerError,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
)
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing import (
    copies,
    edits,
    freezing,
    manifests,
    nodes,
    pausing,
    pods,
    rollouts,
    sets,
)
from lwstui.runtime.writing.rule import Look, Rule, Seen
from lwstui.state.patches import Moved, Unpatchable

RULES: Final[dict[type, Rule]] = {
    **sets.RULES,
    **rollouts.RULES,
    **pods.RULES,
    **nodes.RULES,
    **manifests.RULES,
    **edits.RULES,
    **freezing.RULES,
    **pausing.RULES,
    **copies.RULES,
}
"""How each kind of intent is carried out; a test holds it against ``Intent``."""


def phrase(intent: Intent) -> str:
    """Return what an intent asks for, in a few words: ``scale to 3 groups``."""
    return RULES[type(intent)].phrase(intent)


def confirmed(intent: Intent, look: Look) -> bool:
    """Tell whether the watch has brought back what an intent asked for."""
    return RULES[type(intent)].confirmed(intent, look)


def missing(intent: Intent, seen: Seen, before: frozenset[str]) -> str:
    """Return how far the consequences of an intent are, empty when they have come to an end.

    Args:
        intent: What was asked for.
        seen: What the watches show.
        before: UIDs of the pods that its set had when it was asked for.
    """
    return RULES[type(intent)].missing(intent, seen, before)


def works(intent: Intent) -> bool:
    """Tell whether this program goes on working after the server accepted an intent."""
    return RULES[type(intent)].work is not None


async def perform(
    cluster: OperatorCluster, intent: Intent, *, look: Look, dry_run: bool
) -> Outcome:
    """Carry an intent out, or ask the server whether it would accept it.

    Args:
        cluster: Where to.
        intent: What to do.
        look: Reads what the watch last showed: UIDs must be those decided on.
        dry_run: Only ask.
    """
    what = f"{phrase(intent)} of {intent.target}"
    try:
        note = await RULES[type(intent)].send(cluster, intent, look, dry_run=dry_run)
    except (Unpatchable, InvalidSpec) as error:
        return Outcome(False, f"{what}: {error}", moved=isinstance(error, Moved))
    except ControllerError as error:
        return Outcome(False, f"{what}: {explain(error)}", moved=isinstance(error, Conflict))
    said = "the server would accept it" if dry_run else "accepted"
    text, caution = note or ("", False)
    return Outcome(True, f"{what}: {said}", text, caution)


def explain(error: ControllerError) -> str:
    """Return what went wrong and what to do about it, in one sentence."""
    said = error.message if isinstance(error, ApiError) else str(error)
    match error:
        case Unauthorized():
            return "the credentials are missing or have expired; log in again"
        case Forbidden():
            return f"not allowed: {said}"
        case NotFound():
            return "it is gone"
        case Conflict():
            return f"it changed meanwhile, so nothing was done; look again: {said}"
        case Invalid():
            return f"refused: {said}"
        case TooManyRequests():
            return "the server is busy; try again in a moment"
        case ApiError():
            return f"the server answered {error.status}: {said}"
        case _:
            return f"no answer, so it is not known whether it was done: {said}"
