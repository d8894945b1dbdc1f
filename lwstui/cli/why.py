"""``lwstui why``: the diagnosis of a set, a group, a pod or a node, for people and scripts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lwstui.cli import paint
from lwstui.cli.common import FAILED, USAGE, add_target, fail
from lwstui.cli.describe import find
from lwstui.cli.nearest import hint, names_of
from lwstui.cli.sets import manner, operate, place_of, say
from lwstui.cli.taping import moment

if TYPE_CHECKING:
    from lwstui.runtime.operator import SetOperator
    from lwstui.state.insights import Finding, Insight
    from lwstui.state.model import Snapshot
    from lwstui.view.types import Ref

NAME = "why"
SUMMARY = "say what is wrong with a set, a group or a node, by which evidence, and what may help"
EXAMPLE = """\
examples:
  lwstui why                           everything that is wrong in the namespace
  lwstui why llama-70b                 the set, worst cause first
  lwstui why llama-70b/3 -o json       group 3, for a script: with crashes, fit, connectivity,
                                       autoscaling and controller as further sections
  lwstui why node/h100-01
  lwstui why llama-70b --recording incident.lwsrec --at 12:30

example: lwstui why demo/0

What lasts a while before it counts in the console counts at once here: the cluster is looked at
once. Devices and engines are not measured; the console does that. In a recording both are as
they were in the console at that moment.

exit codes:
  0  nothing is wrong, or nothing worse than a note
  1  failed: no answer, not allowed, or what was named is not there
  2  wrong usage
  3  something is worrying
  4  something is critical"""
WORRYING: Final = 3
CRITICAL: Final = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "name", metavar="NAME", nargs="?", default="", help="SET, SET/GROUP, or node/NAME"
    )
    parser.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="form of the answer"
    )
    parser.add_argument(
        "--recording", metavar="FILE", type=Path, help="what was wrong in a recording instead"
    )
    parser.add_argument(
        "--at",
        metavar="OFFSET",
        type=moment,
        help="moment of the recording, from its beginning: 5m or 12:30 (default its end)",
    )
    add_target(parser, several=False)


def run(arguments: argparse.Namespace) -> int:
    """Say what is wrong."""
    paint.forgiving()
    if arguments.recording is not None:
        return _of_recording(arguments)
    if arguments.at is not None:
        fail("--at is about a recording: name its file with --recording")
        return USAGE

    async def work(operator: SetOperator) -> int:
        import asyncio
        from dataclasses import replace

        from controller.api.names import SERVICES
        from lwstui.cli.logs import archive_of
        from lwstui.cli.whysections import sections, with_deaths
        from lwstui.insight.judging import folded
        from lwstui.insight.rules import findings
        from lwstui.insight.world import World
        from lwstui.runtime.ports import WatchSpec
        from lwstui.runtime.reader import dispensable, needs
        from lwstui.state.insights import Standing
        from lwstui.view.why import concerning

        services = WatchSpec(SERVICES, operator.namespace)
        reader = await operator.watch(
            (*needs("group", operator.namespace), services),
            optional=dispensable("group") | {SERVICES},
        )
        kept = await asyncio.to_thread(archive_of(operator).load)
        now = operator.clock.now()
        snapshot = with_deaths(reader.snapshot(), kept, now)
        ref = _named(snapshot, operator.namespace, arguments.name)
        if arguments.name and ref is None:
            known = names_of(snapshot, "set", operator.namespace)
            near = hint(arguments.name.partition("/")[0], known)
            fail(f"there is no {arguments.name} in namespace {operator.namespace}{near}")
            return FAILED
        standing = [Standing(finding, now) for finding in findings(World(snapshot, now))]
        judged = replace(snapshot, insights=folded(standing))
        found = concerning(judged, ref)
        if arguments.output == "json":
            told: dict[str, Any] = {"findings": [as_json(one) for one in found]}
            if ref is not None and ref.kind != "node":
                pod = snapshot.pods.get(ref.key) if ref.kind == "pod" else None
                seen = await operator.around(pod.set_key if pod is not None else ref.key)
                told["sections"] = sections(judged, ref, seen, now)
            say(json.dumps(told, indent=2))
        else:
            _print(found, now, colour=paint.colours(arguments))
        return exit_code(found)

    return operate(arguments, work)


def _of_recording(arguments: argparse.Namespace) -> int:
    """Say what the console said at a moment of a recording, after its hold times."""
    from contextlib import closing

    from lwstui.runtime.recording.output import RecordingError
    from lwstui.runtime.recording.reading import Recording
    from lwstui.runtime.recording.stage import Stage
    from lwstui.view.why import concerning

    try:
        with closing(Recording.open(arguments.recording)) as recording:
            at_s = recording.length_s if arguments.at is None else arguments.at
            stage = Stage.before(recording, at_s)
            stage.store.judge_by(manner(recording.header.context))
            stage.advance(at_s)
    except RecordingError as error:
        return fail(str(error))
    snapshot = stage.snapshot
    namespace = arguments.namespace or _home(snapshot, arguments.name)
    ref = _named(snapshot, namespace, arguments.name)
    if arguments.name and ref is None:
        return fail(f"there is no {arguments.name} in namespace {namespace} at that moment")
    found = concerning(snapshot, ref)
    if arguments.output == "json":
        say(json.dumps({"findings": [as_json(one) for one in found]}, indent=2))
    else:
        _print(found, stage.now, colour=paint.colours(arguments))
    return exit_code(found)


def _home(snapshot: Snapshot, name: str) -> str:
    """Return the namespace that has a set of this name, ``default`` unless it is just one."""
    homes = {key.namespace for key in snapshot.sets if key.name == name.partition("/")[0]}
    return homes.pop() if len(homes) == 1 else "default"


def _named(snapshot: Snapshot, namespace: str, name: str) -> Ref | None:
    if not name:
        return None
    kind, slash, rest = name.partition("/")
    if slash and kind in ("node", "no", "nodes"):
        return find(snapshot, "node", namespace, place_of(rest))
    place = place_of(name)
    kind = "set" if place.group is None else "group" if place.worker is None else "pod"
    return find(snapshot, kind, namespace, place)


def _print(found: tuple[Insight, ...], now: float, *, colour: bool) -> None:
    from lwstui.insight.judging import worst_first
    from lwstui.view.types import Span
    from lwstui.view.why import GLYPHS

    if not found:
        say("no rule finds anything wrong")
    for root in found:
        for one in worst_first([root]):
            finding, indent = one.finding, "" if one is root else "  "
            glyph, tone = GLYPHS[finding.severity]
            head = (
                Span(f"{indent}{glyph} ", tone),
                Span(f"{finding.subject}: ", "bold"),
                Span(f"{finding.diagnosis}  [{finding.rule}]"),
            )
            say(paint.text(head, colour=colour))
            for seen in finding.evidence:
                say(paint.text((Span(f"{indent}    seen  {seen.text}", "dim"),), colour=colour))
            for advice in finding.advice:
                say(f"{indent}    do    {advice.text}")


def as_json(insight: Insight) -> dict[str, Any]:
    """Return an insight for scripts; times are epoch seconds."""
    finding = insight.finding
    subject = finding.subject
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "subject": {
            "scope": subject.scope,
            "namespace": subject.namespace,
            "name": subject.name,
            **({"group": subject.group} if subject.group >= 0 else {}),
            **({"node": subject.node} if subject.node else {}),
        },
        "diagnosis": finding.diagnosis,
        "groups": [f"{key}/{index}" for key, index in sorted(finding.groups)],
        "evidence": [{"text": seen.text, "at": seen.at} for seen in finding.evidence],
        "advice": [_advice(finding, number) for number in range(len(finding.advice))],
        "consequences": [as_json(one) for one in insight.consequences],
    }


def _advice(finding: Finding, number: int) -> dict[str, str]:
    advice = finding.advice[number]
    return {"text": advice.text, "action": advice.action, "command": advice.command}


def exit_code(found: tuple[Insight, ...]) -> int:
    """Return the exit code for the worst that was found."""
    from lwstui.state.insights import Severity

    worst = min((one.finding.severity for one in found), default=Severity.INFO)
    return {Severity.CRITICAL: CRITICAL, Severity.WARNING: WORRYING}.get(worst, 0)
