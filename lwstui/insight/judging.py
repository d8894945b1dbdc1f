"""From what rules find to what is said: nothing that flickers, causes before consequences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lwstui.state.insights import Finding, GroupId, Insight, Judgment, Standing, Subject

CLEAN_ROUNDS: Final = 2
"""Rounds in a row without a finding after which it is withdrawn."""

_SCOPES: Final = ("cluster", "node", "device", "set", "group", "pod")


def judge(before: Judgment, found: Iterable[Finding], now: float) -> Judgment:
    """Return what counts after a round.

    A finding is said when it has been there for its hold time, and withdrawn when two rounds in a
    row did not find it.

    Args:
        before: After the round before.
        found: What the rules found; of two with one id the first counts.
        now: Epoch seconds.
    """
    standing: dict[tuple[str, Subject], Standing] = {}
    for finding in found:
        if finding.id not in standing:
            old = before.standing.get(finding.id)
            standing[finding.id] = Standing(finding, old.since if old else now)
    for key, old in before.standing.items():
        if key not in standing and old.missed + 1 < CLEAN_ROUNDS:
            standing[key] = Standing(old.finding, old.since, old.missed + 1)
    return judgment(standing, now)


def judgment(standing: Mapping[tuple[str, Subject], Standing], now: float) -> Judgment:
    """Return what is said of what was found: what has been there for its hold time."""
    said = [one for one in standing.values() if now - one.since >= one.finding.hold_s]
    return Judgment(standing, folded(said))


def folded(standing: Sequence[Standing]) -> tuple[Insight, ...]:
    """Return findings worst first, each under the cause that explains it, if there is one."""
    ordered = sorted(standing, key=_order)
    parents = {one.finding.id: _parent(one, ordered) for one in ordered}
    children: dict[tuple[str, Subject], list[Standing]] = {}
    for one in ordered:
        parent = parents[one.finding.id]
        if parent is not None:
            children.setdefault(parent.finding.id, []).append(one)

    def insight(one: Standing) -> Insight:
        below = children.get(one.finding.id, ())
        return Insight(one.finding, one.since, tuple(map(insight, below)))

    return tuple(insight(one) for one in ordered if parents[one.finding.id] is None)


def _order(one: Standing) -> tuple[int, int, float, str, Subject]:
    finding = one.finding
    scope = _SCOPES.index(finding.subject.scope)
    return finding.severity, scope, one.since, finding.rule, finding.subject


def _parent(one: Standing, others: Sequence[Standing]) -> Standing | None:
    """Return the nearest cause of a finding: the one that concerns the fewest groups."""
    causes = [other for other in others if _explains(other.finding, one.finding)]
    return min(causes, key=lambda cause: len(cause.finding.groups), default=None)


def _explains(cause: Finding, effect: Finding) -> bool:
    """Tell whether a finding follows from another, which never follows from it in turn."""
    if effect.rule not in cause.explains or cause.id == effect.id:
        return False
    if not effect.groups:
        # What concerns no group any more still follows from a device of the same node.
        return bool(cause.subject.node) and cause.subject.node == effect.subject.name
    if not effect.groups <= cause.groups:
        return False
    return not (cause.rule in effect.explains and cause.groups <= effect.groups)


def worst_first(insights: Iterable[Insight]) -> list[Insight]:
    """Return insights and, behind each, its consequences: everything in one list."""
    listed: list[Insight] = []
    for insight in insights:
        listed += [insight, *worst_first(insight.consequences)]
    return listed


def about(
    insights: Iterable[Insight],
    *,
    groups: frozenset[GroupId] = frozenset(),
    subjects: frozenset[Subject] = frozenset(),
) -> tuple[Insight, ...]:
    """Return the insights that concern some groups or subjects, themselves or by a consequence."""

    def concerns(insight: Insight) -> bool:
        finding = insight.finding
        mine = bool(finding.groups & groups) or finding.subject in subjects
        return mine or any(map(concerns, insight.consequences))

    return tuple(filter(concerns, insights))
