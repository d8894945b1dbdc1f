"""A fleet of very many sets by namespace: problems as they are, the rest in one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import inf
from typing import Final

from lwstui.view.ages import count, ratio
from lwstui.view.digest import SetDigest
from lwstui.view.health import FAULTS, ORDER, TONES
from lwstui.view.memo import Memo
from lwstui.view.types import Cell, Column, Row, Span

MANY: Final = 200
"""A fleet of more sets is shown by namespace, unless it is filtered or ordered."""
PREFIX: Final = "namespace/"
_FAULTY: Final = frozenset(map(ORDER.index, FAULTS))


def by_namespace(
    found: Iterable[SetDigest],
    rows: Sequence[Row],
    columns: Sequence[Column],
    now: float,
    memo: Memo,
) -> tuple[Row, ...]:
    """Return a row per namespace, each followed by the rows of its sets that are not fine.

    Namespaces with the worst problems come first.

    Args:
        found: Digests of all sets.
        rows: Their rows, worst first.
        columns: Columns of the table.
        now: Epoch seconds.
        memo: Remembers rows between calls.
    """
    faulty: dict[str, list[Row]] = {}
    for row in rows:
        if row.severity in _FAULTY and row.ref is not None:
            faulty.setdefault(row.ref.namespace, []).append(row)
    ordered = sorted(found, key=lambda one: one.key)
    parts = []
    for namespace, members in groupby(ordered, key=lambda one: one.key.namespace):
        ill = faulty.get(namespace, [])
        head = _remembered(namespace, tuple(members), columns, now, memo)
        worst = min((row.severity for row in ill), default=len(ORDER))
        parts.append((worst, namespace, [head, *ill]))
    parts.sort(key=lambda part: part[:2])
    return tuple(row for _, _, shown in parts for row in shown)


def _remembered(
    namespace: str,
    members: tuple[SetDigest, ...],
    columns: Sequence[Column],
    now: float,
    memo: Memo,
) -> Row:
    def build() -> tuple[Row, float]:
        return _row(namespace, members, columns), inf

    return memo.get(("namespace", namespace), members, now, build, facts=tuple(columns))


def _row(namespace: str, members: Sequence[SetDigest], columns: Sequence[Column]) -> Row:
    bound = [one.accelerators for one in members if one.accelerators]
    groups = [group for one in members for group in one.groups]
    states = {g: sum(one.health.glyph == g for one in members) for g in ORDER}
    ready, replicas = sum(one.ready for one in members), sum(one.replicas for one in members)
    cells = {
        "name": Cell(count(len(members), "set"), "bold"),
        "namespace": Cell(namespace, "bold"),
        "ready": Cell(ratio(ready, replicas), "" if ready >= replicas else "warn"),
        "updated": Cell(ratio(sum(one.updated for one in members), replicas)),
        "gpu": Cell(ratio(sum(b for b, _ in bound), sum(a for _, a in bound)) if bound else ""),
        "groups": _counts(states),
        "rollout": Cell(_rolling(members)),
        "restarts": Cell(str(sum(group.restarts for group in groups))),
    }
    shown = tuple(cells.get(column.id, Cell("")) for column in columns)
    return Row(f"{PREFIX}{namespace}", shown)


def _counts(states: dict[str, int]) -> Cell:
    """Return how many sets are in which state, worst first."""
    spans = tuple(Span(f"{g}{number} ", TONES[g]) for g, number in states.items() if number)
    return Cell("".join(span.text for span in spans).rstrip(), spans=spans)


def _rolling(members: Sequence[SetDigest]) -> str:
    rolling = sum(one.rolling for one in members)
    return f"{rolling} rolling" if rolling else ""
