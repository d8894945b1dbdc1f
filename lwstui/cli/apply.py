"""``lwstui apply``: what manifests would change, then server-side apply in order."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lwstui.cli import paint
from lwstui.cli.common import FAILED, USAGE, add_target, fail
from lwstui.cli.sets import EXIT_CODES, add_patience, operate, say, wait

if TYPE_CHECKING:
    from lwstui.config.statefiles import StateFiles
    from lwstui.runtime.operator import SetOperator
    from lwstui.state.manifests import Manifest
    from lwstui.state.releases import GoingBack
    from lwstui.view.plans import ObjectPlan

NAME = "apply"
SUMMARY = "show what manifests would change, then apply them"
EXAMPLE = f"""\
The plan comes first: what each object would become, which groups roll, who else owns a field. On a
terminal it is applied when you say yes; in a pipe, or with --yes, at once. Objects are sent in
order, namespaces first and sets last, up to the first one that is refused. If the cluster lacks the
definition of LeaderWorkerSet, it is created first.

A field that another manager owns is never taken over unless --force-conflicts is given.

What was accepted is kept with what was there before, as the console keeps it. --undo plans what
takes the last apply of the same files back, whichever of the two made it, and goes on like any
other apply. Objects that the apply created stay, and so do Secrets: that is said before. Taking
back the undo applies what it took back.

examples:
  lwstui apply -f prod/ --dry-run --diff
  lwstui apply -k overlays/prod        as kubectl kustomize builds it
  helm template . | lwstui apply -f - --yes
  lwstui apply -f llama.yaml --set TAG=v0.9.1 --yes --wait
  lwstui apply -f prod/ --undo --dry-run --diff

example: lwstui apply -f examples/02-leaderworkerset-sample.yaml

exit codes:
  0  applied, or nothing differs; of --dry-run: nothing would be refused
  1  something was refused, or nothing was done

{EXIT_CODES}"""
_QUESTION: Final = "apply {objects}? [y/N] "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "-f",
        "--filename",
        metavar="FILE",
        action="append",
        default=[],
        help="YAML file, folder, or - for standard input; may be repeated",
    )
    parser.add_argument(
        "-k",
        "--kustomize",
        metavar="DIR",
        action="append",
        default=[],
        help="kustomization, built by kubectl; may be repeated",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the plan, change nothing")
    parser.add_argument("--diff", action="store_true", help="show every field that differs")
    parser.add_argument(
        "--undo", action="store_true", help="take the last apply of these files back instead"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=_assignment,
        help="what to put in the place of ${NAME}; may be repeated",
    )
    parser.add_argument(
        "--force-conflicts", action="store_true", help="take over fields other managers own"
    )
    parser.add_argument(
        "--wait", action="store_true", help="wait until the groups of applied sets are ready"
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=("table", "json", "yaml", "name"),
        default="table",
        help="format of the plan (default table)",
    )
    add_patience(parser)
    add_target(parser, several=False)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def run(arguments: argparse.Namespace) -> int:
    """Apply the manifests; 0 when every object was accepted."""
    from lwstui.kube.manifests import kustomization
    from lwstui.runtime.sources import ManifestError, given, source_of

    paint.forgiving()
    if not (arguments.filename or arguments.kustomize):
        fail("name what to apply: -f FILE, -f - for standard input, or -k DIR")
        return USAGE
    try:
        names = [*arguments.filename, *map(kustomization, arguments.kustomize)]
        found = None if arguments.undo else given(names, dict(arguments.set))
    except ManifestError as error:
        return fail(str(error))
    if arguments.undo and arguments.set:
        fail("--undo takes what was sent back as it was: --set has nothing to fill in")
        return USAGE
    if found is not None and not found.manifests:
        return fail(f"no objects in {', '.join(names)}")

    async def work(operator: SetOperator) -> int:
        if found is None:
            return await _undo(operator, source_of(*names), ", ".join(names), arguments)
        origin = _Origin(found.source, found.digest)
        return await _apply(operator, found.manifests, origin, arguments)

    return operate(arguments, work, writes=not arguments.dry_run)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the objects of an apply come from, as it is kept.

    Attributes:
        back: What is taken back, None if nothing is.
    """

    source: str
    digest: str = ""
    back: GoingBack | None = None


def _files(operator: SetOperator) -> StateFiles:
    """Return what is kept of the cluster, by this program and by the console."""
    from lwstui.config.paths import state_folder
    from lwstui.config.statefiles import StateFiles

    return StateFiles(state_folder(os.environ)).of(operator.where.context)


async def _undo(
    operator: SetOperator, source: str, named: str, arguments: argparse.Namespace
) -> int:
    """Apply what takes the last apply of some files back."""
    from lwstui.runtime.releases import kept
    from lwstui.state.releases import going_back, last_of

    releases = await asyncio.to_thread(kept, _files(operator))
    found = last_of(releases, source, named)
    if found is None:
        return fail(f"no apply of {named} to context {operator.where.context} is kept")
    back = going_back(releases, found)
    if not back.manifests:
        return fail(f"nothing of it can be put back: {'; '.join(back.notes)}")
    return await _apply(operator, back.manifests, _Origin(found.source, "", back), arguments)


async def _apply(
    operator: SetOperator,
    manifests: Sequence[Manifest],
    origin: _Origin,
    arguments: argparse.Namespace,
) -> int:
    from lwstui.runtime.applying import plan_all

    lacking = any(one.is_set for one in manifests) and not await operator.serves_sets()
    plans = await plan_all(operator, manifests, take_over=arguments.force_conflicts)
    going = [plan for plan in plans if plan.sendable]
    wrong = [plan for plan in plans if plan.verdict in ("refused", "conflict")]
    _show(plans, arguments, lacking=lacking, back=origin.back)
    if arguments.dry_run or wrong or not going:
        return _unsent(wrong, arguments)
    if not _confirmed(len(going), arguments):
        return fail("nothing is done")
    if lacking:
        await operator.define_sets(_told(arguments))
        plans = await plan_all(operator, manifests, take_over=arguments.force_conflicts)
        going = [plan for plan in plans if plan.sendable]
    return await _send(operator, going, origin, arguments)


def _show(
    plans: Sequence[ObjectPlan],
    arguments: argparse.Namespace,
    *,
    lacking: bool,
    back: GoingBack | None,
) -> None:
    """Print the plan."""
    from lwstui.view.plans import document

    if arguments.output in ("json", "yaml"):
        items = [document(plan) for plan in plans]
        say(paint.dump({"kind": "plans", **_taken_back(back), "items": items}, arguments.output))
        return
    if arguments.output == "name":
        for plan in plans:
            say(_label(plan))
        return
    _table(plans, arguments, lacking=lacking, back=back)


def _table(
    plans: Sequence[ObjectPlan],
    arguments: argparse.Namespace,
    *,
    lacking: bool,
    back: GoingBack | None,
) -> None:
    """Print the plan for people."""
    from lwstui.view.plans import diff, lines, summary, warnings

    colour = paint.colours(arguments)
    if back is not None:
        say(f"undo of {back.release.source} as applied {back.release.at}")
    for line in lines(plans):
        say(paint.text(line, colour=colour))
    for plan in plans if arguments.diff else ():
        if plan.verdict != "same":
            say(f"\n{plan.title}")
            for line in diff(plan):
                say(paint.text(line, colour=colour))
    for text in (*warnings(plans), *(back.notes if back is not None else ())):
        say(f"! {text}")
    if lacking:
        say("! the definition of LeaderWorkerSet is missing and would be created first")
    say(paint.text(summary(plans), colour=colour))


def _taken_back(back: GoingBack | None) -> dict[str, object]:
    """Return what an undo takes back, as data; nothing of an apply."""
    if back is None:
        return {}
    return {
        "undoes": {"source": back.release.source, "appliedAt": back.release.at},
        "notes": list(back.notes),
    }


def _unsent(wrong: Sequence[ObjectPlan], arguments: argparse.Namespace) -> int:
    """Say why nothing is sent, and return the exit code."""
    for plan in wrong:
        hint = "; --force-conflicts takes it over" if plan.verdict == "conflict" else ""
        fail(f"{plan.title}: {plan.reason}{hint}")
    if wrong and not arguments.dry_run:
        fail("nothing is done")
    return FAILED if wrong else 0


def _confirmed(objects: int, arguments: argparse.Namespace) -> bool:
    """Ask on a terminal, unless told not to."""
    from lwstui.view.ages import count

    if arguments.yes or not sys.stdin.isatty():
        return True
    question = _QUESTION.format(objects=count(objects, "object"))
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _told(arguments: argparse.Namespace) -> Callable[[str], None]:
    """Return what tells of every object: on standard error if data goes to standard output."""
    if arguments.output == "table":
        return say
    return lambda text: print(text, file=sys.stderr, flush=True)


async def _send(
    operator: SetOperator,
    going: Sequence[ObjectPlan],
    origin: _Origin,
    arguments: argparse.Namespace,
) -> int:
    tell = _told(arguments)
    for number, plan in enumerate(going, 1):
        outcome = await operator.apply(plan.trial, take_over=bool(plan.taken))
        if not outcome.ok:
            await _keep(operator, going[: number - 1], origin)
            rest = len(going) - number
            return fail(outcome.message + (f"; {rest} not sent" if rest else ""))
        tell(f"{_label(plan)} serverside-applied")
    await _keep(operator, going, origin)
    if not arguments.wait:
        return 0
    codes = [
        await wait(operator, await operator.read(plan.trial.key), arguments)
        for plan in going
        if plan.trial.manifest.is_set
    ]
    return next((code for code in codes if code), 0)


async def _keep(operator: SetOperator, sent: Sequence[ObjectPlan], origin: _Origin) -> None:
    """Keep what was accepted, so that it can be taken back; say so if that fails."""
    from lwstui.runtime.releases import Release, keep

    if not sent:
        return
    trials = tuple(plan.trial for plan in sent)
    release = Release(
        origin.source, origin.digest, operator.where.user, operator.clock.now(), trials
    )
    if problem := await asyncio.to_thread(keep, _files(operator), release):
        print(f"lwstui: applied, but not kept for --undo: {problem}", file=sys.stderr)


def _label(plan: ObjectPlan) -> str:
    """Return an object as kubectl names it."""
    version, kind = str(plan.trial.manifest.body["apiVersion"]), plan.trial.manifest.kind
    group: Any = version.rpartition("/")[0]
    return f"{kind.lower()}{'.' if group else ''}{group}/{plan.trial.key.name}"
