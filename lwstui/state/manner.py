"""How the operator wants things judged and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Times = Literal["absolute", "utc", "relative"]
"""How moments are written: as local clock times, as those of UTC, or as how long ago they were."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What screens and rules go by where tastes and clusters differ.

    Attributes:
        times: How moments are written.
        stuck_factor: A start that takes so many times the set's 90th percentile is stuck.
        stuck_default_s: A start that takes so long is stuck while too few starts were seen.
        recreate_loop: Recreations of a group within 15 minutes that make a loop.
        topology_keys: Labels of nodes to group by, in order; none for those that are known.
        metric: What maps of devices show at first; auto for what they do if it is measured.
    """

    times: Times = "absolute"
    stuck_factor: float = 1.5
    stuck_default_s: float = 900.0
    recreate_loop: int = 3
    topology_keys: tuple[str, ...] = ()
    metric: str = "auto"


STANDARD = Manner()
