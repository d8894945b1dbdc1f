"""What the diff screen compares: a revision with the one before it, a set with what was applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import msgspec

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from lwstui.kube.decoders import safe
from lwstui.state.model import Snapshot
from lwstui.view.ages import count, stamp
from lwstui.view.diffs import aligned, changes, yaml_text
from lwstui.view.memo import Memo
from lwstui.view.revision_table import find_entry, revision_entries
from lwstui.view.revisions import Entry, template_of
from lwstui.view.types import Ref

APPLIED: Final = "applied"
"""Compares the live set with what was last applied, instead of two revisions."""
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two texts and what they are.

    Attributes:
        left: What the first text is, such as ``revision 4 (3f0c11)``.
        right: What the second one is.
        old: Lines of the first.
        new: Lines of the second, its fields in the order of the first.
        changed: Fields that differ.
        note: A sentence when there is nothing to compare, or about what is compared.
    """

    left: str = ""
    right: str = ""
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    changed: int = 0
    note: str = ""


def comparison(snapshot: Snapshot, ref: Ref, what: str, now: float, memo: Memo) -> Comparison:
    """Return what a diff screen compares.

    Args:
        snapshot: What is known.
        ref: A set, for the revision it should reach, or one of its revisions.
        what: ``APPLIED``, or empty for two revisions.
        now: Epoch seconds.
        memo: Remembers the comparison while its sides are the same.
    """
    lws = snapshot.sets.get(ref.key)
    if lws is None:
        return Comparison(note=f"{ref.key} is gone")
    if what == APPLIED:
        return memo.get(("applied", ref.key), (lws,), now, lambda: (_applied(lws), inf))
    found = revision_entries(snapshot, ref.key, now, memo)
    at = find_entry(found, ref)
    if at is None:
        at = next((i for i, entry in enumerate(found) if entry.target), 0)
    return _revisions(ref.key, found, at, now, memo)


def _revisions(key: Key, found: Sequence[Entry], at: int, now: float, memo: Memo) -> Comparison:
    if not found:
        return Comparison(note=f"no revision of {key} is known")
    new = found[at]
    old = found[at + 1] if at + 1 < len(found) else None

    def build() -> tuple[Comparison, float]:
        after = template_of(new.revision)
        if old is None:
            note = f"{_title(new)} is the oldest that is kept: there is none to compare it with"
            return Comparison("", _title(new), (), _lines(after), 0, note), inf
        sides = _compared(template_of(old.revision), after)
        return Comparison(_title(old), _title(new), *sides), inf

    sources = (new.revision, old.revision if old is not None else None)
    return memo.get(("comparison", key, new.revision.uid), sources, now, build)


def _title(entry: Entry) -> str:
    revision = entry.revision
    return f"revision {revision.number} ({revision.key}), {stamp(revision.created_at)}"


def _applied(lws: LeaderWorkerSet) -> Comparison:
    text = lws.annotations.get(LAST_APPLIED)
    if not text:
        return Comparison(
            note="nothing says what was last applied: the set has no annotation of kubectl apply"
        )
    try:
        body = msgspec.json.decode(safe(text.encode()))
    except msgspec.DecodeError:
        return Comparison(note="the annotation of what was last applied cannot be read")
    applied = body.get("spec") if isinstance(body, Mapping) else None
    found = _compared(applied, lws.spec)
    note = "fields that were not applied are defaults of the server, or changes since"
    return Comparison("last applied", "live spec", *found, note)


def _compared(before: Any, after: Any) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    return _lines(before), _lines(aligned(after, before)), len(changes(before, after))


def _lines(body: Any) -> tuple[str, ...]:
    return tuple(yaml_text(body).splitlines()) if body else ()


def summary(found: Comparison) -> str:
    """Return how much differs, for the title."""
    if not found.left:
        return ""
    return f"{count(found.changed, 'field')} differ{'s' if found.changed == 1 else ''}"
