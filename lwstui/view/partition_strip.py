"""The partition strip: which groups have the new revision, and where the update stands.

The update moves from right to left. Few groups have a column each; of many only the state is
drawn, several groups in one cell if need be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from lwstui.view.ages import age, ratio
from lwstui.view.digest import GroupDigest, SetDigest
from lwstui.view.health import FINE
from lwstui.view.types import Line, Span, Tone

MOST_COLUMNS: Final = 20
"""Sets with more groups get the compact strip, however wide the screen is."""
_LABEL: Final = 6
_COLUMN: Final = 6
_REACHED: Final = "┃"
_FLOOR: Final = "▽"
_SURGE: Final = "┊"


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a rollout stands.

    Attributes:
        reached: Groups at or above it may be updated now.
        floor: Groups at or above it may be updated, by the spec.
        took: Seconds by group index: a finished start, or a running one as a negative number.
        back: The partition that resuming goes back to, None if the rollout is not held.
    """

    reached: int
    floor: int
    took: Mapping[int, float]
    back: int | None = None


def partition_strip(one: SetDigest, marks: Marks, cells: int) -> tuple[Line, ...]:
    """Return the strip in at most ``cells`` cells, and a line that says what the marks mean."""
    groups = one.groups
    if not groups:
        return ()
    wide = len(groups) <= MOST_COLUMNS and _LABEL + _COLUMN * len(groups) <= cells
    lines = _columns(one, marks) if wide else (_compact(one, marks, cells),)
    return (*lines, _meaning(one, marks))


def _columns(one: SetDigest, marks: Marks) -> tuple[Line, ...]:
    length = _told_apart({group.revision for group in one.groups})
    names = [_label("")]
    revisions, pods, took = [_label("rev")], [_label("pods")], [_label("took")]
    for group in one.groups:
        edge = _edge(one, marks, group.index)
        names += [edge, Span(f"{group.index}{'^' if group.surge else ''}".rjust(4) + " ")]
        body = Span(" " if edge.text == _FLOOR else edge.text, edge.tone)
        revisions += [body, _revision(one, group, length)]
        pods += [body, *_pods(group)]
        took += [body, _took(one, marks, group)]
    return tuple(map(tuple, (names, revisions, pods, took)))


def _label(text: str) -> Span:
    return Span(text.ljust(_LABEL), "dim")


def _edge(one: SetDigest, marks: Marks, index: int) -> Span:
    """Return what stands before the column of a group."""
    if index == marks.reached and index:
        return Span(_REACHED, "bold")
    if index == marks.floor and index:
        return Span(_FLOOR, "info")
    return Span(_SURGE, "dim") if index == one.replicas else Span(" ")


def _told_apart(revisions: Set[str]) -> int:
    """Return how many characters tell revisions apart in a column."""
    distinct = len({revision[:3] for revision in revisions}) == len(revisions)
    return 3 if distinct else 4


def _revision(one: SetDigest, group: GroupDigest, length: int) -> Span:
    new = group.revision == one.desired
    text = group.revision[:length] or "—"
    return Span(f"{text:>4} ", "" if new else "dim")


def _pods(group: GroupDigest) -> tuple[Span, ...]:
    health = group.health
    text = ratio(group.ready, group.size)
    fault = health.severity < FINE or health.glyph == "o"
    mark = health.glyph if fault else " "
    tone: Tone = health.tone if fault else "dim"
    return (Span(f"{text:>4}{mark}"[:5], tone),)


def _took(one: SetDigest, marks: Marks, group: GroupDigest) -> Span:
    if group.revision != one.desired and one.rolling:
        word = "held" if group.index < marks.floor else "wait"
        return Span(f"{word:>4} ", "dim")
    seconds = marks.took.get(group.index)
    if seconds is None:
        return Span("   · ", "dim")
    return Span(f"{_short(abs(seconds)):>4} ", "busy" if seconds < 0 else "")


def _short(seconds: float) -> str:
    text = age(seconds, coarse=True)
    return text if len(text) <= 4 else text[:4]


def _compact(one: SetDigest, marks: Marks, cells: int) -> Line:
    """Return one line with a cell for every group, or for every so many."""
    groups = one.groups
    last = f" {groups[-1].index}{'^' if groups[-1].surge else ''}"
    # Three marks at most stand between the cells.
    room = max(cells - len(last) - 2 - 3, 10)
    step = -(-len(groups) // room)
    spans = [Span("0 ", "dim")]
    for start in range(0, len(groups), step):
        bucket = groups[start : start + step]
        spans += _crossed(one, marks, bucket)
        spans.append(_bucket(one, marks, bucket))
    note = f"   1 cell = {step} groups" if step > 1 else ""
    return (*spans, Span(last, "dim"), Span(note, "dim"))


def _crossed(one: SetDigest, marks: Marks, bucket: Sequence[GroupDigest]) -> list[Span]:
    """Return the marks that fall before or into a cell."""
    indexes = {group.index for group in bucket} - {0}
    if marks.reached in indexes:
        return [Span(_REACHED, "bold")]
    if marks.floor in indexes:
        return [Span(_FLOOR, "info")]
    return [Span(_SURGE, "dim")] if one.replicas in indexes else []


def _bucket(one: SetDigest, marks: Marks, bucket: Sequence[GroupDigest]) -> Span:
    worst = min(bucket, key=lambda group: group.health.severity).health
    old = one.rolling and any(group.revision != one.desired for group in bucket)
    if worst.severity < FINE or worst.glyph == "o" or not old:
        return Span(worst.glyph, worst.tone)
    return Span("u", "info") if bucket[-1].index < marks.floor else Span("~", "dim")


def _meaning(one: SetDigest, marks: Marks) -> Line:
    spans = [
        Span(f"{_REACHED} ", "bold"),
        Span(f"groups from {marks.reached} on may be updated now    ", "dim"),
        Span(f"{_FLOOR} ", "info"),
        Span(f"user floor {marks.floor}", "dim" if not marks.floor else "info"),
    ]
    if marks.back is not None:
        spans.append(Span(f", held: resuming goes back to {marks.back}", "info"))
    if one.surge:
        spans.append(Span(f"    {_SURGE} {one.surge} surge above {one.replicas} groups", "dim"))
    return tuple(spans)
