"""The revisions of a set as a table: what each changed, who runs it."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final, NamedTuple

from controller.admission.defaults import InvalidSpec
from controller.api.core import Revision
from controller.api.meta import Key
from controller.plan.rollout import read_record
from lwstui.state.history import history_of, known_revisions
from lwstui.state.manner import Times
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, changes_in, stamp
from lwstui.view.authors import UNKNOWN, author
from lwstui.view.change_words import change_words
from lwstui.view.health import judge
from lwstui.view.memo import Memo
from lwstui.view.phrases import runs
from lwstui.view.revisions import Entry, entries
from lwstui.view.tables import DASH, arrange, row
from lwstui.view.types import Cell, Column, Query, Ref, Row, TableView, Tone

COLUMNS: Final = (
    Column("number", "REV", 4, "right"),
    Column("revision", "KEY", 10),
    Column("status", "STATE", 8),
    Column("groups", "GROUPS", 12),
    Column("change", "CHANGE", 24, flex=True),
    Column("who", "WHO", 12, min_screen=100),
    Column("created", "WHEN", 19, min_screen=120),
    Column("age", "AGE", 6, "right", age=True),
)
_WORDS: Final[dict[str, Tone]] = {"new": "info", "serving": "ok", "rolled": "ok", "kept": "warn"}


def revision_entries(snapshot: Snapshot, key: Key, now: float, memo: Memo) -> tuple[Entry, ...]:
    """Return the history of a set, the newest first; none of a set that is gone or invalid."""
    lws = snapshot.sets.get(key)
    if lws is None:
        return ()
    pods = snapshot.by_set.get(key, ())

    def build() -> tuple[tuple[Entry, ...], float]:
        mine = known_revisions(snapshot, key)
        record = read_record(lws.annotations)
        stable = record.stable if record is not None else ""
        try:
            return entries(history_of(lws, mine), pods, stable), inf
        except InvalidSpec:
            return (), inf

    sources = (lws, pods, snapshot.revisions, snapshot.kept)
    return memo.get(("revision-entries", key), sources, now, build)


def revision_table(snapshot: Snapshot, key: Key, query: Query, now: float, memo: Memo) -> TableView:
    """Return the table of a set's revisions, the newest first."""
    found = revision_entries(snapshot, key, now, memo)
    here = {one.uid for one in snapshot.revisions.values()}
    rows = [
        _remembered(
            key,
            entry,
            now,
            memo,
            _Facts(
                entry.revision.uid not in here, snapshot.manner.times, who(snapshot, key, entry)
            ),
        )
        for entry in found
    ]
    empty = "no revision of this set is known" if key in snapshot.sets else f"{key} is gone"
    if query.sort:
        return arrange(COLUMNS, rows, query, now, empty=empty)
    newest = Query(query.filter, "number", not query.descending)
    return arrange(COLUMNS, rows, newest, now, empty=empty)


def revision_ref(key: Key, revision: Revision) -> Ref:
    """Return what a row about a revision refers to."""
    return Ref("revision", key.namespace, key.name, uid=revision.uid or revision.name)


def find_entry(found: Sequence[Entry], ref: Ref | None) -> int | None:
    """Return where in the history a reference points, None if to none of it."""
    if ref is None or ref.kind != "revision":
        return None
    uids = [entry.revision.uid or entry.revision.name for entry in found]
    return uids.index(ref.uid) if ref.uid in uids else None


def state_of(entry: Entry) -> str:
    """Return what a revision is to its set in one word: ``new``, ``serving`` or nothing."""
    if entry.target:
        return "rolled" if entry.current else "new"
    return "serving" if entry.groups else ""


class _Facts(NamedTuple):
    """What a row says besides its entry.

    Attributes:
        kept: Whether only this console still has the revision.
        times: How times are written.
        who: Who made it.
    """

    kept: bool
    times: Times
    who: str


def who(snapshot: Snapshot, key: Key, entry: Entry) -> str:
    """Return who made a revision of a set, as far as that can be told."""
    lws = snapshot.sets.get(key)
    if lws is None:
        return UNKNOWN
    return author(entry.revision, lws, snapshot.activity, skew_s=snapshot.cluster.skew_s)


def _remembered(key: Key, entry: Entry, now: float, memo: Memo, facts: _Facts) -> Row:
    def build() -> tuple[Row, float]:
        until = now + changes_in(now - entry.revision.created_at)
        return _row(key, entry, now, facts), until

    slot = ("revision-row", key, entry.revision.uid)
    return memo.get(slot, (entry,), now, build, facts=facts)


def _row(key: Key, entry: Entry, now: float, facts: _Facts) -> Row:
    revision, word = entry.revision, "kept" if facts.kept else state_of(entry)
    health = judge("·", word=word or "old")
    running = f"{len(entry.groups)} ({runs(entry.groups)})" if entry.groups else ""
    change = change_words(entry.changes)
    cells = (
        Cell(str(revision.number), "bold"),
        Cell(revision.key),
        Cell(word, _WORDS[word]) if word else DASH,
        Cell(running) if running else DASH,
        Cell(change, "" if entry.changes else "dim"),
        Cell(facts.who, "dim" if facts.who == UNKNOWN else ""),
        Cell(stamp(revision.created_at, facts.times), "dim"),
        Cell(age(now - revision.created_at), "dim"),
    )
    sort = (
        revision.number,
        revision.key,
        word,
        len(entry.groups),
        change,
        facts.who,
        revision.created_at,
        -revision.created_at,
    )
    return row(revision.uid or revision.name, cells, sort, revision_ref(key, revision), health)
