"""What this console costs the API server: requests in the last minute, watches that broke."""

from __future__ import annotations

from collections import deque
from typing import Final

from lwstui.kube.sync import KindSync
from lwstui.state.model import ConsoleLoad

WINDOW_S: Final = 60.0
EVERY_S: Final = 5.0
"""Seconds between two looks; what is shown changes no more often."""


class LoadMeter:
    """Counts over a sliding minute."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()
        self._broken = 0
        self._states: dict[object, str] = {}

    def heard(self, watch: object, sync: KindSync) -> None:
        """Take the state of a watch."""
        before = self._states.get(watch)
        self._states[watch] = sync.state
        if sync.state == "reconnecting" and before == "live":
            self._broken += 1

    def read(self, requests: int, now: float) -> ConsoleLoad:
        """Return what it costs.

        Args:
            requests: Requests sent so far.
            now: Epoch seconds.
        """
        samples = self._samples
        if not samples or now >= samples[-1][0] + EVERY_S:
            samples.append((now, requests))
        while len(samples) > 1 and samples[1][0] <= now - WINDOW_S:
            samples.popleft()
        (began, first), (ended, last) = samples[0], samples[-1]
        span = ended - began
        rate = (last - first) * 60.0 / span if span > 0 else None
        return ConsoleLoad(last, rate, self._broken, watches=len(self._states))
