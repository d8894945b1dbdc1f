"""What is known about whether the connection lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.ports import Clock
from lwstui.runtime.control import LeaseWatch
from lwstui.runtime.heartbeat import PAUSE_S
from lwstui.state.store import Store


class Liveness:
    """Notes every proof of the connection in the store.

    Args:
        store: Where it is noted.
        changed: Called when it was.
        clock: The time.
        identity: Who we are among controllers, empty if no controller runs here.
    """

    def __init__(
        self, store: Store, changed: Callable[[], None], clock: Clock, identity: str
    ) -> None:
        self._store = store
        self._changed = changed
        self._clock = clock
        self._identity = identity
        self._renewal_seen_at = 0.0

    def proved(self, ahead_s: float | None) -> None:
        """Note that the server answers, and how far its clock is ahead of ours if that is known."""
        cluster = self._store.cluster
        skew = cluster.skew_s if ahead_s is None else ahead_s
        self._store.set_cluster(replace(cluster, proved_at=self._clock.now(), skew_s=skew))
        self._changed()

    def lease_seen(self, lease: LeaseWatch) -> None:
        """Take a renewal of ours that the watch brings back as the best proof there is."""
        now = self._clock.now()
        if self._identity and lease.holder(self.at(now))[0] == self._identity:
            self._renewal_seen_at = now
            self.proved(None)
        self._changed()

    def at(self, now: float) -> float:
        """Return what the server's clock says at a moment of ours."""
        return now + self._store.cluster.skew_s

    def renews(self) -> bool:
        """Tell whether a renewal of ours has been seen lately, so that nobody need ask."""
        return self._clock.now() - self._renewal_seen_at < PAUSE_S
