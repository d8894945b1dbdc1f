"""A recording up to one moment: the store, the rules and the time as they were then.

It moves from grid point to grid point, so that what is known at a moment does not depend on how it
was reached: by playing, by a jump, or after going back and beginning anew. No clock, no threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import singledispatchmethod
from math import ceil, floor
from types import MappingProxyType
from typing import Final

from controller.activity import KEPT
from controller.api.meta import Key
from controller.api.names import CLAIMS, EVENTS, LEASES, PODS
from controller.api.pods import Pod
from lwstui.runtime.control import UNKNOWN
from lwstui.runtime.diagnosis import PERIOD_S, Diagnosis
from lwstui.runtime.recording import entries, keyframes
from lwstui.runtime.recording.entries import RECORDED, AnyEntry, Entry
from lwstui.runtime.recording.keyframes import Keyframe
from lwstui.runtime.recording.reading import GRID_S, Recording, Source
from lwstui.runtime.recording.rounds import after_round
from lwstui.runtime.recording.spoken import Spoken
from lwstui.state.model import ClusterState, Snapshot
from lwstui.state.store import Store
from lwstui.state.tails import Tails

_JUDGED_EVERY: Final = round(PERIOD_S / GRID_S)
_BY_PLURAL: Final = {
    resource.plural: resource for resource in (*(r for r, _ in RECORDED.values()), LEASES, CLAIMS)
}


class Stage:
    """What was known at one moment of a recording.

    Args:
        recording: The recording, or the rest of it.
        spoken: Lines of logs that had been read before the rest; none if it is whole.

    Attributes:
        header: What is played.
        store: What was known.
        spoken: Lines of logs that had been read.
        started: Epoch seconds of moment 0, on the grid.
        at_s: The moment, in seconds from the beginning.
        notable: Moments behind which something happened, ascending: a container died, a warning
            or a restart came, somebody acted, a rule found something or withdrew it.
        work: Records and other entries that were taken to get here, and rounds of the rules.
    """

    def __init__(self, recording: Source, spoken: Spoken | None = None) -> None:
        self.header = header = recording.header
        self.store = Store(
            ClusterState(
                context=header.context,
                cluster=header.cluster,
                sandbox=header.sandbox,
                namespaces=header.namespaces,
                read_only=True,
            )
        )
        self.store.set_controller(UNKNOWN)
        self.spoken = spoken or Spoken()
        self.started = floor(header.started / GRID_S) * GRID_S
        self.at_s = 0.0
        self.notable: list[float] = []
        self.work = 0
        self._tails = Tails()
        self._diagnosis = Diagnosis(self.store, tails=self._tails.now)
        self._entries: Iterator[AnyEntry] = recording.read()
        self._next = next(self._entries, None)
        self._slot = 0
        self._judged = 0
        self._found: frozenset[object] = frozenset()
        self._marked: tuple[frozenset[Key], frozenset[Key]] = (frozenset(), frozenset())

    @classmethod
    def before(cls, recording: Recording, at_s: float) -> Stage:
        """Return a stage from which a moment is not far: the last keyframe, or the beginning.

        Raises:
            RecordingError: If the part behind it is damaged.
        """
        start = recording.start(at_s)
        if start is None:
            return cls(recording)
        stage = cls(start.source, Spoken(start.spoken))
        stage._resume(start.frame)
        return stage

    @property
    def now(self) -> float:
        """The moment in epoch seconds."""
        return self.started + self.at_s

    @property
    def snapshot(self) -> Snapshot:
        """What was known at the moment."""
        return self.store.publish(self.now)

    def advance(self, to_s: float, *, until: Callable[[], bool] = lambda: False) -> None:
        """Go on to a later moment, or less far if ``until`` becomes true on the way.

        Raises:
            RecordingError: If a part of the file is damaged; the moment before it is kept.
        """
        while True:
            slot = self._following()
            if slot * GRID_S > to_s:
                self.at_s = max(self.at_s, to_s)
                return
            self._reach(slot)
            if until():
                return

    def step(self) -> None:
        """Go on to the next moment at which something came.

        Raises:
            RecordingError: As ``advance``.
        """
        entry = self._next
        if entry is not None:
            self.advance(ceil(entry.t / GRID_S) * GRID_S)

    def frame(self) -> Keyframe:
        """Return everything that is known at a moment that was reached."""
        return Keyframe(
            t=self.at_s,
            known=tuple(keyframes.known(self.store)),
            taken_at=self.store.snapshot.taken_at,
            judged=self._judged,
            standing=self._diagnosis.standing,
            notable=tuple(self.notable),
            groups=tuple(keyframes.groups(self.store)),
            memory=keyframes.remembered(self.store),
            tails=tuple(self._tails.now().items()),
            measured=keyframes.measured(self.store.telemetry),
        )

    def _resume(self, frame: Keyframe) -> None:
        for entry in frame.known:
            self._take(entry)
        self.store.publish(frame.taken_at)
        keyframes.put_back(self.store, frame)
        keyframes.heard(self._tails, frame)
        self.at_s, self._slot, self._judged = frame.t, round(frame.t / GRID_S), frame.judged
        self._diagnosis.resume(frame.standing, self.started + frame.judged * GRID_S)
        self._found = frozenset(one.finding.id for one in self.store.insights)
        self.notable = list(frame.notable)
        self.store.publish(frame.taken_at)

    def _following(self) -> int:
        """Return the next grid point at which there is something to do."""
        judging = self._judged + _JUDGED_EVERY
        if self._next is None:
            return judging
        return min(judging, max(self._slot, ceil(self._next.t / GRID_S)))

    def _reach(self, slot: int) -> None:
        self._slot, self.at_s = slot, slot * GRID_S
        while self._next is not None and self._next.t <= self.at_s:
            self._take(self._next)
            self._next = next(self._entries, None)
        self.store.publish(self.now)
        if slot >= self._judged + _JUDGED_EVERY:
            self._judged = slot
            self.work += 1
            self._diagnosis.step(self.now)
            found = frozenset(one.finding.id for one in self.store.insights)
            if found != self._found:
                self._found = found
                self._note(self.at_s)
            self.store.publish(self.now)

    def _note(self, at_s: float) -> None:
        if not self.notable or self.notable[-1] < at_s:
            self.notable.append(at_s)

    # One entry.

    @singledispatchmethod
    def _take(self, entry: Entry) -> None:
        """Take an entry; the end of the recording tells nothing."""
        del entry

    @_take.register
    def _(self, entry: entries.Listed) -> None:
        resource, _ = RECORDED[entry.what]
        records = entries.records_of(entry)
        self.work += len(records)
        self.store.replace(resource, records, namespace=entry.namespace)

    @_take.register
    def _(self, entry: entries.Changed) -> None:
        resource, _ = RECORDED[entry.what]
        record = entries.record_of(entry)
        self.work += 1
        if resource == EVENTS:
            new = record.type == "Warning" and self.store.get(EVENTS, record.uid) is None
        else:
            new = resource == PODS and self._restarted(record)
        if new:
            self._note(entry.t)
        self.store.apply(resource, entry.type, record)

    def _restarted(self, pod: Pod) -> bool:
        before: Pod | None = self.store.get(PODS, pod.key)
        return before is not None and before.uid == pod.uid and pod.restarts > before.restarts

    @_take.register
    def _(self, entry: entries.Synced) -> None:
        resource = _BY_PLURAL.get(entry.what)
        if resource is None:
            return
        if entry.sync is None:
            self.store.forget(resource)
        else:
            self.store.synced(resource, entry.sync)

    @_take.register
    def _(self, entry: entries.Attached) -> None:
        cluster = replace(
            self.store.cluster,
            context=entry.context,
            cluster=entry.cluster,
            sandbox=entry.sandbox,
            problem=entry.problem,
            connected=entry.connected,
            login_failed=entry.login_failed,
            proved_at=entry.proved_at,
            skew_s=entry.skew_s,
            known_namespaces=entry.known_namespaces,
        )
        self.store.set_cluster(cluster)

    @_take.register
    def _(self, entry: entries.Controlled) -> None:
        waits = MappingProxyType(dict(entry.waits))
        plans = self.store.controller.plans
        self.store.set_controller(replace(entry.view, waits=waits, plans=plans))

    @_take.register
    def _(self, entry: entries.Planned) -> None:
        known = self.store.controller
        plans = (*known.plans, entry.plan)[-KEPT:]
        self.store.set_controller(replace(known, plans=plans))

    @_take.register
    def _(self, entry: entries.Did) -> None:
        if entry.t:
            self._note(entry.t)
        self.store.log(entry.line)

    @_take.register
    def _(self, entry: entries.Died) -> None:
        if entry.t and not self.store.deaths.has(entry.death):
            self._note(entry.t)
        self.store.deaths.add((entry.death,))

    @_take.register
    def _(self, entry: entries.Marked) -> None:
        pending, underway = dict(entry.pending), dict(entry.underway)
        for key in self._marked[0] - pending.keys():
            self.store.mark(key, None)
        for key in self._marked[1] - underway.keys():
            self.store.follow(key, None)
        for key, mark in pending.items():
            self.store.mark(key, mark)
        for key, course in underway.items():
            self.store.follow(key, course)
        self._marked = (frozenset(pending), frozenset(underway))

    @_take.register
    def _(self, entry: entries.Measured) -> None:
        told = after_round(self.store.snapshot, self.store.telemetry, entry)
        self.store.tell(telemetry=told)

    @_take.register
    def _(self, entry: entries.Remembered) -> None:
        self.store.publish(self.now)  # starts that are seen again must not count twice
        for key, starts in entry.starts:
            self.store.memory.recall(key, starts)
        kept = {Key(one.namespace, one.name): one for one in entry.revisions}
        self.store.memory.keep(kept)

    @_take.register
    def _(self, entry: entries.Said) -> None:
        self.spoken.add(entry)
        pod: Pod | None = self.store.get(PODS, Key(entry.namespace, entry.pod))
        if pod is not None and not entry.previous:
            self._tails.note(pod.key, pod.uid, entry.lines)
