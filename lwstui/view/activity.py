"""The activity table: what this console did or refused, and what the controller did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lwstui.state.manner import Times
from lwstui.state.model import Activity, Snapshot
from lwstui.view.ages import age, changes_in, moment, stamp
from lwstui.view.health import judge
from lwstui.view.memo import Memo
from lwstui.view.tables import DASH, arrange, row
from lwstui.view.types import Cell, Column, Line, Query, Ref, Row, Span, TableView, Tone

COLUMNS: Final = (
    Column("state", "S", 1),
    Column("time", "TIME", 8),
    Column("age", "AGE", 6, "right", min_screen=100, age=True),
    Column("who", "WHO", 10),
    Column("what", "WHAT", 22, flex=True),
    Column("object", "OBJECT", 20),
    Column("change", "CHANGE", 18, min_screen=120),
    Column("dryrun", "DRY RUN", 8, min_screen=150),
    Column("outcome", "OUTCOME", 14, flex=True),
    Column("took", "TOOK", 6, "right", min_screen=110),
)
_NONE: Final = "nothing was done yet"
COARSE_ABOVE: Final = 200


def activity(snapshot: Snapshot, query: Query, now: float, memo: Memo) -> TableView:
    """Return the activity table, the newest first; "faults only" means what failed."""
    found = snapshot.activity
    coarse = len(found) > COARSE_ABOVE
    times = snapshot.manner.times
    rows = [_remembered(one, now, memo, coarse=coarse, times=times) for one in found]
    # Of things done in the same second the later one comes first.
    return arrange(COLUMNS, reversed(rows), query, now, empty=_NONE, default="age")


def key_of(one: Activity) -> str:
    """Return what identifies a line: nothing is done twice in the same microsecond."""
    return f"{one.at:.6f} {one.who} {one.what} {one.target} {one.outcome}"


def find(found: Sequence[Activity], key: str) -> Activity | None:
    """Return the line of a row, None if it has been dropped."""
    return next((one for one in reversed(found) if key_of(one) == key), None)


def _remembered(one: Activity, now: float, memo: Memo, *, coarse: bool, times: Times) -> Row:
    def build() -> tuple[Row, float]:
        found = _row(one, now, coarse=coarse, times=times)
        return found, now + changes_in(now - one.at, coarse=coarse)

    return memo.get(("activity", key_of(one)), (one,), now, build, facts=(coarse, times))


def state_of(one: Activity) -> tuple[str, str, Tone]:
    """Return glyph, word and tone of a line."""
    if one.ok:
        return "·", "done", "ok"
    return ("u", "refused", "info") if one.kind == "refused" else ("X", "failed", "bad")


def _row(one: Activity, now: float, *, coarse: bool, times: Times) -> Row:
    glyph, word, tone = state_of(one)
    change = f"{one.before} → {one.after}" if one.after else ""
    cells = (
        Cell(glyph, tone),
        Cell(moment(one.at, now, times, coarse=coarse), "dim"),
        Cell(age(now - one.at, coarse=coarse), "dim"),
        Cell(one.who, "dim" if one.kind == "controller" else ""),
        Cell(one.what),
        Cell(one.target),
        Cell(change) if change else DASH,
        Cell(one.dry_run) if one.dry_run else DASH,
        Cell(_outcome(one), "" if one.ok else tone),
        Cell(_took(one), "dim") if one.took_s is not None else DASH,
    )
    health = judge(glyph, one.outcome, word=word)
    sort = (
        health.severity,
        -one.at,
        -one.at,
        one.who,
        one.what,
        one.target,
        change,
        one.dry_run,
        one.outcome,
        one.took_s or 0.0,
    )
    extra = f"{one.kind} {one.command} {one.before} {one.after}"
    return row(key_of(one), cells, sort, target_of(one), health, extra=extra)


def _outcome(one: Activity) -> str:
    """Return the outcome without what its line says already."""
    return one.outcome.removeprefix(f"{one.what} of {one.target}: ")


def _took(one: Activity) -> str:
    seconds = one.took_s or 0.0
    return age(seconds) if seconds >= 10 else f"{seconds:.1f}s"


def target_of(one: Activity) -> Ref:
    """Return the object a line is about, as far as the console has a screen for it."""
    namespace, _, name = one.target.rpartition("/")
    if namespace:
        return Ref("set", namespace, name)
    return Ref("node" if name else "event", "", name)


def details(one: Activity | None, times: Times = "absolute") -> tuple[Line, ...]:
    """Return all that is known of a line.

    Args:
        one: The line; None says that none is selected.
        times: How moments are written.
    """
    if one is None:
        return ((Span("nothing is selected", "dim"),),)
    glyph, word, tone = state_of(one)
    back = f"{one.reversal.text}   <ctrl-l> asks first" if one.reversal else "nothing does"
    where = f" in {one.context}" if one.context else ""
    facts = (
        ("when", f"{stamp(one.at, times)}   by {one.who}{where}"),
        ("what", f"{one.what}   {one.target}"),
        ("change", f"{one.before or '?'} → {one.after}" if one.after else ""),
        ("dry run", one.dry_run),
        ("same as", one.command),
        ("takes it back", back if one.kind == "asked" else ""),
    )
    lines: list[Line] = [
        (Span(f"{glyph} {word}", tone), Span(f"   {one.outcome}")),
        *((Span(f"{label:<14}", "dim"), Span(text)) for label, text in facts if text),
    ]
    if one.took_s is not None:
        lines.append((Span(f"{'took':<14}", "dim"), Span(_took(one))))
    return tuple(lines)
