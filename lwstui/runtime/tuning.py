"""What settings change about an engine while it works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from lwstui.config.schema import Settings
from lwstui.state.manner import STANDARD, Manner, Times
from lwstui.view.ages import parse_age


@dataclass(frozen=True, slots=True)
class Tuning:
    """How an engine judges, lists and measures.

    Attributes:
        manner: How the operator wants things judged and told.
        page: Objects of a list that are asked for at once.
        measure_s: Seconds between two rounds of measuring while a screen shows them.
    """

    manner: Manner = STANDARD
    page: int = 500
    measure_s: float = 15.0


UNTUNED: Final = Tuning()
"""What an engine does before anything was asked of it."""


def tuning_of(settings: Settings) -> Tuning:
    """Return what settings ask of an engine."""
    measure_s = parse_age(settings.metrics_interval) or UNTUNED.measure_s
    return Tuning(manner_of(settings), settings.page, measure_s)


def manner_of(settings: Settings) -> Manner:
    """Return how the operator wants things judged and told."""
    return Manner(
        cast("Times", settings.time),
        settings.stuck_factor,
        parse_age(settings.stuck_default) or STANDARD.stuck_default_s,
        settings.recreate_loop,
        settings.topology_keys,
        settings.node_metric,
    )
