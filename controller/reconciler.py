"""One set at a time: observe, plan, perform, and decide when to look again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from controller import guard
from controller.activity import Activity, Decision, note_of
from controller.api.meta import Key
from controller.api.names import Resource
from controller.cache import Cache
from controller.errors import ApiError, Conflict, ControllerError, LeaseLost, Unavailable
from controller.executor import Executor, Outcome
from controller.measures import PassMeasures
from controller.plan.actions import Plan, Wait
from controller.plan.observed import Observed
from controller.plan.paused import paused
from controller.plan.rollout import read_record
from controller.plan.wording import describe
from controller.ports import Clock
from controller.rivals import LOOK_S, Rivals
from controller.workqueue import WorkQueue

Planner = Callable[[Observed, float], Plan]
RELIST_S: Final = 1.0
# Between two passes of a set its events gather: a set costs at most a quarter of a core, and a
# burst of events one pass.
PACE_S: Final = 0.02
PACE_FACTOR: Final = 3.0
# A set that breaks the planner is tried no more often, whatever happens to it.
BROKEN_REST_S: Final = 1.0

_log = logging.getLogger("lwstui.controller")


class Reconciler:
    """Works the queue off.

    Attributes:
        waits: Why each set waits, from its last pass.
        reconciles: Passes begun.
        measures: What passes came to.
        last_error: The last failure, with the set's name.
    """

    def __init__(
        self,
        cache: Cache,
        queue: WorkQueue,
        executor: Executor,
        rivals: Rivals,
        clock: Clock,
        *,
        activity: Activity,
        planner: Planner,
        on_change: Callable[[], None],
        on_stale: Callable[[frozenset[Resource]], None],
    ) -> None:
        self.waits: dict[Key, tuple[Wait, ...]] = {}
        self.reconciles = 0
        self.measures = PassMeasures()
        self.last_error = ""
        self._cache = cache
        self._queue = queue
        self._executor = executor
        self._rivals = rivals
        self._clock = clock
        self._activity = activity
        self._planner = planner
        self._on_change = on_change
        self._on_stale = on_stale
        self._paused: set[Key] = set()

    @property
    def errors(self) -> int:
        """Passes that failed."""
        return self.measures.results["error"]

    async def work(self) -> None:
        """Reconcile keys from the queue until cancelled."""
        while True:
            key = await self._queue.get()
            rest_s = 0.0
            try:
                rest_s = await self.reconcile(key)
            except Exception as error:  # noqa: BLE001 - a set that breaks the planner stops no other
                _log.exception("pass failed", extra={"fields": {"set": key}})
                self.measures.panics += 1
                rest_s = BROKEN_REST_S
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
        if await self._must_keep_off(observed):
            return PACE_S
        self.reconciles += 1
        started = self._clock.monotonic()
        now = self._clock.now()
        plan = self._planner(observed, now)
        recorded = read_record(observed.lws.annotations)
        self._activity.planned(note_of(key, plan, recorded, now))
        rest_s = max(PACE_S, (self._clock.monotonic() - started) * PACE_FACTOR)
        self._tell_pause(observed)
        outcome = await self._executor.execute(observed, plan)
        self.measures.duration.observe(self._clock.monotonic() - started)
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

    async def _must_keep_off(self, observed: Observed) -> bool:
        """Leave a set alone that another controller manages, or may manage for all one knows."""
        key = observed.lws.key
        try:
            evidence = await self._rivals.look(observed)
        except ControllerError as error:
            text = f"cannot tell whether another controller is at work: {error}"
            self._failed(key, text, hold_s=_retry_after_s(error))
            return True
        elsewhere = guard.keep_off(guard.verdict(evidence))
        if elsewhere is None:
            return False
        self.waits[key] = (elsewhere,)
        self._queue.succeeded(key)
        self._queue.add(key, LOOK_S)  # no watch tells when the other one has gone
        return True

    def _conclude(self, key: Key, plan: Plan, outcome: Outcome) -> None:
        error = outcome.error
        self.waits[key] = (*plan.waits, *outcome.waits)
        self._tell(key, plan, outcome)
        self.measures.acted(outcome.done)
        match error:
            case None:
                self._come_back(key, plan, outcome)
            case Conflict() | LeaseLost():
                self.measures.conflicts += isinstance(error, Conflict)
                self.measures.results["requeue"] += 1
                self._queue.retry(key)
            case _:
                self._failed(key, str(error), hold_s=_retry_after_s(error))

    def _come_back(self, key: Key, plan: Plan, outcome: Outcome) -> None:
        later = plan.requeue_after_s is not None
        result = "requeue" if outcome.waits else "requeue_after" if later else "success"
        self.measures.results[result] += 1
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

    def _tell_pause(self, observed: Observed) -> None:
        """Say that the controller begins to be paused for a set, or serves it again."""
        key, pause = observed.lws.key, paused(observed.lws.annotations)
        if (pause is not None) == (key in self._paused):
            return
        if pause is not None:
            self._paused.add(key)
            what = f"paused{pause.by}: plans and writes nothing"
        else:
            self._paused.discard(key)
            what = "resumed: writes again"
        self._activity.add(Decision(self._clock.now(), key, what))
        _log.info(what, extra={"fields": {"set": key}})

    def _failed(self, key: Key, text: str, *, hold_s: float = 0.0) -> None:
        delay_s = self._queue.retry(key, hold_s=hold_s)
        self.measures.results["error"] += 1
        self.last_error = f"{key}: {text}"
        self._activity.add(Decision(self._clock.now(), key, "pass failed", text))
        fields = {"set": key, "error": text, "retry_s": round(delay_s, 3)}
        _log.warning("pass failed", extra={"fields": fields})

    def _forget(self, key: Key) -> None:
        self._cache.expectations.clear(key)
        self._queue.forget(key)
        self._rivals.forget(key)
        self._paused.discard(key)
        self.waits.pop(key, None)
        self._activity.forget(key)


def _retry_after_s(error: Exception) -> float:
    """Return for how long the server asks to be left alone.

    Only the set that was refused rests. Servers refuse by flow, quota and admission hook, so a
    refusal says nothing of other sets; each of those learns it by one request of its own.
    """
    if isinstance(error, ApiError | Unavailable):
        return error.retry_after_s or 0.0
    return 0.0
