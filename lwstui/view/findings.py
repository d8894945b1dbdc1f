"""What was found about manifests, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from lwstui.kube.clean import clean_line
from lwstui.state.manifests import Trial
from lwstui.state.model import Snapshot
from lwstui.view.advice import advise, placement
from lwstui.view.ages import count
from lwstui.view.diffs import short
from lwstui.view.preflight import Finding, Level, as_set, is_set, judge, room, title
from lwstui.view.tables import arrange
from lwstui.view.types import Cell, Column, Line, Query, Row, Span, TableView, Tone

_MARKS: Final[dict[Level, str]] = {"error": "X", "warning": "!", "note": "i"}
_TONES: Final[dict[Level, Tone]] = {"error": "bad", "warning": "warn", "note": "dim"}
_RANKS: Final[dict[Level, int]] = {"error": 0, "warning": 1, "note": 99}

COLUMNS: Final = (
    Column("mark", "S", 1),
    Column("level", "LEVEL", 7),
    Column("object", "OBJECT", 26, min_screen=70),
    Column("message", "FINDING", 30, flex=True),
)


def examine(trials: Sequence[Trial], snapshot: Snapshot, namespace: str) -> tuple[Finding, ...]:
    """Return what is to be said about manifests, the worst first.

    Args:
        trials: What the server said to them.
        snapshot: Nodes, and all pods.
        namespace: Of objects that name none.
    """
    bodies = [trial.manifest.body for trial in trials]
    found = [*judge(bodies, namespace), *advise(bodies, namespace)]
    wrong = {finding.about for finding in found if finding.level == "error"}
    for trial in trials:
        about = title(trial.manifest.body, namespace)
        if trial.refusal:
            found.append(Finding("error", about, f"the server refuses it: {trial.refusal}"))
        elif trial.unasked:
            found.append(Finding("note", about, f"the server was not asked: {trial.unasked}"))
        for conflict in trial.conflicts:
            message = f"belongs to {conflict.manager}, who holds another value"
            field = conflict.field.removeprefix(".")
            found.append(Finding("warning", about, message, field, bare=True))
    sound = [body for body in bodies if title(body, namespace) not in wrong]
    found += placement(sound, snapshot, namespace)
    for trial in trials:
        body = trial.manifest.body
        lws = as_set({**body, "metadata": {**body["metadata"], "namespace": trial.key.namespace}})
        if is_set(body) and not isinstance(lws, str) and body in sound:
            place = room(lws, title(body, namespace), snapshot)
            found += [place] if place is not None else []
    return tuple(sorted(found, key=lambda finding: _RANKS[finding.level]))


def table(found: Sequence[Finding], query: Query, now: float, empty: str) -> TableView:
    """Return findings as a table, the worst first."""
    rows = [_row(number, finding) for number, finding in enumerate(found)]
    return arrange(COLUMNS, rows, query, now, empty=empty, default="mark")


def _row(number: int, finding: Finding) -> Row:
    tone = _TONES[finding.level]
    about = finding.about.partition(" ")[2]
    cells = (
        Cell(_MARKS[finding.level], tone),
        Cell(finding.level, tone),
        Cell(clean_line(about)),
        _said(finding),
    )
    return Row(
        f"{number} {finding}",
        cells,
        haystack=f"{finding.level} {finding}".lower(),
        sort=(number, *(cell.text for cell in cells[1:])),
        state=finding.level,
        severity=_RANKS[finding.level],
    )


def _said(finding: Finding) -> Cell:
    """Return what was found first, then where."""
    message = clean_line(finding.message)
    where = clean_line(finding.field.removeprefix("spec.leaderWorkerTemplate."))
    if finding.value is not None and not finding.bare:
        where = f"{where}: {clean_line(short(finding.value))}"
    if not where:
        return Cell(message)
    return Cell(f"{message}   {where}", "", (Span(message), Span(f"   {where}", "dim")))


def summary(found: Sequence[Finding], objects: int) -> Line:
    """Return the counts in one line."""
    levels = Counter(finding.level for finding in found)
    if not levels["error"] and not levels["warning"]:
        return (Span(f"{count(objects, 'object')} checked: nothing is wrong", "ok"),)
    spans = [Span(f"{count(objects, 'object')} checked:")]
    for level in _MARKS:
        if levels[level]:
            tone = _TONES[level]
            spans.append(Span(f"  {count(levels[level], level)}", tone))
    return tuple(spans)
