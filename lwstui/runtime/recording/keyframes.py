"""Keyframes: everything that was known at one moment of a recording, to begin from there.

A keyframe is what a stage had come to, so it holds nothing that the lines before it did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isnan, nan
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from controller.api.meta import Key
from controller.api.names import PODS
from controller.api.pods import Pod
from lwstui.runtime.recording import entries
from lwstui.state.insights import Standing
from lwstui.state.lately import Growth, Pace
from lwstui.state.model import GroupHistory
from lwstui.state.tails import Tail, Tails
from lwstui.state.telemetry import DeviceView, EngineView, Mark, Source, Telemetry, Trend, grouped
from lwstui.state.trends import NO_TRENDS, Track, Trends
from lwstui.telemetry.devices import Reading
from lwstui.telemetry.engines import EngineReading, Rates
from lwstui.telemetry.join import NOBODY, Owner
from lwstui.telemetry.quantities import Quantity
from lwstui.telemetry.usage import Usage

if TYPE_CHECKING:
    from lwstui.state.store import Store

BEGINNING: Final = b'{"kind":"keyframe",'
"""How the line of a keyframe begins; it is the only one of its member."""

Gaps = tuple[float | None, ...]
"""A trend as JSON has it, which knows no NaN."""


class DeviceKept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device, with how it has been lately."""

    reading: Reading
    owner: Owner = NOBODY
    busy: Gaps = ()
    memory: Gaps = ()
    power: Gaps = ()
    xid: Mark | None = None
    grown: dict[Quantity, Mark] = {}
    lately: dict[Quantity, Growth] = {}
    idle_since: float | None = None


class EngineKept(msgspec.Struct, frozen=True, omit_defaults=True):
    """An engine, with how it has been lately."""

    pod: Key
    reading: EngineReading
    rates: Rates | None = None
    running: Gaps = ()
    waiting: Gaps = ()
    kv: Gaps = ()
    tokens: Gaps = ()
    paces: tuple[Pace, ...] = ()


class TrackKept(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value of a set, minute by minute."""

    first: int = 0
    values: Gaps = ()
    told: int = 0


class TrendsKept(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last hour of a set."""

    ready: TrackKept = TrackKept()
    util: TrackKept = TrackKept()
    tokens: TrackKept = TrackKept()


class MeasuredKept(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that had been measured."""

    at: float
    period_s: float
    devices: tuple[DeviceKept, ...] = ()
    engines: tuple[EngineKept, ...] = ()
    pods: tuple[tuple[Key, Usage], ...] = ()
    nodes: tuple[tuple[str, Usage], ...] = ()
    trends: tuple[tuple[Key, TrendsKept], ...] = ()
    whole: TrendsKept = TrendsKept()
    sources: tuple[Source, ...] = ()


class GroupKept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was remembered of a group; its last leader only if that pod is gone."""

    set: Key
    index: int
    history: GroupHistory
    leader: Pod | None = None


class Keyframe(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    kw_only=True,
    tag_field="kind",
    tag="keyframe",
):
    """Everything that was known at a moment.

    Attributes:
        t: The moment, in seconds from the beginning, on the grid.
        known: Entries that, taken by an empty stage, bring what was watched and said.
        taken_at: When the last snapshot before it was taken, epoch seconds.
        judged: Grid point at which the rules were asked last.
        standing: What they had found and still counted.
        notable: Moments behind which something had happened.
        groups: What was remembered of groups.
        memory: What was remembered of sets.
        tails: The last lines of logs, by pod.
        measured: What had been measured.
    """

    t: float
    known: tuple[entries.AnyEntry, ...] = ()
    taken_at: float = 0.0
    judged: int = 0
    standing: tuple[Standing, ...] = ()
    notable: tuple[float, ...] = ()
    groups: tuple[GroupKept, ...] = ()
    memory: entries.Remembered = entries.Remembered()
    tails: tuple[tuple[Key, Tail], ...] = ()
    measured: MeasuredKept | None = None


_DECODER: Final = msgspec.json.Decoder(Keyframe)


def decoded(line: bytes) -> Keyframe:
    """Return the keyframe of a line.

    Raises:
        msgspec.MsgspecError: If it is none that this version understands.
    """
    return _DECODER.decode(line)


# What a store holds.


def known(store: Store) -> Iterator[entries.AnyEntry]:
    """Yield the entries that bring a new store what one holds that is not remembered or measured.

    Args:
        store: The store; its last snapshot is of everything that came.
    """
    snapshot, cluster = store.snapshot, store.cluster
    yield entries.Attached(
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
    for what, (resource, _) in entries.RECORDED.items():
        held = tuple(store.held(resource))
        if held:
            yield entries.Listed(what=what, data=entries.raw(held))
    for what, sync in snapshot.sync.items():
        yield entries.Synced(what=what, sync=sync)
    view = snapshot.controller
    yield entries.Controlled(view=entries.bare(view), waits=tuple(view.waits.items()))
    for plan in view.plans:
        yield entries.Planned(plan=plan)
    for line in snapshot.activity:
        yield entries.Did(line=line)
    for death in snapshot.deaths:
        yield entries.Died(death=death)
    if snapshot.pending or snapshot.underway:
        yield entries.Marked(
            pending=tuple(snapshot.pending.items()), underway=tuple(snapshot.underway.items())
        )


def remembered(store: Store) -> entries.Remembered:
    """Return what a store remembers of sets."""
    memory = store.memory
    return entries.Remembered(
        starts=tuple(memory.starts.items()), revisions=tuple(memory.kept.values())
    )


def groups(store: Store) -> Iterator[GroupKept]:
    """Yield what a store remembers of groups."""
    for (key, index), (history, leader) in store.groups.remembered():
        there = leader is not None and store.get(PODS, leader.key) == leader
        yield GroupKept(key, index, history, None if there else leader)


def put_back(store: Store, frame: Keyframe) -> None:
    """Give a store that has taken what is known of a keyframe the rest of it."""
    store.groups.recall({(one.set, one.index): (one.history, one.leader) for one in frame.groups})
    revisions = {Key(one.namespace, one.name): one for one in frame.memory.revisions}
    store.memory.put_back(dict(frame.memory.starts), revisions)
    if frame.measured is not None:
        store.tell(telemetry=_telemetry(frame.measured))


def heard(tails: Tails, frame: Keyframe) -> None:
    """Give tails what had been heard."""
    for key, tail in frame.tails:
        tails.note(key, tail.uid, tail.lines)


# What was measured.


def measured(telemetry: Telemetry) -> MeasuredKept | None:
    """Return what is kept of what was measured, None if nothing was."""
    if not telemetry.at:
        return None
    return MeasuredKept(
        telemetry.at,
        telemetry.period_s,
        tuple(map(_device_kept, telemetry.devices.values())),
        tuple(_engine_kept(pod, view) for pod, view in telemetry.engines.items()),
        tuple(telemetry.pod_usage.items()),
        tuple(telemetry.node_usage.items()),
        tuple((key, _trends_kept(trends)) for key, trends in telemetry.trends.items()),
        _trends_kept(telemetry.whole),
        telemetry.sources,
    )


def _telemetry(kept: MeasuredKept) -> Telemetry:
    devices = {one.reading.device: _device(one) for one in kept.devices}
    by_node, by_pod = grouped(devices.values())
    return Telemetry(
        at=kept.at,
        period_s=kept.period_s,
        devices=devices,
        by_node=by_node,
        by_pod=by_pod,
        engines={one.pod: _engine(one) for one in kept.engines},
        pod_usage=MappingProxyType(dict(kept.pods)),
        node_usage=MappingProxyType(dict(kept.nodes)),
        trends={key: _trends(one) for key, one in kept.trends},
        whole=_trends(kept.whole),
        sources=kept.sources,
    )


def _device_kept(view: DeviceView) -> DeviceKept:
    return DeviceKept(
        view.reading,
        view.owner,
        _gaps(view.busy),
        _gaps(view.memory),
        _gaps(view.power),
        view.xid,
        dict(view.grown),
        dict(view.lately),
        view.idle_since,
    )


def _device(kept: DeviceKept) -> DeviceView:
    return DeviceView(
        kept.reading,
        kept.owner,
        _trend(kept.busy),
        _trend(kept.memory),
        _trend(kept.power),
        kept.xid,
        MappingProxyType(kept.grown),
        MappingProxyType(kept.lately),
        kept.idle_since,
    )


def _engine_kept(pod: Key, view: EngineView) -> EngineKept:
    return EngineKept(
        pod,
        view.reading,
        view.rates,
        _gaps(view.running),
        _gaps(view.waiting),
        _gaps(view.kv),
        _gaps(view.tokens),
        view.paces,
    )


def _engine(kept: EngineKept) -> EngineView:
    return EngineView(
        kept.reading,
        kept.rates,
        _trend(kept.running),
        _trend(kept.waiting),
        _trend(kept.kv),
        _trend(kept.tokens),
        kept.paces,
    )


def _trends_kept(trends: Trends) -> TrendsKept:
    tracks = (trends.ready, trends.util, trends.tokens)
    return TrendsKept(*(TrackKept(one.first, _gaps(one.values), one.told) for one in tracks))


def _trends(kept: TrendsKept) -> Trends:
    tracks = (kept.ready, kept.util, kept.tokens)
    found = Trends(*(Track(one.first, _trend(one.values), one.told) for one in tracks))
    return NO_TRENDS if found == NO_TRENDS else found


def _gaps(trend: Iterable[float]) -> Gaps:
    return tuple(None if isnan(value) else value for value in trend)


def _trend(gaps: Gaps) -> Trend:
    return tuple(nan if value is None else value for value in gaps)
