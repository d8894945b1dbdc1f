"""The fleet screen: all sets, worst first, what needs attention, the newest events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from heapq import nlargest
from math import inf
from typing import Final

from controller.api.meta import parse_time
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, changes_in, percent, ratio
from lwstui.view.attention import announced
from lwstui.view.calm import calm
from lwstui.view.custom import WIDE_ONLY
from lwstui.view.digest import SetDigest, digests
from lwstui.view.health import ORDER, TONES
from lwstui.view.impact_freeze import frozen_text
from lwstui.view.memo import Memo
from lwstui.view.namespaces import MANY, by_namespace
from lwstui.view.pausing import paused_mark
from lwstui.view.phrases import bar, event_lines
from lwstui.view.setload import Work, work
from lwstui.view.tables import DASH, arrange, glyph, row
from lwstui.view.types import Attention, Cell, Column, FleetView, Line, Query, Ref, Row, Span
from lwstui.view.underway import mark

COLUMNS: Final = (
    Column("state", "S", 1),
    Column("name", "NAME", 14, flex=True),
    Column("namespace", "NS", 9, min_screen=80),
    Column("ready", "READY", 7, "right"),
    Column("updated", "UPD", 7, "right"),
    Column("size", "SIZE", 4, "right", min_screen=95),
    Column("pods", "PODS", 12, min_screen=128),
    Column("gpu", "GPU", 8, "right", min_screen=80),
    Column("rollout", "ROLLOUT", 12),
    Column("groups", "GROUPS", 12, min_screen=90),
    Column("revision", "REV", 6, min_screen=100),
    Column("age", "AGE", 6, "right", age=True),
    Column("restarts", "RESTARTS", 8, "right", min_screen=125),
    Column("nodes", "NODES", 5, "right", min_screen=125),
    Column("image", "IMAGE", 28, min_screen=156),
    Column("util", "UTIL", 9, "right", min_screen=WIDE_ONLY),
    Column("requests", "REQ", 7, "right", min_screen=WIDE_ONLY),
)
EVENT_LINES: Final = 3
CELLS: Final = 12
LONGEST_NAME: Final = 32
"""Cells of a name that other columns give way to."""
COARSE_ABOVE: Final = 200
"""Tables longer than this show ages in whole minutes."""


def fleet(
    snapshot: Snapshot, query: Query, now: float, memo: Memo, *, width: int = 100
) -> FleetView:
    """Return what the fleet screen shows.

    Args:
        snapshot: What is known.
        query: Filter and order of the table.
        now: Epoch seconds.
        memo: Remembers rows between calls.
        width: Cells of the screen; the event lines fill it.
    """
    found = digests(snapshot, memo, now)
    attention, fresh = announced(found, snapshot.controller, now, memo)
    rows: Iterable[Row] = rows_of_sets(snapshot, now, memo)
    if query.sort in ("", "state"):
        rows = _worst_first(rows, attention)
    longest = max((len(one.key.name) for one in found), default=0)
    columns = _columns(min(longest, LONGEST_NAME))
    table = arrange(columns, rows, query, now, empty=_empty(snapshot))
    grouped = len(found) > MANY and not (query.filter or query.sort or query.faults_only)
    if grouped:
        table = replace(table, rows=by_namespace(found, table.rows, columns, now, memo))
    quiet, times = calm(snapshot, found, fresh=fresh), snapshot.manner.times
    newest = nlargest(EVENT_LINES, snapshot.events.values(), key=lambda event: event.last_at)
    return FleetView(
        title=_title(query, len(table.rows), table.total, grouped=grouped),
        table=table,
        attention=attention[:5],
        more_attention=max(0, len(attention) - 5),
        calm=() if attention else quiet.text,
        quiet=quiet.title,
        events=tuple(_cut(line, width) for line in event_lines(newest, now, times)),
    )


def rows_of_sets(snapshot: Snapshot, now: float, memo: Memo) -> Iterator[Row]:
    """Yield the row of each set, by namespace and name."""
    coarse = len(snapshot.sets) > COARSE_ABOVE
    for one in digests(snapshot, memo, now):
        yield _row(snapshot, one, now, memo, coarse=coarse)


def _worst_first(rows: Iterable[Row], attention: Sequence[Attention]) -> Iterable[Row]:
    """Return rows so that, among equally severe ones, those the strip tells first come first."""
    told = [line.ref.key for line in attention if line.ref.kind in ("set", "group")]
    if not told:
        return rows
    places = {key: -number for number, key in enumerate(reversed(told), 1)}
    return sorted(rows, key=lambda row: places.get(row.ref.key, 0) if row.ref is not None else 0)


@lru_cache(maxsize=64)
def _columns(longest: int) -> tuple[Column, ...]:
    """Return the columns with room for names of so many cells."""
    return tuple(replace(c, want=longest) if c.id == "name" else c for c in COLUMNS)


def _cut(line: Line, width: int) -> Line:
    """Return a line without what a screen cannot show of its last span, but for one cell.

    That cell makes the screen say that something is missing.
    """
    *head, last = line
    room = max(0, width + 1 - sum(len(span.text) for span in head))
    return (*head, Span(last.text[:room], last.tone))


def _empty(snapshot: Snapshot) -> str:
    if snapshot.cluster.problem:
        return snapshot.cluster.problem
    sync = snapshot.sync.get("leaderworkersets")
    if sync is None or sync.state in ("listing", "connecting"):
        return "asking the cluster for its sets"
    if sync.state == "missing":
        return "to install it: lwstui crd | kubectl apply --server-side -f -"
    if sync.state == "unauthorized":
        return "log in again in another terminal: this screen goes on by itself"
    if sync.state == "forbidden":
        return sync.message or "not allowed to list leaderworkersets"
    return "no LeaderWorkerSet here yet: apply a manifest, such as one of the examples"


def _title(query: Query, shown: int, total: int, *, grouped: bool) -> Line:
    order = f"sort {query.sort.upper()}{'↓' if query.descending else '↑'}" if query.sort else ""
    plain = "by namespace" if grouped else "worst first"
    words = [f"/ {query.filter}" if query.filter else "no filter", order or plain]
    if query.faults_only:
        words.append("faults only")
    return (
        Span("sets", "title"),
        Span("   " + "   ".join(words), "dim"),
        Span(f"   {shown:,} of {total:,}"),
    )


def _row(snapshot: Snapshot, one: SetDigest, now: float, memo: Memo, *, coarse: bool) -> Row:
    telemetry = snapshot.telemetry
    marked = mark(snapshot, one.key, rolling=one.rolling)

    def build() -> tuple[Row, float]:
        requested = marked or paused_mark(one.lws) or frozen_text(one)
        return _build_row(one, requested, work(one, telemetry, now), now, coarse=coarse)

    sources = (one, telemetry)
    return memo.get(("fleet", one.key), sources, now, build, facts=(marked, coarse))


def _build_row(
    one: SetDigest, requested: str, done: Work, now: float, *, coarse: bool
) -> tuple[Row, float]:
    meta, health = one.lws.metadata, one.health
    created = parse_time(meta.creation_timestamp) or 0.0
    nodes = len({p.node for g in one.groups for p in g.pods if p.node})
    cells = (
        glyph(health),
        Cell(meta.name),
        Cell(meta.namespace),
        _ready(one),
        Cell(ratio(one.updated, one.replicas), "" if one.updated == one.replicas else "info"),
        Cell(str(one.size)),
        _pods(one),
        Cell(ratio(*one.accelerators)) if one.accelerators else DASH,
        Cell(requested, "busy") if requested else _rollout(one),
        _groups(one),
        Cell(one.desired[:6], "dim"),
        Cell(age(now - created, coarse=coarse) if created else "", "dim"),
        Cell(str(_restarts(one))),
        Cell(str(nodes)),
        Cell(_image(one), "dim"),
        done.util,
        done.requests,
    )
    sort = (
        health.severity,
        meta.name,
        meta.namespace,
        one.ready / one.replicas if one.replicas else 1.0,
        one.updated / one.replicas if one.replicas else 1.0,
        one.size,
        one.pods,
        one.accelerators[1] if one.accelerators else 0,
        one.updated - one.replicas,
        one.replicas,
        one.desired,
        -created,
        _restarts(one),
        nodes,
        cells[14].text,
        *done.sort,
    )
    ref = Ref("set", meta.namespace, meta.name, uid=meta.uid)
    found = row(meta.uid or str(one.key), cells, sort, ref, health, labels=meta.labels or {})
    until = now + changes_in(now - created, coarse=coarse) if created else inf
    return found, min(until, done.until)


def _ready(one: SetDigest) -> Cell:
    text = ratio(one.ready, one.replicas)
    if one.disagrees:
        return Cell(f"{text}≠", "warn")
    return Cell(text, "" if one.ready >= one.replicas else one.health.tone)


def _rollout(one: SetDigest) -> Cell:
    if not one.replicas:
        return Cell("scaled to 0", "dim")
    if not one.rolling:
        return DASH
    done = percent(one.updated, one.replicas)
    if one.held:
        return Cell(f"held {done}", "info")
    if one.blocker is not None:
        return Cell(f"blocked {done}", "warn")
    return Cell(f"{bar(one.updated, one.replicas)} {done:>4}", "busy")


def _groups(one: SetDigest) -> Cell:
    glyphs = [g.health.glyph for g in one.groups]
    if not glyphs:
        return Cell("")
    counts = Counter(glyphs)
    if len(glyphs) <= CELLS:
        return Cell("".join(glyphs), spans=tuple(Span(g, TONES[g]) for g in glyphs))
    if len(counts) == 1:
        return Cell(f"{glyphs[0]} ×{len(glyphs)}", TONES[glyphs[0]])
    spans = tuple(Span(f"{g}{counts[g]} ", TONES[g]) for g in ORDER if counts[g])
    return Cell("".join(span.text for span in spans).rstrip(), spans=spans)


def _pods(one: SetDigest) -> Cell:
    """Return how many pods are in which state, worst first; those that miss count, too."""
    counts = Counter(health.glyph for group in one.groups for health in group.healths)
    missing = sum(max(0, group.size - len(group.pods)) for group in one.groups)
    if missing:
        counts["_"] += missing
    spans = tuple(Span(f"{g}{counts[g]} ", TONES[g]) for g in ORDER if counts[g])
    return Cell("".join(span.text for span in spans).rstrip(), spans=spans)


def _restarts(one: SetDigest) -> int:
    return sum(group.restarts for group in one.groups)


def _image(one: SetDigest) -> str:
    """Return the image of the first leader's main container, without its registry."""
    leader = next((g.leader for g in one.groups if g.leader is not None), None)
    images = [c.image for c in leader.containers if not c.init] if leader is not None else []
    return images[0].rpartition("/")[2] if images else ""
