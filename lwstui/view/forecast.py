"""When a rollout will be done: rounds that remain, times the usual start of a group."""

from __future__ import annotations

from lwstui.state.starts import FEWEST, Usual
from lwstui.view.ages import age


def rounds(remaining: int, step: int) -> int:
    """Return how many times ``step`` groups have to start until ``remaining`` are done."""
    return -(-remaining // max(step, 1))


def forecast(remaining: int, step: int, known: Usual | None) -> str:
    """Return how much longer a rollout takes: ``about 12m (10m-18m)``.

    Args:
        remaining: Groups that are not updated and ready.
        step: Groups in progress at a time.
        known: The usual start.
    """
    if known is None or known.samples < FEWEST:
        return f"ETA after {FEWEST} groups"
    times = rounds(remaining, step)
    least, middle, most = (
        age(times * one, coarse=times * one >= 120)
        for one in (known.p10_s, known.p50_s, known.p90_s)
    )
    return f"about {middle} ({least}-{most})"
