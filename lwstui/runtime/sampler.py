"""Measuring devices and engines in rounds: bounded in width, in bytes and in how often it fails.

Exporters are looked for when the nodes with accelerators change, when many of those known do not
answer, and, while a screen shows what is measured, now and then as long as nodes are without one:
an idle console lists nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from controller.api.meta import Key
from controller.api.names import NODES, PODS
from controller.errors import ControllerError, Forbidden
from controller.ports import Clock
from lwstui.runtime.hours import Hours
from lwstui.runtime.ports import Link
from lwstui.runtime.usage import UsageReader, UsageRound
from lwstui.state.model import Snapshot
from lwstui.state.seen import with_trends
from lwstui.state.store import Store
from lwstui.state.telemetry import (
    OLD_PERIODS,
    Cost,
    EngineView,
    Origin,
    Source,
    Telemetry,
    grouped,
    next_devices,
    next_engine,
    next_usage,
)
from lwstui.telemetry import engines, quantities
from lwstui.telemetry.devices import Reading, named, readings
from lwstui.telemetry.engines import EngineReading, read_engine
from lwstui.telemetry.join import owners
from lwstui.telemetry.scan import MOST_BYTES, scan
from lwstui.telemetry.targets import SELECTORS, Target, engine_target, exporters

SHOWN_S: Final = 15.0
"""Seconds between rounds while a screen shows what is measured."""
HIDDEN_S: Final = 60.0
START_S: Final = 1.0
"""Seconds until the next look as long as nothing is known: lists are on their way."""
AT_ONCE: Final = 8
"""Requests under way at the same time."""
FAILURES: Final = 3
"""Failures in a row after which an endpoint is asked less often."""
LONGEST_PAUSE_S: Final = 120.0
SEARCH_S: Final = 300.0
"""Least time between two searches for exporters."""
LONGEST_SEARCH_S: Final = 3600.0
"""Most time between two searches while nodes are without an exporter."""
_SLOW_S: Final = 5.0
"""Rounds that take longer than this make the period longer."""
_FORGET_PERIODS: Final = 4 * OLD_PERIODS

_MEASURED: Final = (PODS.plural, NODES.plural)
_ON_THE_WAY: Final = ("connecting", "listing")
_NAMES: Final = {"devices": "exporters of devices", "engine": "engines"}


@dataclass(slots=True)
class _Health:
    """How an endpoint has been answering."""

    failures: int = 0
    again_at: float = 0.0
    why: str = ""


@dataclass(slots=True)
class _Round:
    """What one round brought."""

    readings: list[Reading] = field(default_factory=list)
    engines: dict[Key, EngineReading] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    origins: dict[str, tuple[Origin, ...]] = field(default_factory=dict)
    usage: UsageRound | None = None
    received_bytes: int = 0
    requests: int = 0


class Sampler:
    """Measures until cancelled and puts what it finds into the store.

    Args:
        link: The connection.
        store: What is watched, and where measurements go.
        clock: The time.
        changed: Called when there is something new.
        hours: What remembers the time before this console.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        link: Link,
        store: Store,
        clock: Clock,
        changed: Callable[[], None],
        hours: Hours,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._link = link
        self._store = store
        self._clock = clock
        self._changed = changed
        self._hours = hours
        self._sleep = sleep
        self._usage = UsageReader(link, clock)
        self._used: Source | None = None
        self._width = asyncio.Semaphore(AT_ONCE)
        self._health: dict[Target, _Health] = {}
        self._exporters: tuple[Target, ...] = ()
        self._searched_for: frozenset[str] = frozenset()
        self._searched_at: float | None = None
        self._search_pause_s = SEARCH_S
        self._no_search = ""
        self._shown = True
        self._shown_s = SHOWN_S
        self._wake = asyncio.Event()

    @property
    def shown(self) -> bool:
        """Whether a screen shows what is measured."""
        return self._shown

    def want(self, *, wanted: bool) -> None:
        """Note whether a screen shows what is measured; the first to do so need not wait."""
        if wanted and not self._shown:
            self._wake.set()
        self._shown = wanted

    def measure_every(self, seconds: float) -> None:
        """Take another time between rounds while a screen shows them; else they are rarer."""
        if seconds != self._shown_s:
            self._shown_s = seconds
            self._wake.set()

    @property
    def _hidden_s(self) -> float:
        return self._shown_s * HIDDEN_S / SHOWN_S

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            self._wake.clear()
            period_s = self._shown_s if self._shown else self._hidden_s
            found = await self._measure(period_s)
            await self._pause(period_s if found else min(period_s, START_S))

    async def once(self) -> None:
        """Measure once, what is known by now."""
        await self._measure(self._shown_s)

    async def _pause(self, seconds: float) -> None:
        waiting = {
            asyncio.ensure_future(self._wake.wait()),
            asyncio.ensure_future(self._sleep(seconds)),
        }
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()

    async def _measure(self, period_s: float) -> bool:
        """Measure once; return whether it is known what there is to measure."""
        snapshot = self._store.snapshot
        if _being_listed(snapshot):
            return False
        started = self._clock.monotonic()
        found = _Round()
        await self._search(snapshot, found)
        targets = [*self._exporters, *engine_targets(snapshot)]
        self._health = {target: self._health.get(target, _Health()) for target in targets}
        now = self._clock.now()
        due = [target for target in targets if self._health[target].again_at <= now]
        for target in targets:
            found.asked[target.kind] = found.asked.get(target.kind, 0) + 1
            if target not in due:
                found.why.setdefault(target.kind, self._health[target].why)
        await asyncio.gather(
            self._ask_usage(snapshot, found), *(self._ask(target, found) for target in due)
        )
        if targets or self._used or self._store.telemetry.at:
            took_s = self._clock.monotonic() - started
            # Where a round takes long, the next reading is as much later.
            period_s += took_s // _SLOW_S * _SLOW_S
            self._store.tell(telemetry=self._telemetry(snapshot, found, period_s, took_s))
            self._changed()
        nodes = snapshot.sync.get("nodes")
        hopeless = nodes is not None and nodes.state == "forbidden"
        return bool(targets or snapshot.nodes) or hopeless

    async def _search(self, snapshot: Snapshot, found: _Round) -> None:
        nodes = frozenset(node.name for node in snapshot.nodes.values() if node.capacity)
        changed = nodes != self._searched_for
        if not nodes or not (changed or self._looks_again(nodes)):
            return
        before = self._exporters
        self._searched_for, self._searched_at = nodes, self._clock.monotonic()
        self._no_search = ""
        pods: list[dict[str, Any]] = []
        for selector in SELECTORS:
            try:
                pods += await self._link.labelled_pods(selector)
            except ControllerError as error:
                self._no_search = f"exporters cannot be looked for: {error}"
            found.requests += 1
        self._exporters = exporters(pods)
        fruitless = not changed and self._exporters == before
        longer_s = min(LONGEST_SEARCH_S, 2 * self._search_pause_s)
        self._search_pause_s = longer_s if fruitless else SEARCH_S

    def _looks_again(self, nodes: frozenset[str]) -> bool:
        """Tell whether exporters are looked for although the nodes are those of before."""
        since_s = self._clock.monotonic() - (self._searched_at or 0.0)
        failing = sum(health.failures >= FAILURES for health in self._health.values())
        if self._exporters and failing * 2 > len(self._health):
            return since_s >= SEARCH_S
        unseen = not nodes <= {target.node for target in self._exporters}
        return unseen and self._shown and since_s >= self._search_pause_s

    async def _ask_usage(self, snapshot: Snapshot, found: _Round) -> None:
        """Ask what pods and nodes use, while a screen shows it: no rule needs to know."""
        if not self._shown or not (snapshot.pods or snapshot.nodes):
            return
        cluster = snapshot.cluster
        async with self._width:
            found.usage = usage = await self._usage.read(cluster.namespaces, cluster.skew_s)
        found.requests += usage.requests
        found.received_bytes += usage.received_bytes
        self._used = usage.source

    async def _ask(self, target: Target, found: _Round) -> None:
        health = self._health[target]
        async with self._width:
            found.requests += 1
            try:
                text = await self._link.metrics(target, MOST_BYTES)
            except ControllerError as error:
                self._failed(target, health, error, found)
                return
        health.failures, health.again_at, health.why = 0, 0.0, ""
        found.received_bytes += len(text)
        found.answered[target.kind] = found.answered.get(target.kind, 0) + 1
        now = self._clock.now()
        if target.kind == "devices":
            # An exporter that reloads answers with nothing: what is known is kept and grows old.
            samples = scan(text, quantities.wanted).samples
            found.readings += readings(samples, now, target.node)
            if samples:
                origin = Origin(target.key, named(samples))
                found.origins[target.node] = (*found.origins.get(target.node, ()), origin)
        elif (engine := read_engine(scan(text, engines.wanted).samples, now)) is not None:
            found.engines[target.key] = engine

    def _failed(
        self, target: Target, health: _Health, error: ControllerError, found: _Round
    ) -> None:
        health.failures += 1
        if isinstance(error, Forbidden):
            health.why = f"not allowed: get pods/proxy in {target.namespace}"
        else:
            health.why = f"{target.pod} does not answer: {error}"
        found.why.setdefault(target.kind, health.why)
        late = health.failures - FAILURES
        if late >= 0:
            pause_s = min(LONGEST_PAUSE_S, self._shown_s * 2.0 ** (late + 1))
            health.again_at = self._clock.now() + pause_s

    def _telemetry(
        self, snapshot: Snapshot, found: _Round, period_s: float, took_s: float
    ) -> Telemetry:
        before, now = self._store.telemetry, self._clock.now()
        joined = owners(found.readings, snapshot.node_pods)
        forget_before = now - _FORGET_PERIODS * self._hidden_s
        devices = next_devices(before.devices, found.readings, joined, forget_before)
        by_node, by_pod = grouped(devices.values())
        usage = found.usage or UsageRound()
        measured = Telemetry(
            now,
            period_s,
            devices,
            by_node,
            by_pod,
            _engines(before.engines, found.engines, snapshot.pods, OLD_PERIODS * self._hidden_s),
            next_usage(before.pod_usage, usage.pods, snapshot.pods),
            next_usage(before.node_usage, usage.nodes, snapshot.nodes),
            past=self._hours.past,
            origins={n: o for n, o in {**before.origins, **found.origins}.items() if n in by_node},
            sources=tuple(self._sources(found)),
            cost=Cost(found.requests, found.received_bytes, took_s),
        )
        return with_trends(measured, before, snapshot)

    def _sources(self, found: _Round) -> Iterable[Source]:
        for kind, name in _NAMES.items():
            asked = found.asked.get(kind, 0)
            why = found.why.get(kind, "")
            if kind == "devices":
                why = why or self._no_search or ("" if asked else "no exporter was found")
            yield Source(name, asked, found.answered.get(kind, 0), why)
        if self._used is not None:
            yield self._used
        if self._hours.source is not None:
            yield self._hours.source


def _being_listed(snapshot: Snapshot) -> bool:
    """Tell whether pods or nodes are not all known yet: a round would measure a part of them."""
    states = [sync.state for kind in _MEASURED if (sync := snapshot.sync.get(kind)) is not None]
    return len(states) < len(_MEASURED) or any(state in _ON_THE_WAY for state in states)


def engine_targets(snapshot: Snapshot) -> list[Target]:
    """Return the engines of all leaders that run, as their sets' templates describe them."""
    found: list[Target] = []
    for key, lws in snapshot.sets.items():
        template = lws.spec.get("leaderWorkerTemplate") or {}
        leader = template.get("leaderTemplate") or template.get("workerTemplate") or {}
        for pod in snapshot.by_set.get(key, ()):
            if pod.worker == 0 and pod.ready and not pod.terminating and isinstance(leader, dict):
                target = engine_target(leader, pod.namespace, pod.name, pod.node)
                if target is not None:
                    found.append(target)
    return found


def _engines(
    before: Mapping[Key, EngineView],
    read: Mapping[Key, EngineReading],
    pods: Mapping[Key, Any],
    longest_s: float,
) -> dict[Key, EngineView]:
    """Return the engines after a round; one whose pod is gone is forgotten at once."""
    kept = {key: view for key, view in before.items() if key in pods}
    fresh = {key: next_engine(before.get(key), one, longest_s) for key, one in read.items()}
    return {**kept, **fresh}
