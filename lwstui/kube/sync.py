"""Freshness of one watched kind: what is known, since when, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SyncState = Literal[
    "connecting",
    "listing",
    "live",
    "reconnecting",
    "forbidden",
    "unauthorized",
    "missing",
    "failed",
]


@dataclass(frozen=True, slots=True)
class KindSync:
    """State of one list-and-watch.

    Attributes:
        state: ``missing`` means that the API server does not serve the kind (no CRD).
        since: When the state was entered, epoch seconds.
        last_event_at: Newest proof of freshness (event, bookmark, end of a list), epoch seconds.
        attempt: Failed attempts in a row.
        retry_at: When the next attempt is due, epoch seconds; None when none is planned.
        message: One sentence about the last fault, empty when live.
    """

    state: SyncState = "connecting"
    since: float = 0.0
    last_event_at: float | None = None
    attempt: int = 0
    retry_at: float | None = None
    message: str = ""
