"""The rollout screen: how far, when done, and why it does not go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.state.starts import FEWEST, Usual, slow_after_s
from lwstui.view.ages import age, clock, percent, ratio
from lwstui.view.attending import progress_of
from lwstui.view.authors import UNKNOWN
from lwstui.view.controller import plan_words
from lwstui.view.digest import GroupDigest, SetDigest, digest, group_ref
from lwstui.view.forecast import forecast
from lwstui.view.health import FAULTS
from lwstui.view.memo import Memo
from lwstui.view.partition_strip import Marks, partition_strip
from lwstui.view.phrases import bar, group_runs
from lwstui.view.progress import Progress
from lwstui.view.revision_table import revision_entries, revision_table, who
from lwstui.view.rollout import budget, partition_now
from lwstui.view.rollout_why import blocking, why
from lwstui.view.timeline import Bar, ordered, timeline, title
from lwstui.view.types import Line, Query, Ref, Span, TableView
from lwstui.view.usualstart import usual_start

_BAR: Final = 28
_STATES: Final = {
    "complete": Span("DONE", "ok"),
    "paused": Span("PAUSED", "info"),
    "unattended": Span("NO CONTROLLER ACTS", "warn"),
    "refused": Span("REFUSED", "bad"),
}


@dataclass(frozen=True, slots=True)
class RolloutView:
    """The rollout screen.

    Attributes:
        found: False when the set is gone; ``headline`` then says so.
        headline: Which set, to which revision, since when.
        header: Bar with the forecast, then the budget.
        strip: Where the partition is.
        why: Why it waits.
        timeline: One line per group.
        timeline_title: From when to when, and the scale.
        revisions: The history.
        blocker: The group that holds the rollout, None if none does.
    """

    found: bool
    headline: Line
    header: tuple[Line, ...] = ()
    strip: tuple[Line, ...] = ()
    why: tuple[Line, ...] = ()
    timeline: tuple[Line, ...] = ()
    timeline_title: str = ""
    revisions: TableView = field(default_factory=lambda: TableView(()))
    blocker: Ref | None = None


def rollout_view(
    snapshot: Snapshot, key: Key, query: Query, now: float, memo: Memo, *, cells: int
) -> RolloutView:
    """Return what the rollout screen shows.

    Args:
        snapshot: What is known.
        key: Namespace and name of the set.
        query: Filter and order of the revisions.
        now: Epoch seconds.
        memo: Remembers what is worked out.
        cells: Width of the screen.
    """
    lws = snapshot.sets.get(key)
    if lws is None:
        return RolloutView(False, (Span(f"{key} ", "title"), Span("is gone", "warn")))
    look = _Look(snapshot, digest(snapshot, lws, memo, now), now, memo)
    group = blocking(look.one, look.seen)
    bars = ordered(look.bars, len(look.one.groups))
    ends = look.ended_at(bars)
    return RolloutView(
        True,
        look.headline(),
        (look.bar_line(group), look.budget_line()),
        partition_strip(look.one, look.marks(), cells),
        (
            *why(look.one, look.seen, look.idle_s if look.moving else None, now),
            *_planned(snapshot, key),
        ),
        timeline(bars, look.began_at, ends, cells, look.usual),
        title(look.began_at, ends, cells, look.manner.times)
        if bars
        else "TIMELINE   no group started in it yet",
        revision_table(snapshot, key, query, now, memo),
        group_ref(look.one, group) if group is not None else None,
    )


def _planned(snapshot: Snapshot, key: Key) -> Iterator[Line]:
    """Yield the last plan of the controller in this process, if it was about more than waiting."""
    one = next((plan for plan in reversed(snapshot.controller.plans) if plan.set == key), None)
    if one is not None and one.does:
        at = clock(one.at, snapshot.manner.times)
        yield (Span("  "), Span(f"planned at {at}: {plan_words(one)}", "dim"))


class _Look:
    """One set's rollout at one moment."""

    def __init__(self, snapshot: Snapshot, one: SetDigest, now: float, memo: Memo) -> None:
        self.one = one
        self.now = now
        self.manner = snapshot.manner
        self.seen: Progress = progress_of(snapshot, one.key, now, memo)
        self.pending = snapshot.pending.get(one.key)
        self.entries = revision_entries(snapshot, one.key, now, memo)
        target = next((entry for entry in self.entries if entry.target), None)
        self.who = UNKNOWN if target is None else who(snapshot, one.key, target)
        self.usual = _usual(usual_start(snapshot, one.key, memo, now))
        self.began_at = self._began_at()
        self.bars = tuple(self._bars())
        self.moving = self.seen.state not in ("complete", "refused")

    def _began_at(self) -> float:
        """Return when the rollout began: with its revision, else with its first group."""
        known = [e.revision.created_at for e in self.entries if e.target]
        leaders = [g.leader.created_at for g in self.one.groups if g.leader is not None]
        return known[0] if known else min(leaders, default=self.now)

    def _bars(self) -> Iterator[Bar]:
        """Yield the groups that started in this rollout."""
        for group in self.one.groups:
            leader = group.leader
            new = group.revision == self.one.desired or not self.one.desired
            if leader is None or leader.terminating or not new:
                continue
            if leader.created_at >= self.began_at:
                note = f"{ratio(group.ready, group.size)} pods"
                yield Bar(
                    group.index,
                    group.surge,
                    leader.created_at,
                    _ready_at(group),
                    group.health,
                    note,
                )

    def ended_at(self, bars: tuple[Bar, ...]) -> float:
        """Return the end of the timeline: now, or when the last group of a finished one ended."""
        last = [one.ready_at for one in bars if one.ready_at is not None]
        return max(last) if last and len(last) == len(bars) and not self.moving else self.now

    @property
    def idle_s(self) -> float | None:
        """Seconds since a group last became ready in this rollout, else since it began."""
        last = max((b.ready_at for b in self.bars if b.ready_at is not None), default=self.began_at)
        return max(self.now - last, 0.0)

    def headline(self) -> Line:
        """Return which set, to which revision, since when."""
        one, seen = self.one, self.seen
        verb = "rolled out" if seen.state == "complete" else "rollout →"
        spans = [
            Span(f"{one.key.namespace} / ", "dim"),
            Span(one.key.name, "title"),
            Span(f"   {verb} {seen.new or one.desired[:6] or '?'}"),
        ]
        if self.entries:
            spans.append(Span(f"   began {clock(self.began_at, self.manner.times)[:5]}", "dim"))
            spans.append(Span(f"   {age(self.now - self.began_at)} ago", "dim"))
        if self.who != UNKNOWN:
            spans.append(Span(f"   by {self.who}", "dim"))
        if self.pending is not None:
            text = f"   {self.pending.text} requested {age(self.now - self.pending.since)} ago"
            spans.append(Span(text, "busy"))
        return tuple(spans)

    def bar_line(self, group: GroupDigest | None) -> Line:
        """Return the bar, the groups that are done, and when the rest will be."""
        seen = self.seen
        of = f" from {seen.partition} on" if 0 < seen.partition < seen.replicas else ""
        return (
            Span(bar(seen.done, seen.expected, _BAR), "ok" if seen.state == "complete" else "busy"),
            Span(f"  {ratio(seen.done, seen.expected)} groups{of}"),
            Span(f"  {percent(seen.done, seen.expected)}   ", "bold"),
            *self._state(group),
        )

    def _state(self, group: GroupDigest | None) -> Line:
        seen = self.seen
        if seen.state == "complete" and seen.held:
            return (Span("HELD", "info"), Span(f" by the floor: {group_runs(seen.held)}", "dim"))
        if seen.state == "paused" and seen.partition < seen.replicas:
            return (Span("HELD", "info"), Span(f" at {seen.partition}", "dim"))
        if seen.state != "progressing":
            return (_STATES[seen.state],)
        left = forecast(seen.expected - seen.done, self._step(), self.usual)
        if group is not None and self._stuck(group):
            blocked = f"BLOCKED {age(self.idle_s or 0.0)} by {group.index}"
            return (Span(blocked, "bad"), Span(f", then {left}", "dim"))
        return (Span(f"ETA {left}" if self.usual is not None else left, "busy"),)

    def _stuck(self, group: GroupDigest) -> bool:
        """Tell whether the group that holds the rollout is broken, or far later than usual."""
        if group.health.glyph in FAULTS:
            return True
        late = slow_after_s(self.usual, self.manner)
        started = next((b.began_at for b in self.bars if b.group == group.index), self.now)
        return not group.serves and self.now - started > late

    def _step(self) -> int:
        """Return how many groups are in progress at a time: what may be down, and the surge."""
        return budget(self.one.lws)[0] + self.one.surge

    def budget_line(self) -> Line:
        """Return what the rollout may do to the set, with the arithmetic."""
        one = self.one
        down, surge = budget(one.lws)
        least = max(one.replicas - down, 0)
        given = _given(one.lws.spec)
        unavailable = _spelt("maxUnavailable", given.get("maxUnavailable"), down)
        spans = [
            Span("ready "),
            Span(ratio(one.ready, one.replicas), "" if one.ready >= least else "warn"),
            Span(f" (floor {least} = {one.replicas} - {unavailable})"),
            Span(f"   surge {ratio(one.surge, surge)} in use", "" if surge else "dim"),
            Span(f"   step {self._step()} = {down} + {one.surge}"),
        ]
        if "%" in str(given.get("maxSurge", "")):
            spans.append(Span(f"   {_spelt('maxSurge', given.get('maxSurge'), surge)}", "dim"))
        spans.append(Span(f"   {_starts(self.usual)}", "dim"))
        return tuple(spans)

    def marks(self) -> Marks:
        """Return where the rollout stands, and how long groups took."""
        seen, one = self.seen, self.one
        reached = seen.reached if seen.new else partition_now(one)
        took = {
            b.group: (b.ready_at or self.now) - b.began_at if b.ready_at else b.began_at - self.now
            for b in self.bars
        }
        return Marks(min(reached, one.replicas + one.surge), one.partition, took, seen.paused)


def _usual(known: Usual | None) -> Usual | None:
    """Return what is usual, None while too few starts were seen to say something of the next."""
    return known if known is not None and known.samples >= FEWEST else None


def _ready_at(group: GroupDigest) -> float | None:
    if not group.serves:
        return None
    return max((pod.ready_changed_at or 0.0 for pod in group.pods), default=None)


def _given(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the budget as it is written."""
    found: Any = spec
    for part in ("rolloutStrategy", "rollingUpdateConfiguration"):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _spelt(name: str, given: object, groups: int) -> str:
    """Return ``maxUnavailable 1``, or ``maxUnavailable 10% = 4 groups``."""
    text = str(given)
    if not text.endswith("%"):
        return f"{name} {groups}"
    return f"{name} {text} = {groups} group{'' if groups == 1 else 's'}"


def _starts(known: Usual | None) -> str:
    if known is None:
        return "usual start not known yet"
    return f"start p50 {age(known.p50_s)} p90 {age(known.p90_s)} of {known.samples}"
