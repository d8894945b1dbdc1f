"""The engine's work, all of it on one loop: connecting, publishing, writing, reading logs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from controller.api.meta import Key
from controller.api.names import Resource
from controller.errors import Unauthorized, Unavailable
from controller.ports import Clock
from lwstui.runtime.around import around
from lwstui.runtime.backend import LogEntry, LogRequest
from lwstui.runtime.containerdesk import ContainerDesk
from lwstui.runtime.control import UNKNOWN
from lwstui.runtime.diagnosis import Diagnosis
from lwstui.runtime.feed import Feed
from lwstui.runtime.forwards import Forwards
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.keeping import Keeping
from lwstui.runtime.ledger import Ledger
from lwstui.runtime.logdesk import LogDesk, OpenLog
from lwstui.runtime.past import Past
from lwstui.runtime.ports import Factory, Link
from lwstui.runtime.rawobjects import as_yaml, read
from lwstui.runtime.recording.recorder import Recorder
from lwstui.runtime.session import Session, SessionOptions
from lwstui.runtime.takeover_terms import Moved, Standing, TakeoverError, TakeoverOrder
from lwstui.runtime.taking import Takeovers
from lwstui.runtime.trials import try_manifests
from lwstui.runtime.tuning import UNTUNED, Tuning
from lwstui.runtime.works import Works
from lwstui.runtime.writer import Writer
from lwstui.state.around import Around
from lwstui.state.manifests import Manifest, Trial
from lwstui.state.model import Activity, ClusterState, ContextFacts, Snapshot
from lwstui.state.store import Store

if TYPE_CHECKING:
    from lwstui.runtime.engine import EngineOptions

TICK_S: Final = 1.0
BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_log = logging.getLogger("lwstui.engine")


class Core:
    """Everything the engine does. Made, used and ended on the loop of its thread.

    Args:
        options: What to do.
        factory: Makes connections.
        clock: The time.
        publish: Takes snapshots.
        sleep: Waits, in seconds.
        attachment: Number of this work among those of the program.
        activity: What was done before.

    Attributes:
        wants_events: Whether events are wanted.
        wants_metrics: Whether a screen shows what is measured.
        recorder: Records what comes, once it is told to.
    """

    def __init__(
        self,
        options: EngineOptions,
        factory: Factory,
        clock: Clock,
        publish: Callable[[Snapshot], None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        attachment: int = 0,
        activity: tuple[Activity, ...] = (),
    ) -> None:
        self._options = options
        self._factory = factory
        self._clock = clock
        self._sleep = sleep
        self._store = Store(
            ClusterState(
                namespaces=options.namespaces, read_only=options.read_only, attachment=attachment
            )
        )
        self._past = Past(self._store, options.state, activity)
        self._keeping = Keeping(self._store, options.state)
        self._store.set_controller(UNKNOWN)
        self._feed = Feed(self._store, clock, publish, before=self._derive, sleep=sleep)
        self._ledger = Ledger(self._store)
        self.forwards = Forwards(self._store, lambda: self._link)
        self.containers = ContainerDesk(
            self._store,
            clock,
            lambda: self._link,
            self._feed.changed,
            read_only=options.read_only,
        )
        self._works = Works(self._store, self._ledger, clock, self._feed.changed, sleep)
        self._writer = Writer(self._store, self._ledger, self._works, clock, self._feed.changed)
        self._session: Session | None = None
        self._link: Link | None = None
        self.wants_events = False
        self.wants_metrics = True
        self._tuning = UNTUNED
        self._again = asyncio.Event()
        self._logs = LogDesk(self._store, self._feed, clock, sleep=sleep, state=options.state)
        self._diagnosis = Diagnosis(self._store, self._logs.tails)
        self.recorder = Recorder(self._store, self._feed, clock, sleep=sleep)

    async def run(self) -> None:
        """Work until cancelled."""
        helpers = [
            asyncio.create_task(self._kept(self._feed.run)),
            asyncio.create_task(self._tick()),
            asyncio.create_task(self._kept(self.recorder.run)),
        ]
        self._feed.changed()
        try:
            await self._connect_for_ever()
        finally:
            tasks = [*helpers, *self._logs.tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.forwards.end()
            await self._works.end()
            await self._past.keep()
            await self._keeping.keep()
            self._feed.flush()
            await self.recorder.stop("the console left the cluster")

    # What the console asks for.

    async def write(self, intent: Intent, *, dry_run: bool) -> Outcome:
        """Carry an intent out, or ask whether the server would accept it."""
        if self._options.read_only:
            return self._writer.refuse(intent, "read-only")
        if self._link is None:
            return self._writer.refuse(intent, "not connected")
        return await self._writer.send(intent, self._link.cluster, dry_run=dry_run)

    def record(self, activity: Activity) -> None:
        """Add a line to the activity log."""
        self._store.log(activity)
        self._feed.changed()

    async def try_manifests(self, manifests: Sequence[Manifest]) -> tuple[Trial, ...]:
        """Ask the server what applying manifests would do; nothing is changed.

        Raises:
            ControllerError: If it does not answer.
        """
        if self._link is None:
            raise Unavailable("not connected to a cluster")
        return await try_manifests(self._link, manifests, self._link.where.namespace or "default")

    async def takeover_standing(self) -> Standing:
        """Return who controls which set; see ``Takeovers``."""
        return await self._takeovers().standing()

    async def take_over(
        self, order: TakeoverOrder, report: Callable[[str], None]
    ) -> tuple[Moved, ...]:
        """Move sets here; see ``Takeovers``."""
        if self._options.read_only:
            raise TakeoverError("read-only: nothing is done")
        return await self._takeovers().take_over(order, report)

    def _takeovers(self) -> Takeovers:
        if self._link is None:
            raise Unavailable("not connected to a cluster")
        return Takeovers(self._link, self._clock, self._store.log)

    def cancel(self, target: Key) -> None:
        """Stop what this program still does for an intent."""
        self._works.stop(target)

    async def read(
        self, resource: Resource, namespace: str, name: str, *, managed: bool = False
    ) -> Mapping[str, Any]:
        """Read one whole object, cleaned, managed fields only if they are wanted.

        Raises:
            ControllerError: If it cannot be read.
        """
        if self._link is None:
            raise Unavailable("not connected to a cluster")
        return await read(self._link.cluster, resource, namespace, name, managed=managed)

    async def around(self, key: Key) -> Around:
        """Read what stands around a set and is not watched."""
        if self._link is None:
            raise Unavailable("not connected to a cluster")
        return await around(self._link.cluster.list, key, self._clock.now())

    async def yaml(
        self, resource: Resource, namespace: str, name: str, *, managed: bool = False
    ) -> str:
        """Read one object and return it as YAML, cleaned, managed fields only if wanted.

        Raises:
            ControllerError: If it cannot be read.
        """
        body = await self.read(resource, namespace, name, managed=managed)
        return as_yaml(body)

    def open_logs(
        self, request: LogRequest, sink: Callable[[list[LogEntry]], None]
    ) -> OpenLog | None:
        """Open merged logs; None if there is no cluster to read them from."""
        reader = None if self._link is None else self.recorder.reader(self._link)
        return self._logs.open(reader, request, sink)

    def want_events(self, *, wanted: bool) -> None:
        """Watch events from now on, or no longer."""
        self.wants_events = wanted
        if self._session is not None:
            self._session.want_events(wanted=wanted)

    def want_metrics(self, *, wanted: bool) -> None:
        """Measure often from now on, or seldom."""
        self.wants_metrics = wanted
        if self._session is not None:
            self._session.sampler.want(wanted=wanted)

    def tune(self, tuning: Tuning) -> None:
        """Judge, list and measure in another way from now on."""
        self._tuning = tuning
        self._store.judge_by(tuning.manner)
        if self._session is not None:
            self._tune(self._session)
        self._feed.changed()

    def _tune(self, session: Session) -> None:
        session.link.list_by(self._tuning.page)
        session.sampler.measure_every(self._tuning.measure_s)

    def reconnect(self) -> None:
        """List everything again, or try to connect, now."""
        self._again.set()
        if self._session is not None:
            self._session.refresh()

    @property
    def activity(self) -> tuple[Activity, ...]:
        """What was done, oldest first."""
        return self._store.past.lines

    def look_at(self, namespaces: tuple[str, ...]) -> None:
        """Show these namespaces from now on; none means all."""
        self._options = replace(self._options, namespaces=namespaces)
        self._store.set_cluster(replace(self._store.cluster, namespaces=namespaces))
        if self._session is not None:
            self._session.look_at(namespaces)
        self._feed.changed()

    def learn_places(self) -> None:
        """Read again which contexts and namespaces there are."""
        found = tuple(
            ContextFacts(w.context, w.cluster, w.server, w.user, w.namespace, w.sandbox)
            for w in self._factory.contexts(self._options.target)
        )
        self._store.set_cluster(replace(self._store.cluster, contexts=found))
        if self._session is not None:
            self._session.learn_namespaces()
        self._feed.changed()

    def hurry(self) -> None:
        """Try again now what waits after a fault."""
        self._again.set()
        if self._session is not None:
            self._session.hurry()

    def pause(self, *, paused: bool) -> None:
        """Pause or resume the embedded controller."""
        if self._session is not None:
            self._session.pause(paused=paused)

    # Connecting.

    async def _connect_for_ever(self) -> None:
        attempt = 0
        while True:
            try:
                await self._connect_once()
            except Unauthorized as error:
                self._problem(error.message, login=True)
            except Unavailable as error:
                self._problem(str(error))
            except Exception as error:  # noqa: BLE001 - the supervisor of the connection
                _log.exception("the connection failed")
                self._problem(f"{type(error).__name__}: {error}")
            asked = await self._pause(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
            attempt = 0 if asked else attempt + 1

    async def _connect_once(self) -> None:
        """Connect and work until the connection fails for good or all is cancelled."""
        self._introduce()
        await self.recorder.first(self._options.recording)
        await self._past.recall()
        self._keeping.open(self._store.cluster.context)
        link = await self._factory.connect(self._options.target, self._told)
        options = SessionOptions(
            namespaces=self._options.namespaces,
            identity=self._options.identity if self._options.embedded_controller else "",
            lease_namespace=self._options.lease_namespace,
            apply_first=self._options.apply_first,
            prometheus=self._options.prometheus(link.where.context),
        )
        session = Session(
            link,
            self._factory,
            self._store,
            self._feed,
            options,
            clock=self._clock,
            sleep=self._sleep,
        )
        self._link, self._session = link, session
        session.sampler.want(wanted=self.wants_metrics)
        self._tune(session)
        reader = self.recorder.reader(link)
        keeping = asyncio.create_task(self._kept(lambda: self._logs.keep(reader)))
        try:
            await session.run(events=self.wants_events)
        finally:
            self._link = self._session = None
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await link.close()

    def _introduce(self) -> None:
        """Say where we are going before anything has answered."""
        self.learn_places()
        where = self._factory.describe(self._options.target)
        known = replace(
            self._store.cluster,
            context=where.context,
            cluster=where.cluster,
            server=where.server,
            user=where.user,
            sandbox=where.sandbox,
        )
        self._store.set_cluster(known)
        self._feed.changed()

    def _problem(self, text: str, *, login: bool = False) -> None:
        cluster = replace(self._store.cluster, problem=text, login_failed=login)
        self._store.set_cluster(cluster)
        self._feed.changed()

    def _told(self, text: str) -> None:
        """Show what a program that logs in says."""
        self._store.set_cluster(replace(self._store.cluster, login_says=text))
        self._feed.changed()

    async def _pause(self, seconds: float) -> bool:
        """Wait before the next attempt, or less if one is asked for; return whether it was."""
        self._again.clear()
        waiting = {
            asyncio.ensure_future(self._again.wait()),
            asyncio.ensure_future(self._sleep(seconds)),
        }
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
        return self._again.is_set()

    # Publishing.

    async def _kept(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run something for ever: a defect in what it calls must not freeze the screen."""
        while True:
            try:
                await work()
            except Exception:  # noqa: BLE001 - the supervisor of publishing
                _log.exception("publishing failed")
            await self._sleep(TICK_S)

    async def _tick(self) -> None:
        """Let what depends on time alone be looked at once a second."""
        while True:
            await self._sleep(TICK_S)
            self._feed.changed()
            await self._past.keep()
            await self._keeping.keep()

    def _derive(self, now: float) -> None:
        self._ledger.settle(now)
        self._diagnosis.step(now)
        if self._session is not None:
            self._session.derive(now)
