"""Following a rollout until it is done or cannot go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from controller.ports import Clock
from lwstui.runtime.observer import SetObserver
from lwstui.view.ages import age
from lwstui.view.progress import Progress
from lwstui.view.report import line, news

# A controller that is being replaced is away for its lease's length at most.
UNATTENDED_S: Final = 30.0
_LOOK_S: Final = 1.0


class Ending(IntEnum):
    """How following ended; the values are exit codes."""

    COMPLETE = 0
    TIMED_OUT = 3
    PAUSED = 4
    STUCK = 5


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to follow.

    Attributes:
        timeout_s: Seconds in all, None for no limit.
        deadline_s: Seconds without any progress.
    """

    timeout_s: float | None = None
    deadline_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Followed:
    """How following ended, what was seen last, and one sentence about it."""

    ending: Ending
    last: Progress
    sentence: str = ""


async def follow(
    observer: SetObserver,
    clock: Clock,
    patience: Patience,
    report: Callable[[str], None],
    *,
    until: Callable[[], bool] = lambda: True,
) -> Followed:
    """Follow a rollout; ``report`` takes a line for every change, but none twice in a standstill.

    Args:
        observer: The set.
        clock: The time.
        patience: How long.
        report: Takes lines.
        until: What must be true besides for a complete rollout to be the end.

    Raises:
        NotFound: If the set is deleted.
    """
    began = clock.monotonic()
    moved = attended = began
    counts: tuple[object, ...] = ()
    told: set[tuple[object, ...]] = set()
    said = ""
    while True:
        seen, now = observer.progress(), clock.monotonic()
        if _counts(seen) != counts:
            counts, moved = _counts(seen), now
            told.clear()
        if seen.state != "unattended":
            attended = now
        over = seen.state == "complete" and until()
        fresh = (*news(seen), observer.trouble)
        if fresh not in told and (over or seen.state != "complete"):
            told.add(fresh)
            said = _tell(_line(seen, observer.trouble), said, report)
        if over:
            return Followed(Ending.COMPLETE, seen)
        idle = _Idle(now - began, now - moved, now - attended)
        ended = _given_up(seen, idle, patience)
        if ended is not None:
            return ended
        await observer.changed(_LOOK_S)


@dataclass(frozen=True, slots=True)
class _Idle:
    """Seconds since following began, since something moved, since a controller was there."""

    all_s: float
    still_s: float
    unattended_s: float


def _given_up(seen: Progress, idle: _Idle, patience: Patience) -> Followed | None:
    """Return how following ends although the rollout is not done, None if it goes on."""
    if seen.state == "paused":
        return Followed(Ending.PAUSED, seen, seen.reason)
    if seen.state == "refused" or idle.unattended_s >= UNATTENDED_S:
        return Followed(Ending.STUCK, seen, seen.reason)
    if idle.still_s >= patience.deadline_s:
        said = f"no progress for {age(idle.still_s)}: {seen.reason}"
        return Followed(Ending.STUCK, seen, said)
    if patience.timeout_s is not None and idle.all_s >= patience.timeout_s:
        said = f"not complete after {age(idle.all_s)}: {seen.reason}"
        return Followed(Ending.TIMED_OUT, seen, said)
    return None


def _counts(seen: Progress) -> tuple[object, ...]:
    """Return what changes when a rollout moves on."""
    return seen.state, seen.new, seen.done, seen.ready, seen.existing, seen.reached


def _tell(text: str, last: str, report: Callable[[str], None]) -> str:
    """Report a line that is not the last one again; return the last one."""
    if text != last:
        report(text)
    return text


def _line(seen: Progress, trouble: str) -> str:
    return f"{line(seen)} (not up to date: {trouble})" if trouble else line(seen)
