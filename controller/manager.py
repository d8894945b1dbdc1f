"""The embedded controller as a whole: cache, election, queue, workers, and how they are doing."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from controller.activity import Activity, ControllerState
from controller.api.meta import Key
from controller.api.names import CONTROLLER_LEASE, Resource
from controller.cache import REQUIRED, Cache
from controller.executor import Executor
from controller.guard import NATIVE_NAMESPACE
from controller.leases import NAMESPACE, Election, LeaseTimes
from controller.measures import set_families, waiting
from controller.metrics import Family, gauge
from controller.plan.compose import plan
from controller.ports import Clock, Cluster, EventSink
from controller.reconciler import Planner, Reconciler
from controller.rivals import Rivals
from controller.workqueue import Sleep, WorkQueue

WORKERS: Final = 4

_log = logging.getLogger("lwstui.controller")


class Manager:
    """Serves all sets of a cluster, or of one namespace, while it holds the lease.

    It keeps no state of its own: killed at any moment, the next one continues from the cluster.
    There is one lease for all, whatever namespaces they serve: two that each serve their own
    would both write where the namespaces overlap, and nothing keeps them from overlapping.

    Args:
        cluster: Reads and writes.
        clock: The time.
        events: Takes events about sets.
        identity: Name of this process, unlike that of any other.
        namespace: The one namespace to serve, empty for all.
        lease_namespace: Namespace of the lease, the same for all controllers of the cluster.
        lease_times: Durations of the lease.
        native_namespace: Where the native controller's lease is looked for.
        planner: Makes plans.
        workers: Sets worked on at a time.
        sleep: Waits, in seconds.
        jitter: Chance, from 0 to 1.

    Attributes:
        cache: To be fed from outside: ``replace`` after a list, ``apply`` for a watch event.
        on_change: Called whenever ``state()`` may answer something new.
        on_stale: Called with the kinds that must be listed anew (``cache.replace``): our own
            writes to them did not come back in the watch, or the lease was lost, after which
            nothing is done before they have been listed.
    """

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock,
        events: EventSink,
        *,
        identity: str,
        namespace: str = "",
        lease_namespace: str = NAMESPACE,
        lease_times: LeaseTimes | None = None,
        native_namespace: str = NATIVE_NAMESPACE,
        planner: Planner = plan,
        workers: int = WORKERS,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.on_change: Callable[[], None] | None = None
        self.on_stale: Callable[[frozenset[Resource]], None] | None = None
        self.cache = Cache(self._affected, self._wake_up)
        self._identity = identity
        self._namespace = namespace
        self._workers = workers
        self._paused = False
        self._working = False
        self._ending = False
        self._failure = ""
        self._wake = asyncio.Event()
        self._activity = Activity()
        self._queue = WorkQueue(clock, sleep=sleep, jitter=jitter)
        self._election = Election(
            cluster,
            clock,
            identity=identity,
            namespace=lease_namespace,
            serves=namespace,
            times=lease_times,
            on_change=self._wake_up,
            sleep=sleep,
        )
        self._executor = Executor(
            cluster.fenced(self._may_write),
            clock,
            events,
            self.cache,
            leading=self._may_write,
        )
        self._reconciler = Reconciler(
            self.cache,
            self._queue,
            self._executor,
            Rivals(cluster, clock, namespace=native_namespace),
            clock,
            activity=self._activity,
            planner=planner,
            on_change=self._changed,
            on_stale=self._stale,
        )

    async def run(self) -> None:
        """Stand for election and work while leading, until cancelled; then give the lease back."""
        self._failure = ""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._election.run())
                tasks.create_task(self._serve())
        except BaseExceptionGroup as group:
            self._failure = "; ".join(str(error) for error in group.exceptions)
            raise
        finally:
            await self._election.release()
            self._changed()

    async def drain(self) -> None:
        """Begin no request any more, and wait until those under way are answered.

        For an end in good order: ``run`` is cancelled next, which gives the lease back.
        """
        self._ending = True
        await self._queue.drain()

    def pause(self) -> None:
        """Stop acting, in the middle of a pass if need be; the lease is kept."""
        self._paused = True
        self._wake_up()

    def resume(self) -> None:
        """Act again."""
        self._paused = False
        self._wake_up()

    def state(self) -> ControllerState:
        """Return how the controller is doing now."""
        reconciler, election = self._reconciler, self._election
        return ControllerState(
            mode=self._mode(),
            identity=self._identity,
            leading=election.leading(),
            holder=election.holder,
            since=election.since,
            holder_serves=election.holder_serves,
            queue=self._queue.depth,
            queue_latency_s=self._queue.latency_s,
            reconciles=reconciler.reconciles,
            pass_p50_s=reconciler.measures.duration.quantile(0.5),
            pass_p99_s=reconciler.measures.duration.quantile(0.99),
            errors=reconciler.errors,
            requests=self._executor.requests,
            last_error=self._failure or election.problem or reconciler.last_error,
            waits=MappingProxyType(dict(reconciler.waits)),
            decisions=self._activity.recent(),
            plans=self._activity.plans(),
        )

    def families(self, *, per_set: bool) -> tuple[Family, ...]:
        """Return what there is to measure.

        Args:
            per_set: Whether each set has series of its own. Only a leader tells them, so that a
                sum over all replicas counts a set once.
        """
        leading = self._election.leading()
        keys = self.cache.set_keys()
        sets = [lws for key in keys if (lws := self.cache.get(key)) is not None]
        return (
            gauge(
                "leader_election_master_status",
                "1 while this process holds the lease.",
                leading,
                name=CONTROLLER_LEASE,
            ),
            gauge(
                "lwstui_leader",
                "1 while this process holds the lease, by its identity.",
                leading,
                identity=self._identity,
            ),
            gauge("lwstui_sets", "Sets seen.", len(sets)),
            waiting(self._reconciler.waits),
            *self._queue.families(),
            *self._reconciler.measures.families(self._queue.active, self._workers),
            *(set_families(sets) if per_set and leading else ()),
        )

    def _mode(self) -> str:
        leading = self._election.leading()
        if self._failure or (self._election.problem and not leading):
            return "failed"
        if self._paused:
            return "paused"
        if leading:
            return "leader" if self._working else "starting"
        return "standby" if self._election.holder not in ("", self._identity) else "starting"

    async def _serve(self) -> None:
        """Have workers running whenever they may."""
        while True:
            await self._until(may_work=True)
            workers = [asyncio.create_task(self._reconciler.work()) for _ in range(self._workers)]
            self._working = True
            for key in self.cache.set_keys():
                self._affected(key)
            self._report("controller works")
            try:
                await self._until(may_work=False)
            finally:
                self._working = False
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
                self._queue.clear()
                self._reconciler.waits.clear()
                self._report("controller rests")
            if not self._election.leading() and self.on_stale is not None:
                # Others may have acted, and this machine may have slept through it.
                self.cache.distrust()
                self._stale(frozenset(REQUIRED))

    def _report(self, what: str) -> None:
        fields = {"identity": self._identity, "sets": len(self.cache.set_keys())}
        _log.info(what, extra={"fields": fields})
        self._changed()

    async def _until(self, *, may_work: bool) -> None:
        while self._may_work() != may_work:
            self._wake.clear()
            await self._wake.wait()

    def _may_write(self) -> bool:
        return self._election.leading() and not self._ending

    def _may_work(self) -> bool:
        return self._election.leading() and not self._paused and not self.cache.unsynced

    def _affected(self, key: Key) -> None:
        if self._working and self._namespace in ("", key.namespace):
            self._queue.add(key)

    def _stale(self, resources: frozenset[Resource]) -> None:
        if self.on_stale is not None:
            self.on_stale(resources)

    def _wake_up(self) -> None:
        self._wake.set()
        self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()
