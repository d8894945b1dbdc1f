"""From one snapshot to the next: what is recorded beside the objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, Final, TypeVar

import msgspec

from controller.plan.told import PlanNote
from lwstui.kube.sync import KindSync
from lwstui.runtime.recording import entries
from lwstui.runtime.recording.hiding import Hider
from lwstui.state.deaths import Death
from lwstui.state.model import Activity, ConsoleLoad, ControllerView, Snapshot
from lwstui.state.telemetry import Telemetry
from lwstui.telemetry.engines import EngineReading, Rates

K = TypeVar("K")
V = TypeVar("V")

SELDOM_S: Final = 5.0
"""What only proves that nothing changed in a kind is recorded this often."""
PROVED_S: Final = 4.0
"""The same of the connection, which has to be proved every 5 s to count as live."""


class Changes:
    """Tells what is new in each snapshot.

    Args:
        hider: Leaves out what must not be recorded.
    """

    def __init__(self, hider: Hider) -> None:
        self._hider = hider
        self._seen = Snapshot()
        self._synced: dict[str, KindSync] = {}
        self._controller: ControllerView | None = None
        self._cluster = entries.Attached()
        self._plan: PlanNote | None = None
        self._activity: Activity | None = None
        self._deaths: Mapping[Any, Death] = {}

    def since(self, snapshot: Snapshot) -> Iterator[entries.Entry]:
        """Yield what is new since the last time."""
        before, self._seen = self._seen, snapshot
        yield from self._attached(snapshot)
        if snapshot.sync is not before.sync:
            yield from self._freshness(snapshot)
        yield from self._controlled(snapshot.controller)
        if snapshot.activity is not before.activity:
            yield from self._done(snapshot.activity)
        if snapshot.deaths is not before.deaths:
            yield from self._died(snapshot.deaths)
        if snapshot.pending is not before.pending or snapshot.underway is not before.underway:
            pending = tuple(snapshot.pending.items())
            yield entries.Marked(pending=pending, underway=tuple(snapshot.underway.items()))
        if snapshot.telemetry is not before.telemetry:
            yield measured(before.telemetry, snapshot.telemetry)

    def _attached(self, snapshot: Snapshot) -> Iterator[entries.Attached]:
        cluster = snapshot.cluster
        found = entries.Attached(
            context=cluster.context,
            cluster=cluster.cluster,
            sandbox=cluster.sandbox,
            problem=cluster.problem,
            connected=cluster.connected,
            login_failed=cluster.login_failed,
            proved_at=cluster.proved_at,
            skew_s=cluster.skew_s,
            known_namespaces=cluster.known_namespaces,
        )
        known = self._cluster
        if found.proved_at - known.proved_at < PROVED_S:
            known = msgspec.structs.replace(known, proved_at=found.proved_at)
        if found != known:
            self._cluster = found
            yield found

    def _freshness(self, snapshot: Snapshot) -> Iterator[entries.Synced]:
        for what, sync in snapshot.sync.items():
            old = self._synced.get(what)
            if old is None or _says_more(old, sync):
                self._synced[what] = sync
                yield entries.Synced(what=what, sync=sync)
        for what in self._synced.keys() - snapshot.sync.keys():
            del self._synced[what]
            yield entries.Synced(what=what)

    def _controlled(self, view: ControllerView) -> Iterator[entries.Entry]:
        waits, known = view.waits, self._controller
        plans, view = view.plans, entries.bare(replace(view, load=ConsoleLoad(), renewed_at=None))
        if known is None or waits != known.waits or view != entries.bare(known):
            self._controller = replace(view, waits=waits)
            yield entries.Controlled(view=view, waits=tuple(waits.items()))
        for plan in after(plans, self._plan):
            self._plan = plan
            yield entries.Planned(plan=plan)

    def _done(self, lines: tuple[Activity, ...]) -> Iterator[entries.Did]:
        for line in after(lines, self._activity):
            self._activity = line
            yield entries.Did(line=self._hider.activity(line))

    def _died(self, deaths: tuple[Death, ...]) -> Iterator[entries.Died]:
        known, self._deaths = self._deaths, {death.id: death for death in deaths}
        for death in deaths:
            if known.get(death.id) is not death:
                yield entries.Died(death=death)


def after(lines: Sequence[V], last: V | None) -> Sequence[V]:
    """Return what stands behind the last one that was taken; everything if that was dropped."""
    at = next((n for n in range(len(lines) - 1, -1, -1) if lines[n] is last), -1)
    return lines[at + 1 :]


def _says_more(old: KindSync, new: KindSync) -> bool:
    """Tell whether a freshness is another one, or proved so much later."""
    proved = (new.last_event_at or 0.0) - (old.last_event_at or 0.0)
    return replace(new, last_event_at=old.last_event_at) != old or proved >= SELDOM_S


def _fresh(before: Mapping[K, V], now: Mapping[K, V]) -> tuple[tuple[K, V], ...]:
    """Return what is not the same object as before."""
    return tuple((key, value) for key, value in now.items() if before.get(key) is not value)


def _finite(values: Mapping[Any, float]) -> dict[Any, float]:
    """Return values without those that are no numbers, for which JSON has no word."""
    return {name: value for name, value in values.items() if isfinite(value)}


def _said(reading: EngineReading) -> EngineReading:
    """Return what an engine said, without the latencies that rates were made from."""
    fields = msgspec.structs.asdict(reading)
    odd = {
        name: None
        for name, value in fields.items()
        if isinstance(value, float) and not isfinite(value)
    }
    totals = _finite(reading.totals)
    return msgspec.structs.replace(reading, **odd, totals=totals, histograms={})


def _rates(rates: Rates) -> Rates:
    quantiles = {fact: both for fact, both in rates.quantiles.items() if all(map(isfinite, both))}
    return Rates(rates.seconds, _finite(rates.per_s), quantiles)


def measured(before: Telemetry, now: Telemetry) -> entries.Measured:
    """Return what a round of measuring brought."""
    fresh = [
        msgspec.structs.replace(view.reading, values=_finite(view.reading.values))
        for device, view in now.devices.items()
        if (old := before.devices.get(device)) is None or old.reading is not view.reading
    ]
    engines = [
        entries.Engine(key, _said(view.reading), view.rates and _rates(view.rates))
        for key, view in now.engines.items()
        if (seen := before.engines.get(key)) is None or seen.reading is not view.reading
    ]
    return entries.Measured(
        at=now.at,
        period_s=now.period_s,
        readings=tuple(fresh),
        engines=tuple(engines),
        pods=_fresh(before.pod_usage, now.pod_usage),
        nodes=_fresh(before.node_usage, now.node_usage),
        sources=now.sources,
    )
