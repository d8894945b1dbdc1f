"""``lwstui rollout``: follow, explain, hold, pause, resume, undo and restart rollouts of sets."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lwstui.cli import rollout_history
from lwstui.cli.common import add_target
from lwstui.cli.sets import (
    EXIT_CODES,
    add_dry_run,
    add_names,
    add_patience,
    change,
    each,
    key_of,
    number_from,
    operate,
    resuming,
    say,
    wait,
)

if TYPE_CHECKING:
    from controller.api.lws import LeaderWorkerSet
    from lwstui.runtime.intents import Intent
    from lwstui.runtime.operator import SetOperator

NAME = "rollout"
SUMMARY = "follow, explain, hold, pause, resume, undo and restart rollouts of sets"
EXAMPLE = """\
examples:
  lwstui rollout status demo --watch --timeout 10m
  lwstui rollout history demo
  lwstui rollout undo demo --to-revision 3
  lwstui rollout partition demo --next

example: lwstui rollout pause demo"""

_STATUS = """\
Says how far the rollout of a set is and why it does not go on, whichever controller serves it,
and also when none does. Without --watch and --timeout it prints what is known and exits 0.

"""
_HISTORY = """\
Lists the revisions that are kept, the newest first, with who made each, what changed against the
one before and the groups that run it. The API keeps no names of people: who is the program that
wrote the template, "you" if a console of yours did it, or unknown. With --revision it prints the
template of one.
"""
_UNDO = """\
Puts a recorded template back: the one before the present one, or --to-revision. Only
leaderWorkerTemplate and networkConfig are recorded, so nothing else goes back: not the number
of groups, not the rollout strategy.
"""
_RESTART = "Makes every group again, at the pace the rollout strategy allows.\n"
_HOLD = """\
Raises spec.rolloutStrategy.rollingUpdateConfiguration.partition to where the rollout is, and
remembers, in an annotation, where it was. Groups that are updated or being updated stay on the
new revision, no other one is touched. It is never raised higher than that, so no group that has
been updated would come back on the previous revision. A further change of the template updates
the same groups again: to have it update none, pause.
"""
_PAUSE = """\
Raises spec.rolloutStrategy.rollingUpdateConfiguration.partition beyond every group and
remembers, in an annotation, where it was. Groups that are being replaced are finished, no
other one is touched, and a change of the template replaces nothing. A group below the
partition that has to be made again, or that is added by scaling, is made from the previous
revision.
"""
_RESUME = "Puts the partition from before it was held or paused back; the rollout goes on.\n"
_PARTITION = """\
Groups with an index below the partition keep their revision: 0 updates all groups. A paused
set stays paused while the partition is above the one that resuming goes back to.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, the participle that says that it was done, and lines about what it changes."""

    intent: Intent
    done: str
    details: tuple[str, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands below ``rollout``."""
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for verb in _verbs():
        sub = verbs.add_parser(
            verb.name,
            help=verb.summary,
            description=verb.text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add_names(sub, several=verb.several)
        verb.flags(sub)
        add_target(sub, several=False)
        sub.set_defaults(verb=verb.run)


@dataclass(frozen=True, slots=True)
class _Verb:
    """A command below ``rollout``."""

    name: str
    summary: str
    text: str
    run: Callable[[argparse.Namespace], int]
    flags: Callable[[argparse.ArgumentParser], None] = add_dry_run
    several: bool = False


def _verbs() -> tuple[_Verb, ...]:
    summary = "show how far a rollout is and why it waits"
    return (
        _Verb("status", summary, _STATUS + EXIT_CODES, _status, _status_flags),
        _Verb(
            "history",
            "list the revisions of a set, or show one",
            _HISTORY,
            rollout_history.run,
            rollout_history.add_arguments,
        ),
        _Verb("undo", "go back to an earlier revision", _UNDO, _undo, _undo_flags),
        _Verb("restart", "make every group again, rolling", _RESTART, _restart, several=True),
        _Verb("hold", "hold a rollout where it is", _HOLD, _hold, several=True),
        _Verb("pause", "let no group be replaced", _PAUSE, _pause, several=True),
        _Verb("resume", "let a held or paused rollout go on", _RESUME, _resume, several=True),
        _Verb(
            "partition", "set which groups are updated", _PARTITION, _partition, _partition_flags
        ),
    )


def _status_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-w", "--watch", action="store_true", help="print a line per change until it is done"
    )
    add_patience(parser)


def _undo_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to-revision", type=number_from(1), metavar="N", help="which (default: the one before)"
    )
    add_dry_run(parser)


def _partition_flags(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "partition",
        metavar="N",
        type=number_from(0),
        nargs="?",
        help="lowest group index to be updated",
    )
    which.add_argument("--next", action="store_true", help="let one more group be updated")
    add_dry_run(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command below ``rollout``."""
    code: int = arguments.verb(arguments)
    return code


def _status(arguments: argparse.Namespace) -> int:
    following = arguments.watch or arguments.timeout is not None

    async def work(operator: SetOperator) -> int:
        lws = await operator.read(key_of(operator, arguments.names[0]))
        if following:
            return await wait(operator, lws, arguments)
        from lwstui.view.report import report

        seen = (await operator.observe(lws)).progress()
        for line in report(seen):
            say(line)
        if hint := resuming(arguments, seen):
            say(f"  {hint}")
        return 0

    return operate(arguments, work)


def _writing(
    arguments: argparse.Namespace,
    decide: Callable[[SetOperator, LeaderWorkerSet], Awaitable[Decision]],
) -> int:
    """Read each set, decide what to do about it, and do it."""

    async def work(operator: SetOperator) -> int:
        async def one(name: str) -> int:
            lws = await operator.read(key_of(operator, name))
            decision = await decide(operator, lws)
            code = await change(operator, lws, decision.intent, decision.done, arguments)
            if not code and arguments.output == "text":
                for detail in decision.details:
                    say(f"  {detail}")
            return code

        return await each(arguments, one)

    return operate(arguments, work, writes=True)


def _restart(arguments: argparse.Namespace) -> int:
    async def decide(operator: SetOperator, lws: LeaderWorkerSet) -> Decision:
        from lwstui.cli.restart import rolling_restart

        return Decision(rolling_restart(operator, lws), "restarted")

    return _writing(arguments, decide)


def _hold(arguments: argparse.Namespace) -> int:
    async def decide(operator: SetOperator, lws: LeaderWorkerSet) -> Decision:
        from lwstui.runtime.intents import Hold
        from lwstui.state.history import history_of
        from lwstui.state.partition import of_leaders

        observed = (await operator.observe(lws)).observed()
        target = history_of(lws, observed.revisions).target
        native = of_leaders((pod for pod in observed.pods if pod.worker == 0), target)
        meta = lws.metadata
        return Decision(Hold(lws.key, meta.uid, meta.generation, native), "held")

    return _writing(arguments, decide)


def _pause(arguments: argparse.Namespace) -> int:
    async def decide(operator: SetOperator, lws: LeaderWorkerSet) -> Decision:
        from lwstui.runtime.intents import PauseRollout

        del operator
        intent = PauseRollout(lws.key, lws.metadata.uid, lws.metadata.generation)
        return Decision(intent, "paused")

    return _writing(arguments, decide)


def _resume(arguments: argparse.Namespace) -> int:
    async def decide(operator: SetOperator, lws: LeaderWorkerSet) -> Decision:
        from lwstui.runtime.intents import ResumeRollout

        del operator
        intent = ResumeRollout(lws.key, lws.metadata.uid, lws.metadata.generation)
        return Decision(intent, "resumed")

    return _writing(arguments, decide)


def _partition(arguments: argparse.Namespace) -> int:
    async def decide(operator: SetOperator, lws: LeaderWorkerSet) -> Decision:
        from lwstui.runtime.intents import SetPartition

        number = await _one_more(operator, lws) if arguments.next else arguments.partition
        intent = SetPartition(lws.key, lws.metadata.uid, lws.metadata.generation, number)
        return Decision(intent, f"partition set to {number}")

    return _writing(arguments, decide)


async def _one_more(operator: SetOperator, lws: LeaderWorkerSet) -> int:
    """Return the partition that lets one more group be updated.

    Raises:
        Unpatchable: If the partition holds no group back.
    """
    from lwstui.state.history import history_of
    from lwstui.state.partition import floor_of, next_floor
    from lwstui.state.patches import Unpatchable

    observed = (await operator.observe(lws)).observed()
    target = history_of(lws, observed.revisions).target
    leaders = {pod.group: pod.revision for pod in observed.pods if pod.worker == 0}
    found = next_floor(floor_of(lws), leaders, target)
    if found is None:
        raise Unpatchable("the partition holds no group back")
    return found


def _undo(arguments: argparse.Namespace) -> int:
    async def decide(operator: SetOperator, lws: LeaderWorkerSet) -> Decision:
        from lwstui.runtime.intents import Undo
        from lwstui.state.history import history_of
        from lwstui.view.revisions import changes_between

        observed = (await operator.observe(lws)).observed()
        history = history_of(lws, observed.revisions)
        found = history.pick(arguments.to_revision)
        meta = lws.metadata
        intent = Undo(lws.key, meta.uid, meta.generation, found.name, found.number)
        present = history.current or (history.revisions[0] if history.revisions else found)
        details = tuple(str(one) for one in changes_between(present, found))
        done = f"rolled back to the template of revision {found.number} ({found.key})"
        return Decision(intent, done, details)

    return _writing(arguments, decide)
