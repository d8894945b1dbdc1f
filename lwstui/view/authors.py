"""Who made a revision, as far as that can be told. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from controller.api.core import Revision
from controller.api.lws import LeaderWorkerSet
from controller.api.meta import parse_time
from lwstui.state.model import Activity

UNKNOWN: Final = "unknown"
_WITHIN_S: Final = 10.0
"""Seconds between a change of the template and the revision that a controller makes of it."""
_EARLY_S: Final = 2.0
"""Seconds that whole seconds and clocks that differ may put between them the other way round."""
_MAKING: Final = ("rolling restart", "set image", "undo to revision", "edit ", "apply ")
"""How what makes a revision is told in the activity."""


def author(
    revision: Revision, lws: LeaderWorkerSet, activity: Iterable[Activity], *, skew_s: float = 0.0
) -> str:
    """Return who made a revision: ``you``, the program that wrote the template, or ``unknown``.

    The API keeps no names of people. This console knows what it did itself, and the set has the
    time at which each program last wrote the template; a time that does not fit tells nothing.

    Args:
        revision: The revision.
        lws: Its set.
        activity: What this console did.
        skew_s: Seconds by which the cluster's clock is ahead of this machine's.
    """
    made = revision.created_at
    for one in activity:
        own = one.kind == "asked" and one.ok and one.who == "you" and one.target == str(lws.key)
        if own and one.what.startswith(_MAKING) and _follows(made, one.at + skew_s):
            return "you"
    fitting = {
        one.manager
        for one in lws.metadata.managed_fields or ()
        if one.owns_template and _follows(made, parse_time(one.time))
    }
    return fitting.pop() if len(fitting) == 1 else UNKNOWN


def _follows(made: float, written: float | None) -> bool:
    """Tell whether a revision may have been made because of what was written."""
    return written is not None and -_EARLY_S <= made - written <= _WITHIN_S
