"""Asking the rules from time to time, and keeping what they say until it is withdrawn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from controller.api.meta import Key
from lwstui.insight.judging import judge, judgment
from lwstui.insight.rules import findings
from lwstui.insight.world import World
from lwstui.state.insights import Judgment, Standing
from lwstui.state.manner import STANDARD
from lwstui.state.store import Store
from lwstui.state.tails import NO_TAILS, Tail

PERIOD_S: Final = 2.0
_log = logging.getLogger("lwstui.engine")


class Diagnosis:
    """What is wrong, at most every two seconds, and at once when it is judged in another manner.

    Args:
        store: What is known, and where what the rules say goes.
        tails: Returns the last lines that were read of each pod.
    """

    def __init__(
        self,
        store: Store,
        tails: Callable[[], Mapping[Key, Tail]] = lambda: NO_TAILS,
    ) -> None:
        self._store = store
        self._tails = tails
        self._judgment = Judgment()
        self._at = 0.0
        self._manner = STANDARD

    @property
    def standing(self) -> tuple[Standing, ...]:
        """What was found and still counts."""
        return tuple(self._judgment.standing.values())

    def resume(self, standing: Iterable[Standing], at: float) -> None:
        """Go on from what counted when the rules were asked last."""
        self._at = at
        self._judgment = judgment({one.finding.id: one for one in standing}, at)
        self._store.tell(insights=self._judgment.insights)

    def step(self, now: float) -> None:
        """Ask the rules if it is time; a defect in one of them must not stop the screen."""
        snapshot = self._store.snapshot
        due = now - self._at >= PERIOD_S or snapshot.manner != self._manner
        if not due or not snapshot.version:
            return
        self._at, self._manner = now, snapshot.manner
        try:
            found = list(findings(World(snapshot, now, self._tails())))
        except Exception:  # noqa: BLE001 - rules look at everything; one that fails is logged
            _log.exception("the rules failed")
            return
        self._judgment = judge(self._judgment, found, now)
        self._store.tell(insights=self._judgment.insights)
