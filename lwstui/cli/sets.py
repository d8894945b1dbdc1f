"""What the commands about sets share: names, flags, one connection, sentences for failures."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from lwstui.cli import paint
from lwstui.cli.common import USAGE, add_lease_namespace, explain, fail, target_of

if TYPE_CHECKING:
    from controller.api.lws import LeaderWorkerSet
    from controller.api.meta import Key
    from lwstui.runtime.intents import Intent
    from lwstui.runtime.operator import SetOperator
    from lwstui.runtime.rollouts import Followed, Patience
    from lwstui.state.manner import Manner
    from lwstui.view.listing import Place
    from lwstui.view.progress import Progress

KINDS: Final = ("lws", "leaderworkerset", "leaderworkersets")
EXIT_CODES: Final = """\
exit codes of waiting:
  0  complete: every group that the partition lets be updated is, and all groups are ready
  1  failed: bad credentials, no such set, refused by the server
  2  wrong usage
  3  --timeout ran out
  4  the rollout is paused
  5  it cannot go on: no progress within --progress-deadline, no controller at work for 30 s,
     or a spec that no controller acts on; the sentence names the group and the reason"""


class UsageError(Exception):
    """Words on the command line that make no sense together; the text is a sentence."""


def add_names(parser: argparse.ArgumentParser, *, several: bool, metavar: str = "NAME") -> None:
    """Add the positional names of sets."""
    parser.add_argument(
        "names",
        metavar=metavar,
        nargs="+" if several else 1,
        help=f"name of the set, or lws/NAME{'; several may be given' if several else ''}",
    )


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Add ``--dry-run``, and how the change is told."""
    parser.add_argument(
        "--dry-run",
        choices=("none", "server"),
        nargs="?",
        default="none",
        const="server",
        metavar="none|server",
        help="server: ask the server whether it would accept the change, change nothing",
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=("text", "name", "json", "yaml"),
        default="text",
        help="what is printed for each change (default text); progress then goes to standard error",
    )


def add_patience(parser: argparse.ArgumentParser) -> None:
    """Add the flags about how long to wait."""
    parser.add_argument(
        "--timeout",
        type=duration,
        metavar="TIME",
        help="give up after this long, such as 90s or 10m (default: never)",
    )
    parser.add_argument(
        "--progress-deadline",
        type=duration,
        default=600.0,
        metavar="TIME",
        help="give up when nothing has moved for this long (default 10m)",
    )
    add_lease_namespace(parser)


def duration(text: str) -> float:
    """Return ``90``, ``90s``, ``10m`` or ``1h30m`` in seconds; 0 is not a duration.

    Raises:
        ArgumentTypeError: If it is none.
    """
    from lwstui.view.ages import parse_age

    seconds = float(text) if text.isascii() and text.isdigit() else parse_age(text)
    if not seconds:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 90s or 10m")
    return seconds


def number_from(least: int) -> Callable[[str], int]:
    """Return a parser of whole numbers not below ``least``."""

    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and int(text) >= least):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
        return int(text)

    return number


def bare(name: str) -> str:
    """Return a name without the kind in front of it: ``lws/demo`` is ``demo``.

    Raises:
        UsageError: If it names another kind, or nothing.
    """
    kind, slash, rest = name.rpartition("/")
    if not rest or (slash and kind.lower().partition(".")[0] not in KINDS):
        raise UsageError(f"{name} is not the name of a LeaderWorkerSet: NAME or lws/NAME")
    return rest


def place_of(text: str) -> Place:
    """Return the place a text names.

    Raises:
        UsageError: If it names none.
    """
    from lwstui.view.listing import Place

    first, *rest = parts = text.split("/")
    if rest and first.lower().partition(".")[0] in KINDS:
        first, *rest = parts[1:]
    if len(rest) > 2 or not all(part.isascii() and part.isdigit() for part in rest):
        return Place(bare(text))
    return Place(first or bare(text), *map(int, rest))


def read_only(arguments: argparse.Namespace) -> bool:
    """Tell whether flags or settings refuse every write."""
    from lwstui.config.settings import load

    settings, _ = load(os.environ, read_only=getattr(arguments, "read_only", False))
    return settings.read_only


def manner(context: str) -> Manner:
    """Return how things are judged and told in a context, as the console does it."""
    from lwstui.config.settings import load
    from lwstui.runtime.tuning import manner_of

    settings, _ = load(os.environ, context=context)
    return manner_of(settings)


def operate(
    arguments: argparse.Namespace,
    work: Callable[[SetOperator], Awaitable[int]],
    *,
    writes: bool = False,
) -> int:
    """Connect, do something, and turn every failure into one sentence and an exit code.

    Args:
        arguments: With the flags that choose a cluster.
        work: What to do; returns the exit code.
        writes: Whether it changes something, which settings may forbid.
    """
    from controller.errors import ControllerError
    from lwstui.kube.connect import ConnectError

    if writes and read_only(arguments):
        return fail("read-only by flag or settings: nothing was sent")
    if "," in (arguments.namespace or ""):
        fail("name one namespace with -n")
        return USAGE
    target = target_of(arguments)
    try:
        return asyncio.run(_connected(arguments, work))
    except UsageError as error:
        fail(str(error))
        return USAGE
    except (ConnectError, ControllerError) as error:
        return fail(explain(error, target))


async def _connected(
    arguments: argparse.Namespace, work: Callable[[SetOperator], Awaitable[int]]
) -> int:
    from controller.leases import NAMESPACE
    from lwstui.kube.connect import connect
    from lwstui.runtime.operator import SetOperator

    where = getattr(arguments, "lease_namespace", None) or NAMESPACE
    connection = await connect(target_of(arguments))
    operator = SetOperator(
        connection, lease_namespace=where, manner=manner(connection.info.context)
    )
    try:
        return await work(operator)
    finally:
        await operator.close()


def key_of(operator: SetOperator, name: str) -> Key:
    """Return the key of a set named on the command line.

    Raises:
        UsageError: If it names no set.
    """
    from controller.api.meta import Key

    return Key(operator.namespace, bare(name))


async def change(
    operator: SetOperator,
    lws: LeaderWorkerSet,
    intent: Intent,
    done: str,
    arguments: argparse.Namespace,
) -> int:
    """Carry an intent out and say so as kubectl does; ``done`` is the participle.

    Returns:
        The exit code.
    """
    from lwstui.view.report import object_name

    dry_run = arguments.dry_run == "server"
    outcome = await operator.change(lws, intent, dry_run=dry_run)
    if not outcome.ok:
        return fail(outcome.message)
    name = object_name(lws.metadata.name)
    if arguments.output == "name":
        say(name)
    elif arguments.output == "text":
        say(f"{name} {done}{' (server dry run)' if dry_run else ''}")
        if outcome.note and not outcome.caution:
            say(f"  {outcome.note}")
    else:
        meta = lws.metadata
        said = {"namespace": meta.namespace, "name": meta.name, "done": done, "dryRun": dry_run}
        say(paint.dump({"kind": "change", **said}, arguments.output))
    return 0


async def warn_unattended(operator: SetOperator, lws: LeaderWorkerSet) -> None:
    """Say on standard error that nothing follows a change of a set on which no controller acts.

    Whoever may not see that is told nothing: the change itself is made.
    """
    from controller.errors import ControllerError

    try:
        observer = await operator.observe(lws)
    except ControllerError:
        return
    if observer.attended is False:
        name = lws.metadata.name
        print(
            f"lwstui: warning: no controller acts on {name}: nothing follows until one runs",
            file=sys.stderr,
        )


async def wait(operator: SetOperator, lws: LeaderWorkerSet, arguments: argparse.Namespace) -> int:
    """Follow the rollout of a set to its end, a line per change, and return the exit code."""
    from lwstui.runtime.rollouts import follow

    observer = await operator.observe(lws)
    with progress(arguments) as tell:
        followed = await follow(observer, operator.clock, patience_of(arguments), tell)
    return conclude(followed, arguments)


def progress(arguments: argparse.Namespace) -> AbstractContextManager[Callable[[str], None]]:
    """Return what tells how far something is, beside the data if data is printed."""
    data = getattr(arguments, "output", "text") not in ("text", "table")
    return paint.progress(sys.stderr if data else sys.stdout)


def conclude(followed: Followed, arguments: argparse.Namespace) -> int:
    """Say why waiting ended early, if it did, and return the exit code."""
    if followed.sentence:
        hint = resuming(arguments, followed.last)
        fail(f"{followed.last.key.name}: {followed.sentence}{f'; {hint}' if hint else ''}")
    return int(followed.ending)


def resuming(arguments: argparse.Namespace, seen: Progress) -> str:
    """Return how to resume a rollout, or the controller, that is paused; empty if neither is."""
    what = "controller" if seen.kept_off else "rollout" if seen.state == "paused" else ""
    return f"to resume it: {arguments.program} {what} resume {seen.key.name}" if what else ""


def patience_of(arguments: argparse.Namespace) -> Patience:
    """Return how long the flags allow to wait."""
    from lwstui.runtime.rollouts import Patience

    return Patience(arguments.timeout, arguments.progress_deadline)


async def each(arguments: argparse.Namespace, work: Callable[[str], Awaitable[int]]) -> int:
    """Do something for every name and return the first exit code that is not 0.

    A name that fails does not keep the others from being served.
    """
    codes = [await _one(arguments, name, work) for name in arguments.names]
    return next((code for code in codes if code), 0)


async def _one(
    arguments: argparse.Namespace, name: str, work: Callable[[str], Awaitable[int]]
) -> int:
    from controller.errors import ControllerError
    from lwstui.state.patches import Unpatchable

    try:
        return await work(name)
    except Unpatchable as error:
        return fail(f"{name}: {error}")
    except ControllerError as error:
        return fail(explain(error, target_of(arguments)))


def say(text: str) -> None:
    """Print a line at once: it may be the last for a while."""
    print(text, flush=True)
