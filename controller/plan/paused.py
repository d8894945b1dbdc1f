"""Sets that the controller is paused for: planned, explained, and not written to.

The mark is ours: no other controller knows it. It is on the set, so that it holds whichever
process leads, and after a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from controller.api.meta import format_time, parse_time
from controller.api.names import PAUSED
from controller.plan.actions import Plan, Wait
from controller.plan.wording import intended

CODE: Final = "paused"
_BY: Final = " by "
_LONGEST_NAME: Final = 64


class Pause(NamedTuple):
    """Who paused the controller for a set, and when.

    Attributes:
        who: Name of the person or program, empty if it is not told.
        at: Epoch seconds, None if it is not told.
    """

    who: str = ""
    at: float | None = None

    @property
    def by(self) -> str:
        """Who it was as a part of a sentence, empty if it is not told."""
        return f"{_BY}{self.who}" if self.who else ""


def mark(who: str, at: float) -> str:
    """Return the value of the mark that a person sets at a time, in epoch seconds."""
    return f"{format_time(at)}{_BY}{who}" if who else format_time(at)


def paused(annotations: Mapping[str, str]) -> Pause | None:
    """Return by whom and since when a set's annotations pause the controller, None if not at all.

    Any value but ``false`` pauses, as a mark set by hand may name nobody.
    """
    text = annotations.get(PAUSED)
    if text is None or text.strip().lower() == "false":
        return None
    at, by, who = text.strip().partition(_BY)
    since = parse_time(at)
    if since is None:
        return Pause()
    return Pause(who.strip()[:_LONGEST_NAME] if by else "", since)


def withheld(plan: Plan, pause: Pause) -> Plan:
    """Return the plan that does nothing of another one and says what it would do."""
    would = tuple(intended(plan.actions)) or (("write the status",) if plan.status else ())
    what = f"it would {', '.join(would)}" if would else "there is nothing to do"
    wait = Wait(CODE, f"the controller is paused for this set{pause.by}: {what}")
    return Plan(waits=(wait, *plan.waits), requeue_after_s=plan.requeue_after_s)
