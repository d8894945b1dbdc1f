"""How containers of something ended: first of each generation, all of them, and the loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from controller.api.meta import Key
from lwstui.insight.sets import LOOP_S
from lwstui.state.deaths import Death
from lwstui.state.model import GroupHistory, Snapshot
from lwstui.view.ages import age, count, moment
from lwstui.view.types import Cell, Column, Line, Ref, Row, Span, TableView

FIRST_COLUMNS: Final = (
    Column("group", "GRP", 4, "right"),
    Column("generation", "GEN", 4, "right"),
    Column("ended", "ENDED", 8),
    Column("first", "FIRST", 16),
    Column("after", "AFTER", 7, "right"),
    Column("how", "HOW", 18),
    Column("node", "NODE", 10, min_screen=100),
    Column("line", "LAST LINE KEPT BEFORE THE POD WENT", 20, flex=True),
)
ALL_COLUMNS: Final = (
    Column("group", "GRP", 4, "right"),
    Column("generation", "GEN", 4, "right"),
    Column("first", "1ST", 3),
    Column("ended", "ENDED", 8),
    Column("pod", "POD", 18, flex=True),
    Column("container", "CONTAINER", 12, min_screen=100),
    Column("after", "AFTER", 7, "right"),
    Column("how", "HOW", 18),
    Column("node", "NODE", 10, min_screen=90),
    Column("line", "LAST LINE", 16, flex=True, min_screen=80),
)
LOOPS: Final = 4
"""Groups whose recreations are told; the others are counted."""
_DASH: Final = "—"


def of_ref(snapshot: Snapshot, ref: Ref) -> list[Death]:
    """Return how containers of something, or of its group, ended, the newest first."""
    return sorted((d for d in snapshot.deaths if _of(snapshot, ref, d)), key=lambda d: -d.at)


def _of(snapshot: Snapshot, ref: Ref, death: Death) -> bool:
    match ref.kind:
        case "set":
            return death.set_key == ref.key
        case "group":
            return death.set_key == ref.key and death.group == ref.group
        case "node":
            return death.node == ref.name
        case _:
            pod = snapshot.pods.get(ref.key)
            return pod is not None and (death.set_key, death.group) == (pod.set_key, pod.group)


def firsts(deaths: Iterable[Death]) -> dict[tuple[Key, int, int], Death]:
    """Return which container ended first in each generation of each group."""
    first: dict[tuple[Key, int, int], Death] = {}
    for death in deaths:
        slot = (death.set_key, death.group, death.generation)
        known = first.get(slot)
        if known is None or death.at < known.at:
            first[slot] = death
    return first


def first_ends(snapshot: Snapshot, ref: Ref, now: float) -> TableView:
    """Return which container ended first in each generation of each group, the newest first."""
    newest = sorted(firsts(of_ref(snapshot, ref)).values(), key=lambda death: -death.at)
    times = snapshot.manner.times
    rows = tuple(_row(death, _first_cells(death, moment(death.at, now, times))) for death in newest)
    return TableView(FIRST_COLUMNS, rows, len(rows), "no container of it ended while watched")


def all_ends(snapshot: Snapshot, ref: Ref, now: float) -> TableView:
    """Return all ends of containers, the newest first; those that came first are marked."""
    found = of_ref(snapshot, ref)
    first = {death.id for death in firsts(found).values()}
    times = snapshot.manner.times
    rows = tuple(_row(d, _cells(d, moment(d.at, now, times), first=d.id in first)) for d in found)
    return TableView(ALL_COLUMNS, rows, len(rows), "no container of it ended while watched")


def _first_cells(death: Death, ended: str) -> tuple[Cell, ...]:
    return (
        Cell(str(death.group)),
        Cell(str(death.generation or "?")),
        Cell(ended),
        Cell(_role(death)),
        Cell(_after(death)),
        Cell(death.how, "bad"),
        Cell(death.node or _DASH),
        _last(death),
    )


def _cells(death: Death, ended: str, *, first: bool) -> tuple[Cell, ...]:
    return (
        Cell(str(death.group)),
        Cell(str(death.generation or "?")),
        Cell("1st" if first else "", "bad"),
        Cell(ended),
        Cell(death.pod),
        Cell(death.container),
        Cell(_after(death)),
        Cell(death.how, "bad"),
        Cell(death.node or _DASH),
        _last(death),
    )


def _role(death: Death) -> str:
    return "leader" if death.worker == 0 else f"worker {death.worker}"


def _after(death: Death) -> str:
    return age(death.ran_s) if death.ran_s is not None else _DASH


def _last(death: Death) -> Cell:
    line = death.lines[-1] if death.lines else death.problem or _DASH
    return Cell(line, "dim" if not death.lines else "")


def _row(death: Death, cells: tuple[Cell, ...]) -> Row:
    texts = tuple(cell.text for cell in cells)
    ref = Ref("pod", death.namespace, death.pod, death.group, death.worker, death.uid)
    key = f"{death.group}|{death.generation}|{'|'.join(map(str, death.id))}"
    return Row(key, cells, haystack=" ".join(texts).lower(), sort=texts, ref=ref)


def last_lines(snapshot: Snapshot, ref: Ref, key: str) -> tuple[Line, ...]:
    """Return what is kept of the end that a row of a table stands for.

    Args:
        snapshot: What is known.
        ref: What the table is about.
        key: Key of the row.
    """
    death = next((d for d in of_ref(snapshot, ref) if _row(d, ()).key == key), None)
    if death is None:
        return ()
    kept = f"{death.kept} kept, l reads them" if death.kept > len(death.lines) else ""
    head = f"{death.pod} {death.container}: {death.how}"
    lines: list[Line] = [(Span(head, "bad"), Span(f"   {kept}" if kept else "", "dim"))]
    if death.message:
        lines.append((Span(death.message, "warn"),))
    if not death.lines:
        why = death.problem or "nothing of its log was kept"
        return (*lines, (Span(why, "dim"),))
    return (*lines, *((Span(line),) for line in death.lines))


def loops(snapshot: Snapshot, ref: Ref, now: float) -> tuple[Line, ...]:
    """Return how often groups were recreated: generations and rate, the busiest first."""
    found = sorted(_histories(snapshot, ref), key=lambda item: (-_lately(item[1], now), item[0]))
    least = snapshot.manner.recreate_loop
    lines = [
        _loop(index, history, now, _culprit(snapshot, ref, index), least)
        for index, history in found
    ]
    if not lines:
        return ((Span("no group of it was recreated while watched", "dim"),),)
    more = len(lines) - LOOPS
    rest: Sequence[Line] = ((Span(f"and {count(more, 'more group')}", "dim"),),) if more > 0 else ()
    return (*lines[:LOOPS], *rest)


def _histories(snapshot: Snapshot, ref: Ref) -> Iterator[tuple[int, GroupHistory]]:
    pod = snapshot.pods.get(ref.key) if ref.kind == "pod" else None
    key = pod.set_key if pod is not None else ref.key
    only = pod.group if pod is not None else ref.group if ref.kind == "group" else None
    indexes = {one.group for one in snapshot.by_set.get(key, ())} if only is None else {only}
    for index in sorted(indexes):
        history = snapshot.history.get((key, index))
        if history is not None and len(history.incarnations) > 1:
            yield index, history


def _lately(history: GroupHistory, now: float) -> int:
    """Return how many recreations fall into the window in which three make a loop."""
    return sum(now - at <= LOOP_S for at in history.incarnations[1:])


def _culprit(snapshot: Snapshot, ref: Ref, index: int) -> str:
    first = [d for d in firsts(of_ref(snapshot, ref)).values() if d.group == index]
    who = {(_role(d), d.how) for d in first}
    if not who:
        return "which pod ended first was not seen"
    if len(who) > 1:
        return "not always the same pod first"
    (role, how) = next(iter(who))
    return f"{role} first each time: {how}"


def _loop(index: int, history: GroupHistory, now: float, culprit: str, least: int) -> Line:
    times = history.incarnations
    lately, again = _lately(history, now), len(times) - 1
    hours = max(now - times[0], 60.0) / 3600
    looping = lately >= least
    return (
        Span(f"{'X' if looping else '!'} group {index}", "bad" if looping else "warn"),
        Span(f"   generation {len(times)}, began {age(now - times[-1])} ago"),
        Span(f"   recreated {count(again, 'time')} in {age(now - times[0])}"),
        Span(f", {again / hours:.1f} an hour", "dim"),
        Span(f"   {lately} in the last 15m" + (": a loop" if looping else ""), "dim"),
        Span(f"   {culprit}"),
    )
