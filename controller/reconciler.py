"""One set at a time: observe, plan, perform, and decide when to look again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from controller.activity import Activity, Decision, describe
from controller.api.meta import Key
from controller.api.names import Resource
from controller.cache import Cache
from controller.errors import ApiError, Conflict, LeaseLost, Unavailable
from controller.executor import Executor, Outcome
from controller.index import MODEL_SERVING
from controller.plan.actions import Plan, Wait
from controller.plan.observed import Observed
from controller.ports import Clock
from controller.workqueue import WorkQueue

Planner = Callable[[Observed, float], Plan]
RELIST_S: Final = 1.0
# Between two passes of a set its events gather: a set costs at most a quarter of a core, and a
# burst of events one pass.
PACE_S: Final = 0.02
PACE_FACTOR: Final = 3.0
_MANAGERS: Final = {
    "StatefulSet": "the native controller manages its pods (StatefulSet {}); it is left alone "
    "until `lwstui takeover` has moved it",
    MODEL_SERVING: "Kthena manages its pods (ModelServing {}); it is left alone",
}

_log = logging.getLogger("lwstui.controller")


def managed_elsewhere(observed: Observed) -> Wait | None:
    """Return the reason to keep off a set whose pods another controller makes, or None."""
    for pod in observed.pods:
        reason = _MANAGERS.get(pod.owner_kind)
        if reason is not None:
            return Wait("managed-elsewhere", reason.format(pod.owner_name))
    return None


class Reconciler:
    """Works the queue off.

    Attributes:
        waits: Why each set waits, from its last pass.
        reconciles: Passes begun.
        errors: Passes that failed.
        last_error: The last failure, with the set's name.
    """

    def __init__(
        self,
        cache: Cache,
        queue: WorkQueue,
        executor: Executor,
        clock: Clock,
        activity: Activity,
        *,
        planner: Planner,
        on_change: Callable[[], None],
        on_stale: Callable[[frozenset[Resource]], None],
    ) -> None:
        self.waits: dict[Key, tuple[Wait, ...]] = {}
        self.reconciles = 0
        self.errors = 0
        self.last_error = ""
        self._cache = cache
        self._queue = queue
        self._executor = executor
        self._clock = clock
        self._activity = activity
        self._planner = planner
        self._on_change = on_change
        self._on_stale = on_stale

    async def work(self) -> None:
        """Reconcile keys from the queue until cancelled."""
        while True:
            key = await self._queue.get()
            rest_s = 0.0
            try:
                rest_s = await self.reconcile(key)
            except Exception as error:  # noqa: BLE001 - a set that breaks the planner stops no other
                _log.exception("pass failed", extra={"fields": {"set": key}})
                self._failed(key, f"{type(error).__name__}: {error}")
            finally:
                self._queue.done(key, rest_s=rest_s)
            self._on_change()

    async def reconcile(self, key: Key) -> float:
        """Bring one set a step closer to what it asks for.

        A set that is gone or being deleted is left to garbage collection.

        Returns:
            Seconds to leave the set alone, in proportion to what planning it costs.
        """
        observed = self._cache.observe(key)
        if observed is None or observed.lws.metadata.deletion_timestamp is not None:
            self._forget(key)
            return 0.0
        if self._must_wait_for_watches(key):
            return 0.0
        elsewhere = managed_elsewhere(observed)
        if elsewhere is not None:
            self.waits[key] = (elsewhere,)
            self._queue.succeeded(key)
            return PACE_S
        self.reconciles += 1
        started = self._clock.monotonic()
        plan = self._planner(observed, self._clock.now())
        rest_s = max(PACE_S, (self._clock.monotonic() - started) * PACE_FACTOR)
        outcome = await self._executor.execute(observed, plan)
        self._conclude(key, plan, outcome)
        return rest_s

    def _must_wait_for_watches(self, key: Key) -> bool:
        """Put a set off whose last writes the watches have not shown; relist after a while."""
        expectations = self._cache.expectations
        left_s = expectations.pending_s(key, self._clock.monotonic())
        if left_s is None:
            return False
        if left_s > 0:
            self._queue.add(key, left_s)
            return True
        resources = expectations.clear(key)
        kinds = ",".join(sorted(str(resource) for resource in resources))
        _log.warning("watch is behind", extra={"fields": {"set": key, "kinds": kinds}})
        self._on_stale(resources)
        self._queue.add(key, RELIST_S)
        return True

    def _conclude(self, key: Key, plan: Plan, outcome: Outcome) -> None:
        error = outcome.error
        self.waits[key] = (*plan.waits, *outcome.waits)
        self._tell(key, plan, outcome)
        match error:
            case None:
                self._come_back(key, plan, outcome)
            case Conflict() | LeaseLost():
                self._queue.retry(key)
            case _:
                self._failed(key, str(error), hold_s=_retry_after_s(error))

    def _come_back(self, key: Key, plan: Plan, outcome: Outcome) -> None:
        if outcome.waits:
            self._queue.retry(key)
        else:
            self._queue.succeeded(key)
        if plan.requeue_after_s is not None:
            self._queue.add(key, plan.requeue_after_s)

    def _tell(self, key: Key, plan: Plan, outcome: Outcome) -> None:
        for what in describe(outcome.done, plan.events if outcome.error is None else ()):
            self._activity.add(Decision(self._clock.now(), key, what))
            _log.info(what, extra={"fields": {"set": key}})

    def _failed(self, key: Key, text: str, *, hold_s: float = 0.0) -> None:
        delay_s = self._queue.retry(key, hold_s=hold_s)
        self.errors += 1
        self.last_error = f"{key}: {text}"
        self._activity.add(Decision(self._clock.now(), key, "pass failed", text))
        fields = {"set": key, "error": text, "retry_s": round(delay_s, 3)}
        _log.warning("pass failed", extra={"fields": fields})

    def _forget(self, key: Key) -> None:
        self._cache.expectations.clear(key)
        self._queue.forget(key)
        self.waits.pop(key, None)


def _retry_after_s(error: Exception) -> float:
    if isinstance(error, ApiError | Unavailable):
        return error.retry_after_s or 0.0
    return 0.0
