"""How long groups of a set usually take to start, by the starts that were seen. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from lwstui.state.manner import STANDARD, Manner
from lwstui.state.model import GroupStart

FEWEST: Final = 3
"""Starts with one image from which they are told apart from those with others."""
ENOUGH: Final = 5
"""Starts from which a 90th percentile says something."""
SOONEST_S: Final = 30.0
"""No start is slow before that: moments are whole seconds, and kubelets work in turns."""


@dataclass(frozen=True, slots=True)
class Usual:
    """How long groups of a set take to start, in seconds.

    Attributes:
        p10_s: One of ten took at most this long.
        p50_s: Half of them took at most this long.
        p90_s: Nine of ten took at most this long.
        samples: How many were seen.
    """

    p10_s: float
    p50_s: float
    p90_s: float
    samples: int

    @property
    def settled(self) -> bool:
        """Whether enough starts were seen for the 90th percentile to say something."""
        return self.samples >= ENOUGH


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile of sorted values, between the two nearest ones."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def usual(starts: Sequence[GroupStart], images: Collection[str] = ()) -> Usual | None:
    """Return what is usual, None if no start was seen.

    Args:
        starts: Starts of groups of one set.
        images: If enough of them were with one of these, the others do not count.
    """
    alike = [start for start in starts if start.image in images]
    took = sorted(start.seconds for start in (alike if len(alike) >= FEWEST else starts))
    if not took:
        return None
    return Usual(quantile(took, 0.1), quantile(took, 0.5), quantile(took, 0.9), len(took))


def slow_after_s(known: Usual | None, manner: Manner = STANDARD) -> float:
    """Return from how many seconds on a start is slow, as the operator wants it judged."""
    if known is None or not known.settled:
        return manner.stuck_default_s
    return max(manner.stuck_factor * known.p90_s, SOONEST_S)
