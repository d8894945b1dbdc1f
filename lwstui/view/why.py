"""Why something is as it is: verdict, what follows from it, what was seen, what may help. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lwstui.insight.judging import about, worst_first
from lwstui.state.insights import Advice, Evidence, Finding, GroupId, Insight, Severity, Subject
from lwstui.state.manner import Times
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, clock
from lwstui.view.crashes import first_ends
from lwstui.view.tables import arrange
from lwstui.view.types import Cell, Column, Line, Query, Ref, Row, Span, TableView, Tone

GLYPHS: Final[dict[Severity, tuple[str, Tone]]] = {
    Severity.CRITICAL: ("X", "bad"),
    Severity.WARNING: ("!", "warn"),
    Severity.INFO: ("i", "info"),
}
ADVICE_COLUMNS: Final = (
    Column("what", "WHAT", 30, flex=True),
    Column("target", "ON", 28),
    Column("how", "KEY OR COMMAND", 22),
)
INSIGHT_COLUMNS: Final = (
    Column("state", "S", 1),
    Column("subject", "ABOUT", 24),
    Column("diagnosis", "DIAGNOSIS", 30, flex=True),
    Column("groups", "GROUPS", 6, "right", min_screen=90),
    Column("also", "ALSO", 4, "right", min_screen=100),
    Column("rule", "RULE", 4, min_screen=80),
    Column("age", "FOR", 6, "right", age=True),
)
_DASH: Final = "—"
_FAMILIES: Final = (
    # (words, rules, what they need: "" nothing, "devices", "engines" or "events")
    ("scheduling", ("P1", "G2", "G3", "G4"), ""),
    ("image", ("P2", "P3", "P4"), ""),
    ("volumes and network", ("P15", "P16"), "events"),
    ("configuration", ("P17", "C1"), ""),
    ("memory limits", ("P7",), ""),
    ("crashes", ("P8", "P10", "P11", "P12", "P13", "P14", "P19", "P20"), ""),
    ("nodes", ("N1", "N2", "N3", "N4", "D13", "D14"), ""),
    ("devices", tuple(f"D{n}" for n in range(1, 12)), "devices"),
    ("the engine", ("E3", "E4", *(f"E{n}" for n in range(8, 16))), "engines"),
    ("rendezvous", ("E1", "E2", "E5", "E6"), ""),
    ("slow start", ("E7",), ""),
    ("recreation in a loop", ("G5",), ""),
    ("the controller", ("C2", "C3", "C4"), ""),
)

_NAMED: Final = 2
"""Of several pods or groups with one cause, so many are named."""

Same = Sequence[Insight]
"""Insights that say the same of several pods or groups."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may help, with what it is for.

    Attributes:
        advice: What.
        subject: For what.
    """

    advice: Advice
    subject: Subject


@dataclass(frozen=True, slots=True)
class WhyView:
    """The why screen.

    Attributes:
        title: Headline.
        verdict: The root cause in words.
        chain: What follows from it, and other things that are wrong.
        evidence: What was seen, and when.
        ruled_out: What was looked at and is not it.
        crashes: First ends of each generation of the group.
        actions: What may help.
        options: What the rows of ``actions`` stand for, by key.
    """

    title: Line
    verdict: tuple[Line, ...]
    chain: tuple[Line, ...]
    evidence: tuple[Line, ...]
    ruled_out: Line
    crashes: TableView
    actions: TableView
    options: dict[str, Option]


def concerning(snapshot: Snapshot, ref: Ref | None) -> tuple[Insight, ...]:
    """Return the insights about something, worst first; all of them for None."""
    if ref is None:
        return snapshot.insights
    groups, subjects = _wanted(snapshot, ref)
    return about(snapshot.insights, groups=groups, subjects=subjects)


def _wanted(snapshot: Snapshot, ref: Ref) -> tuple[frozenset[GroupId], frozenset[Subject]]:
    key = ref.key
    match ref.kind:
        case "node":
            devices = {
                Subject("device", name=view.reading.device.uuid, node=ref.name)
                for view in snapshot.telemetry.by_node.get(ref.name, ())
            }
            return frozenset(), frozenset({Subject("node", name=ref.name), *devices})
        case "pod":
            pod = snapshot.pods.get(key)
            owner = frozenset({(pod.set_key, pod.group)}) if pod is not None else frozenset()
            return owner, frozenset({Subject("pod", *key, ref.group)})
        case "group":
            return frozenset({(key, ref.group)}), frozenset()
        case _:
            pods = snapshot.by_set.get(key, ())
            groups = frozenset((key, pod.group) for pod in pods if pod.group >= 0)
            return groups, frozenset({Subject("set", *key)})


def why(
    snapshot: Snapshot, ref: Ref, now: float, keys: Mapping[str, str] = MappingProxyType({})
) -> WhyView:
    """Return why something is as it is.

    Args:
        snapshot: What is known.
        ref: What is asked about.
        now: Epoch seconds.
        keys: How each action of the console is called for, by its id.
    """
    found = concerning(snapshot, ref)
    every = worst_first(found)
    title = (Span("why", "title"), Span(f" {named(ref)}"))
    options = _options(every)
    same = _alike(found)
    return WhyView(
        title,
        _verdict(same, now),
        tuple(_follows(same[0], now) if same else ()) + tuple(_linked(same[1:], now)),
        tuple(_evidence(every, now, snapshot.manner.times)),
        _ruled_out(snapshot, every),
        first_ends(snapshot, ref, now),
        TableView(
            ADVICE_COLUMNS,
            tuple(_option_row(key, option, keys) for key, option in options.items()),
            len(options),
            "nothing to suggest" if found else "nothing is known to be wrong",
        ),
        options,
    )


def named(ref: Ref) -> str:
    """Name what is asked about."""
    where = f"{ref.namespace}/" if ref.namespace else "node "
    return f"{where}{ref.name}" + (f" group {ref.group}" if ref.kind == "group" else "")


def _alike(found: Iterable[Insight]) -> list[Same]:
    """Return insights by cause: what several pods or groups have in common is one."""
    same: dict[tuple[object, ...], list[Insight]] = {}
    for insight in found:
        one = insight.finding
        cause = (one.rule, one.severity, one.diagnosis, one.subject.scope)
        same.setdefault(cause, []).append(insight)
    return list(same.values())


def _verdict(same: Sequence[Same], now: float) -> tuple[Line, ...]:
    if not same:
        return ((Span("· ", "ok"), Span("no rule finds anything wrong with it")),)
    return (_headline(same[0], now),)


def _headline(same: Same, now: float) -> Line:
    """Return one cause as a line: glyph, about what, diagnosis, since when."""
    finding = same[0].finding
    glyph, tone = GLYPHS[finding.severity]
    since = min(insight.since for insight in same)
    return (
        Span(f"{glyph} ", tone),
        Span(f"{_subjects([insight.finding.subject for insight in same])}: ", "bold"),
        Span(finding.diagnosis, tone),
        Span(f"   for {age(now - since)}", "dim"),
    )


def _subjects(subjects: Sequence[Subject]) -> str:
    """Name what has one cause: ``8 pods: prod/llama-5-4, prod/llama-7-1 and 6 more``."""
    if len(subjects) == 1:
        return str(subjects[0])
    named = ", ".join(map(str, subjects[:_NAMED]))
    more = len(subjects) - _NAMED
    return f"{len(subjects)} {subjects[0].scope}s: {named}" + (
        f" and {more} more" if more > 0 else ""
    )


def _follows(same: Same, now: float, depth: int = 0) -> Iterator[Line]:
    return _linked(_alike(one for insight in same for one in insight.consequences), now, depth)


def _linked(causes: Iterable[Same], now: float, depth: int = 0) -> Iterator[Line]:
    for same in causes:
        yield (Span("  " * depth), *_headline(same, now))
        yield from _follows(same, now, depth + 1)


def _evidence(every: Iterable[Insight], now: float, times: Times) -> Iterator[Line]:
    """Yield what was seen; what several pods tell in the same words stands once."""
    newest: dict[str, tuple[Evidence, int]] = {}
    for insight in every:
        for one in insight.finding.evidence:
            known, seen = newest.get(one.text, (one, 0))
            later = one if (one.at or 0.0) >= (known.at or 0.0) else known
            newest[one.text] = later, seen + 1
    for one, seen in newest.values():
        when = clock(one.at, times) if one.at is not None else "--:--"
        old = f"{age(now - one.at)} ago" if one.at is not None else "time unknown"
        same = f" ×{seen}" if seen > 1 else ""
        yield (Span(f"{when} ", "dim"), Span(one.text), Span(f"{same}   {old}", "dim"))


def _ruled_out(snapshot: Snapshot, every: Sequence[Insight]) -> Line:
    rules = {insight.finding.rule for insight in every}
    clean: list[str] = []
    blind: list[str] = []
    known = {
        "": True,
        "devices": bool(snapshot.telemetry.devices),
        "engines": bool(snapshot.telemetry.engines),
        "events": "events" in snapshot.sync,
    }
    for words, members, needs in _FAMILIES:
        if not rules & set(members):
            (clean if known[needs] else blind).append(words)
    line = [Span(" · ".join(clean) or _DASH)]
    if blind:
        line.append(Span(f"   not looked at, nothing is known: {' · '.join(blind)}", "dim"))
    return tuple(line)


def _options(every: Iterable[Insight]) -> dict[str, Option]:
    options: dict[str, Option] = {}
    for insight in every:
        finding = insight.finding
        for advice in finding.advice:
            subject = _acted_on(finding, advice)
            options.setdefault(f"{advice.text}|{subject}", Option(advice, subject))
    return options


def _acted_on(finding: Finding, advice: Advice) -> Subject:
    """Return what an action is for: a node's actions are for the node of a device or pod."""
    subject, scope = finding.subject, advice.action.partition(".")[0]
    if scope == "node" and subject.scope == "device":
        return Subject("node", name=subject.node)
    groups = sorted(finding.groups)
    if scope == "group" and subject.scope != "group" and groups:
        key, index = groups[0]
        return Subject("group", *key, index)
    if scope == "set" and groups:
        return Subject("set", *groups[0][0])
    return subject


def _option_row(key: str, option: Option, keys: Mapping[str, str]) -> Row:
    advice = option.advice
    how = keys.get(advice.action, advice.action) or (
        f":{advice.command}" if advice.command else "outside the console"
    )
    tone: Tone = "" if advice.action or advice.command else "dim"
    cells = (Cell(advice.text), Cell(str(option.subject), "dim"), Cell(how, tone))
    return _row(key, cells, ref_of(option.subject))


def insights(snapshot: Snapshot, query: Query, now: float) -> TableView:
    """Return everything that is wrong, one line per cause, worst first."""
    rows = [_insight_row(one, now) for one in snapshot.insights]
    return arrange(INSIGHT_COLUMNS, rows, query, now, empty="no rule finds anything wrong")


def _insight_row(insight: Insight, now: float) -> Row:
    finding = insight.finding
    glyph, tone = GLYPHS[finding.severity]
    also = len(worst_first(insight.consequences))
    cells = (
        Cell(glyph, tone),
        Cell(str(finding.subject)),
        Cell(finding.diagnosis, tone),
        Cell(str(len(finding.groups)) if finding.groups else ""),
        Cell(f"+{also}" if also else ""),
        Cell(finding.rule, "dim"),
        Cell(age(now - insight.since)),
    )
    key = f"{finding.rule} {finding.subject}"
    return _row(key, cells, ref_of(finding.subject), finding.severity)


def _row(
    key: str, cells: tuple[Cell, ...], ref: Ref | None, severity: Severity | None = None
) -> Row:
    texts = tuple(cell.text for cell in cells)
    return Row(
        key,
        cells,
        haystack=" ".join(texts).lower(),
        sort=texts,
        ref=ref,
        state=severity.word if severity is not None else "",
        severity=99 if severity is None else int(severity),
    )


def ref_of(subject: Subject) -> Ref | None:
    """Return a subject as the console refers to it; None for the cluster."""
    match subject.scope:
        case "node":
            return Ref("node", "", subject.name)
        case "device":
            return Ref("node", "", subject.node)
        case "pod":
            return Ref("pod", subject.namespace, subject.name, subject.group)
        case "group":
            return Ref("group", subject.namespace, subject.name, subject.group)
        case "set":
            return Ref("set", subject.namespace, subject.name)
        case _:
            return None
