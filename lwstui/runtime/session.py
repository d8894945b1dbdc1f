"""One connection at work: watches, the embedded controller, and what they need from each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from controller.api.names import (
    CLAIMS,
    CONTROLLER_LEASE,
    DEVICE_KINDS,
    EVENTS,
    LEADERWORKERSETS,
    LEASES,
    NODES,
    PODS,
    REVISIONS,
    SERVICES,
    SET_NAME,
    Resource,
)
from controller.errors import ControllerError
from controller.ports import Clock
from lwstui.config.prometheus import NOWHERE, Prometheus
from lwstui.kube.sync import KindSync
from lwstui.runtime.control import (
    LEASE_NAMESPACE,
    LeaseWatch,
    embedded_view,
    news,
    outside_view,
    told,
)
from lwstui.runtime.feed import Feed
from lwstui.runtime.heartbeat import Heartbeat
from lwstui.runtime.hours import Hours
from lwstui.runtime.liveness import Liveness
from lwstui.runtime.load import LoadMeter
from lwstui.runtime.permissions import Permissions
from lwstui.runtime.ports import Controller, Factory, Link, Sink, Watch, WatchSpec
from lwstui.runtime.sampler import Sampler
from lwstui.state.model import Activity, ControllerView
from lwstui.state.rights import Rights
from lwstui.state.store import Store

if TYPE_CHECKING:
    from controller.activity import Decision

RESTART_S: Final = 5.0
_NAMESPACED: Final = (LEADERWORKERSETS, SERVICES, REVISIONS)
_PARTIAL: Final = "only pods of sets in these namespaces are seen: other users of devices are not"
_log = logging.getLogger("lwstui.engine")


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What a session is to do.

    Attributes:
        namespaces: Namespaces in view; empty means all that may be seen.
        identity: Who stands for election; empty without an embedded controller.
        lease_namespace: Where controllers have their Lease.
        apply_first: Objects to apply once.
        prometheus: What remembers the time before; nothing if it is empty.
    """

    namespaces: tuple[str, ...] = ()
    identity: str = ""
    lease_namespace: str = LEASE_NAMESPACE
    apply_first: tuple[dict[str, Any], ...] = ()
    prometheus: Prometheus = NOWHERE


class Session:
    """Watches a cluster until cancelled.

    Args:
        link: The connection; closed by whoever opened it.
        factory: Makes the embedded controller.
        store: Where records go.
        feed: How they go there.
        options: What to do.
        clock: The time.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        link: Link,
        factory: Factory,
        store: Store,
        feed: Feed,
        options: SessionOptions,
        *,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.link = link
        self._factory = factory
        self._store = store
        self._feed = feed
        self._options = options
        self._clock = clock
        self._sleep = sleep
        self._hours = Hours(link, store, clock, options.prometheus, sleep=sleep)
        self.sampler = Sampler(link, store, clock, feed.changed, self._hours, sleep=sleep)
        self._alive = Liveness(store, feed.changed, clock, options.identity)
        self._lease = LeaseWatch(lambda: self._alive.lease_seen(self._lease))
        self._meter = LoadMeter()
        self._controller: Controller | None = None
        self._refusal = ""
        self._last: Decision | None = None
        self._events = False
        self._running: dict[WatchSpec, tuple[Watch, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._forbidden: set[Resource] = set()
        self._watched = options.namespaces or ("",)
        self._narrow_to: tuple[str, ...] = ()
        self._pods_selector: str | None = None

    async def run(self, *, events: bool) -> None:
        """Watch until cancelled; ``events`` says whether to watch events from the start."""
        self._feed.on_sync = self._heard
        try:
            self._prepare_controller()
            self._spawn(self._supervised(self.link.run_background), "background")
            await self._apply_first()
            self._start_watches()
            self._spawn(self._supervised(self._heartbeat().run), "heartbeat")
            self._spawn(self._supervised(self.sampler.run), "telemetry")
            self._spawn(self._supervised(self._hours.run), "history")
            self.want_events(wanted=events)
            self.learn_namespaces()
            self._spawn(self._supervised(self._permissions().run), "permissions")
            if self._controller is not None:
                self._spawn(self._supervised(self._controller.run), "controller")
            await asyncio.Event().wait()
        finally:
            self._feed.on_sync = None
            self._feed.cache = None
            await self._end()

    def _permissions(self) -> Permissions:
        def learned(rights: Rights) -> None:
            self._store.set_cluster(replace(self._store.cluster, rights=rights))
            self._feed.changed()

        def places() -> tuple[str, ...]:
            known = self._store.snapshot
            found = known.cluster.namespaces or tuple(sorted(known.sets_by_namespace))
            return found or ("default",)

        return Permissions(self.link, places, learned, self._sleep)

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(
            self.link.ping,
            clock=self._clock,
            sleep=self._sleep,
            proved=self._alive.proved,
            lost=self._reopen,
            regained=self.hurry,
            excused=self._alive.renews,
        )

    def _reopen(self) -> None:
        for watch, _ in self._running.values():
            watch.reopen()

    # What the engine asks for.

    def hurry(self) -> None:
        """Try again now what waits after a fault."""
        for watch, _ in self._running.values():
            watch.hurry()

    def want_events(self, *, wanted: bool) -> None:
        """Watch events, or stop to."""
        self._events = wanted
        for spec in [WatchSpec(EVENTS, namespace) for namespace in self._watched]:
            if wanted:
                self._watch(spec)
            else:
                self._unwatch(spec)

    def refresh(self) -> None:
        """List everything again now; credentials that were refused are loaded again."""
        self.link.log_in_again()
        for watch, _ in self._running.values():
            watch.refresh()
        self.learn_namespaces()

    def look_at(self, namespaces: tuple[str, ...]) -> None:
        """Watch what these namespaces need (none: all) beyond what is watched already.

        The embedded controller goes on serving what it serves, so nothing it needs is left out.
        """
        wanted = namespaces or ("",)
        if "" in self._watched or set(wanted) <= set(self._watched):
            return
        kept = self._watched if self._controller is not None else ()
        before, self._watched = self._watched, tuple(dict.fromkeys((*kept, *wanted)))
        self._narrow_to = before
        for namespace in self._watched:
            self._watch_namespace(namespace)
        for namespace in set(before) - set(self._watched):
            self._unwatch_namespace(namespace)
        self.want_events(wanted=self._events)

    def learn_namespaces(self) -> None:
        """Find out which namespaces there are; a cluster need not tell."""
        self._spawn(self._list_namespaces(), "namespaces")

    async def _list_namespaces(self) -> None:
        try:
            found = await self.link.namespaces()
        except ControllerError:
            return  # the operator may still name one
        self._store.set_cluster(replace(self._store.cluster, known_namespaces=found))
        self._feed.changed()

    def pause(self, *, paused: bool) -> None:
        """Pause or resume the embedded controller."""
        if self._controller is None:
            return
        if paused:
            self._controller.pause()
        else:
            self._controller.resume()
        text = "paused the controller" if paused else "resumed the controller"
        self._store.log(Activity(self._clock.now(), "you", text, "", "done"))
        self._feed.changed()

    def derive(self, now: float) -> None:
        """Bring the controller's view and its activity up to date."""
        load = self._meter.read(self.link.requests, now)
        if self._controller is None:
            view = outside_view(self._lease, self._alive.at(now), native=self._store.natively_owned)
            if self._refusal:
                view = ControllerView(mode="failed", last_error=self._refusal)
            self._store.set_controller(replace(view, load=load))
            return
        state = self._controller.state()
        self._store.set_controller(replace(embedded_view(state, self._lease), load=load))
        for decision in news(state.decisions, self._last):
            self._store.log(told(decision))
            self._last = decision

    # The controller.

    def _prepare_controller(self) -> None:
        if not self._options.identity:
            return
        namespaces = self._options.namespaces
        if len(namespaces) > 1:
            self._refusal = "the embedded controller serves one namespace or all, not several"
            return
        namespace = namespaces[0] if namespaces else ""
        controller = self._factory.controller(self.link, self._options.identity, namespace)
        controller.on_change = self._feed.changed
        controller.on_stale = self._relist
        self._feed.cache, self._feed.cache_namespace = controller.cache, namespace
        self._controller = controller

    def _relist(self, resources: frozenset[Resource]) -> None:
        for spec, (watch, _) in self._running.items():
            if spec.resource in resources:
                watch.refresh()

    async def _apply_first(self) -> None:
        objects = self._options.apply_first
        if not objects:
            return
        namespace = self._options.namespaces[0] if self._options.namespaces else ""
        namespace = namespace or self.link.where.namespace or "default"
        said: list[str] = []
        try:
            refused = await self.link.apply(objects, namespace, said.append)
        except ControllerError as error:
            refused, said = len(objects), [*said, str(error)]
        outcome = f"{refused} of {len(objects)} refused" if refused else "done"
        for text in said:
            now = self._clock.now()
            self._store.log(Activity(now, "you", "apply", text, outcome, ok=not refused))
        self._feed.changed()

    # Watches.

    def _start_watches(self) -> None:
        self._watch(WatchSpec(NODES))
        self._watch(WatchSpec(PODS))  # all pods: others hold accelerators too
        for resource in DEVICE_KINDS:
            self._watch(WatchSpec(resource))
        for namespace in self._watched:
            self._watch_namespace(namespace)
        ours = f"metadata.name={CONTROLLER_LEASE}"
        lease = WatchSpec(LEASES, self._options.lease_namespace, field_selector=ours)
        self._run(lease, self._lease)

    def _watch_namespace(self, namespace: str) -> None:
        for resource in (*_NAMESPACED, *((CLAIMS,) if self._controller is not None else ())):
            self._watch(WatchSpec(resource, namespace))
        if self._pods_selector is not None:
            spec = WatchSpec(PODS, namespace, label_selector=self._pods_selector)
            self._watch(spec, _PARTIAL)

    def _unwatch_namespace(self, namespace: str) -> None:
        for spec in [s for s in self._running if s.namespace == namespace and s.resource != LEASES]:
            self._unwatch(spec)

    def _watch(self, spec: WatchSpec, note: str = "") -> None:
        if spec not in self._running:
            self._run(spec, self._feed.sink(spec, note))

    def _run(self, spec: WatchSpec, sink: Sink) -> None:
        watch = self.link.watch(spec, sink)

        def failed(error: Exception) -> None:
            now = self._clock.now()
            reason = f"{type(error).__name__}: {error}"
            sink.synced(KindSync("failed", now, None, 1, now + RESTART_S, reason))

        task = self._spawn(self._supervised(watch.run, failed), f"watch {spec.resource}")
        self._running[spec] = (watch, task)

    async def _supervised(
        self,
        work: Callable[[], Awaitable[None]],
        failed: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """Run something for ever; a defect in it is told and does not end the rest."""
        while True:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - the supervisor of all long tasks
                _log.exception("a task of the engine failed")
                failed(error)
                self._feed.changed()
            await self._sleep(RESTART_S)

    def _unwatch(self, spec: WatchSpec) -> None:
        found = self._running.pop(spec, None)
        if found is not None:
            found[1].cancel()
            self._feed.forget(spec)

    def _heard(self, spec: WatchSpec, sync: KindSync) -> None:
        """Note that the cluster answers, and do with less where more is forbidden."""
        self._meter.heard(spec, sync)
        cluster = self._store.cluster
        answered = sync.state in ("live", "forbidden", "missing", "unauthorized")
        if answered:
            self._store.set_cluster(replace(cluster, connected=True, problem=""))
        elif sync.state == "reconnecting" and not cluster.connected:
            self._store.set_cluster(replace(cluster, problem=sync.message))
        if sync.state == "forbidden" and not spec.namespace and spec in self._running:
            self._forbidden.add(spec.resource)
            if LEADERWORKERSETS in self._forbidden and "" in self._watched:
                self._narrow()
            if PODS in self._forbidden and "" not in self._watched:
                self._narrow_pods()

    def _narrow(self) -> None:
        """Watch a few namespaces when all of them may not be watched."""
        self._watched = self._narrow_to or (self.link.where.namespace or "default",)
        wide = [s for s in self._running if not s.namespace and s.resource.namespaced]
        self._store.set_cluster(replace(self._store.cluster, namespaces=self._watched))
        if self._feed.cache_namespace == "":
            self._feed.cache_namespace = self._watched[0]
        for spec in [s for s in wide if s.resource != PODS]:
            self._unwatch(spec)
            for namespace in self._watched:
                self._watch(replace(spec, namespace=namespace))

    def _narrow_pods(self) -> None:
        """Watch the pods of the namespaces in view when all pods may not be watched."""
        if WatchSpec(PODS) not in self._running:
            return
        self._unwatch(WatchSpec(PODS))
        # The controller must also see strangers under the names it wants.
        self._pods_selector = "" if self._controller is not None else SET_NAME
        for namespace in self._watched:
            self._watch_namespace(namespace)

    # Tasks.

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _end(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
