"""Asking the rules from time to time, and keeping what they say until it is withdrawn."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from lwstui.insight.judging import judge
from lwstui.insight.rules import findings
from lwstui.insight.world import World
from lwstui.state.insights import Judgment
from lwstui.state.manner import STANDARD, Manner
from lwstui.state.store import Store

PERIOD_S: Final = 2.0
_log = logging.getLogger("lwstui.engine")


class Diagnosis:
    """What is wrong, at most every two seconds.

    Args:
        store: What is known, and where what the rules say goes.
        manner: How the operator wants things judged.
    """

    def __init__(self, store: Store, manner: Manner = STANDARD) -> None:
        self._store = store
        self._manner = manner
        self._judgment = Judgment()
        self._at = 0.0

    def step(self, now: float) -> None:
        """Ask the rules if it is time; a defect in one of them must not stop the screen."""
        snapshot = self._store.snapshot
        if now - self._at < PERIOD_S or not snapshot.version:
            return
        self._at = now
        try:
            found = list(findings(World(replace(snapshot, manner=self._manner), now)))
        except Exception:  # noqa: BLE001 - rules look at everything; one that fails is logged
            _log.exception("the rules failed")
            return
        self._judgment = judge(self._judgment, found, now)
        self._store.tell(insights=self._judgment.insights)
