"""``lwstui logs``: the logs of a set, a group or a pod, merged by time."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from lwstui.cli import paint
from lwstui.cli.common import add_target
from lwstui.cli.logprint import Printer
from lwstui.cli.sets import UsageError, duration, key_of, number_from, operate, place_of

if TYPE_CHECKING:
    from lwstui.runtime.archive import Archive
    from lwstui.runtime.backend import LogRequest
    from lwstui.runtime.kept import KeptLogs
    from lwstui.runtime.operator import SetOperator
    from lwstui.runtime.reader import Reader
    from lwstui.view.listing import Place
    from lwstui.view.logs import LogBuffer

NAME = "logs"
SUMMARY = "print the logs of a set, a group or a pod, merged by time"
EXAMPLE = """\
Lines of several pods carry the group and the role they come from. With --follow, pods that are
made again or added join in; what happens to pods is told on standard error. A pattern is a
regular expression; several --include must all match, several --exclude hide what any matches.
--kept prints the last lines of containers that died while a console was watching, also of pods
that are long gone.

examples:
  lwstui logs demo --role leader -f                every leader, as it goes on
  lwstui logs demo/2 --since 10m --include NCCL    all pods of group 2
  lwstui logs demo/2/1 --previous                  the run of worker 1 before the present one
  lwstui logs demo/2 --kept                        how containers of group 2 died
  lwstui logs demo/0 demo/3 -o json                two groups, one JSON object a line

example: lwstui logs demo/2 --tail 50 -f

exit codes:
    0  done
    1  failed: no such set or pod, or a log that cannot be read
    2  wrong usage
  130  interrupted"""
_LOOK_S: Final = 0.1
_ROLE: Final = re.compile(r"all|leader|worker|sub-\d{1,6}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("names", metavar="NAME[/GROUP[/WORKER]]", nargs="+", help="whose logs")
    parser.add_argument(
        "--role", type=_role, metavar="ROLE", help="only pods of this role: leader, worker, sub-N"
    )
    containers = parser.add_mutually_exclusive_group()
    containers.add_argument(
        "-c", "--container", metavar="NAME", default="", help="container (default: the first)"
    )
    containers.add_argument(
        "--all-containers", action="store_true", help="all containers, init containers too"
    )
    parser.add_argument(
        "--since", type=duration, metavar="TIME", help="lines since this long ago, such as 10m"
    )
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument(
        "--tail", type=number_from(0), metavar="N", help="last lines per container (default all)"
    )
    ends.add_argument("--head", type=number_from(1), metavar="N", help="first lines per container")
    runs = parser.add_mutually_exclusive_group()
    runs.add_argument("-f", "--follow", action="store_true", help="go on as lines come")
    runs.add_argument(
        "-p",
        "--previous",
        action="store_true",
        help="the run before the present one; of pods made again, what was kept",
    )
    runs.add_argument("--kept", action="store_true", help="what was kept of containers that died")
    parser.add_argument("--timestamps", action="store_true", help="begin lines with their time")
    parser.add_argument(
        "--prefix",
        action=argparse.BooleanOptionalAction,
        help="begin lines with their source (default: unless one pod is named)",
    )
    parser.add_argument(
        "--include",
        "--grep",
        action="append",
        type=_pattern,
        metavar="REGEX",
        help="only lines in which it is found",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        type=_pattern,
        metavar="REGEX",
        help="no lines in which it is found",
    )
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="as text, or as JSON"
    )
    add_target(parser, several=False)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error


def _role(text: str) -> str:
    if not _ROLE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no role: leader, worker, sub-0, sub-1, …")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Print the logs."""
    paint.forgiving()

    async def work(operator: SetOperator) -> int:
        from controller.api.names import PODS, SET_NAME
        from lwstui.runtime.ports import WatchSpec

        places = [place_of(name) for name in arguments.names]
        for place in places:
            if place.worker is not None and arguments.role:
                raise UsageError(f"{place} is one pod: leave --role out")
        request = request_of(arguments, operator, places)
        printer = Printer(arguments, one_pod=bool(request.pod) and not request.more)
        if arguments.kept:
            return await _print_kept(operator, request, printer)
        keys = dict.fromkeys(target.key for target in request.targets)
        for key in keys:
            await operator.read(key)
        names = ",".join(key.name for key in keys)
        selector = f"{SET_NAME} in ({names})" if len(keys) > 1 else f"{SET_NAME}={names}"
        spec = WatchSpec(PODS, operator.namespace, label_selector=selector)
        reader = await operator.watch((spec,))
        if not request.previous:
            _check(request, reader, places[0])
        return await _read(operator, reader, request, printer)

    return operate(arguments, work)


def request_of(
    arguments: argparse.Namespace, operator: SetOperator, places: Sequence[Place]
) -> LogRequest:
    """Return the logs that the words on the command line mean."""
    from lwstui.runtime.backend import ALL_CONTAINERS, LogRequest, LogTarget
    from lwstui.view.listing import pod_name

    first, *more = (
        LogTarget(
            key_of(operator, place.name),
            place.group,
            "" if place.worker is None else pod_name(place),
        )
        for place in places
    )
    return LogRequest(
        first.key,
        first.group,
        arguments.role or "all",
        pod=first.pod,
        container=ALL_CONTAINERS if arguments.all_containers else arguments.container,
        previous=arguments.previous,
        tail=arguments.tail,
        head=arguments.head,
        since_s=None if arguments.since is None else int(arguments.since),
        follow=arguments.follow,
        more=tuple(more),
    )


def archive_of(operator: SetOperator) -> Archive:
    """Return what consoles on this machine kept of the cluster."""
    from lwstui.config.paths import state_folder
    from lwstui.runtime.archive import Archive, archive_folder

    where = operator.where
    return Archive(archive_folder(state_folder(os.environ), where.context, where.server))


def _archive(operator: SetOperator) -> KeptLogs:
    """Return the logs that consoles on this machine kept of the cluster."""
    from lwstui.runtime.kept import KeptLogs

    archive = archive_of(operator)
    deaths = archive.load()
    return KeptLogs(lambda: deaths, archive)


async def _print_kept(operator: SetOperator, request: LogRequest, printer: Printer) -> int:
    """Print how containers died and what they said last."""
    from controller.errors import NotFound
    from lwstui.runtime.backend import LogEntry
    from lwstui.runtime.logselect import label
    from lwstui.view.loglines import LogLimits
    from lwstui.view.logs import LogBuffer

    kept = _archive(operator)
    found = {
        death.id: death
        for target in request.targets
        for death in kept.of_set(target.key)
        if death.wanted(target.group, target.pod, request.role)
    }
    if not found:
        where = ", ".join(str(target.key) for target in request.targets)
        raise NotFound(404, "NotFound", f"nothing is kept of containers of {where} that died")
    limits = LogLimits(sys.maxsize, sys.maxsize, sys.maxsize)
    for death in sorted(found.values(), key=lambda one: one.at):
        buffer = LogBuffer(limits, window_s=0.0)
        source = label(request, death.as_pod(), death.container)
        head = f"{death.pod}/{death.container} ended: {death.how}"
        place = f" on {death.node}" if death.node else ""
        why = f"; {death.problem}" if death.problem else ""
        entries = [LogEntry(source, death.at, f"{head}{place}{why}", "mark")]
        buffer.add(entries, 0.0)
        buffer.settle(0.0)
        printer.print(buffer)
        lines = [LogEntry(source, at, text) for at, text, _ in await kept.lines(death)]
        buffer.add(lines, 0.0)
        buffer.settle(0.0)
        printer.print(buffer)
    return 0


def _check(request: LogRequest, reader: Reader, place: Place) -> None:
    """Make sure that there is something to read, or to wait for.

    Raises:
        NotFound: If there is nothing.
    """
    from controller.errors import NotFound
    from lwstui.runtime.logselect import selected

    if selected(request, reader.store) or request.follow:
        return
    groups = sorted({pod.group for pod in reader.store.members(request.target)})
    there = f"there are groups {', '.join(map(str, groups))}" if groups else "the set has no pods"
    raise NotFound(404, "NotFound", f"no pod to read the log of at {place}: {there}")


async def _read(
    operator: SetOperator, reader: Reader, request: LogRequest, printer: Printer
) -> int:
    """Read and print to the end, or until interrupted; return the exit code."""
    from lwstui.view.loglines import LogLimits
    from lwstui.view.logs import LogBuffer

    # What is settled is printed and dropped at once: nothing is ever cut off.
    buffer = LogBuffer(LogLimits(sys.maxsize, sys.maxsize, sys.maxsize))
    now = operator.clock.now
    kept = _archive(operator) if request.previous else None
    session = operator.logs(request, reader, lambda batch: buffer.add(batch, now()), kept)
    if not request.follows:
        await session.run()
        buffer.settle(float("inf"))
        return printer.print(buffer)
    tasks = [
        asyncio.create_task(session.run()),
        asyncio.create_task(_joining(reader, session.changed)),
        asyncio.create_task(_printing(buffer, printer, now)),
    ]
    try:
        # None of them ends by itself: what one raises ends all.
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return 0


async def _printing(buffer: LogBuffer, printer: Printer, now: Callable[[], float]) -> None:
    """Print what has waited long enough for lines of other pods."""
    while True:
        await asyncio.sleep(_LOOK_S)
        buffer.settle(now())
        printer.print(buffer)


async def _joining(reader: Reader, changed: Callable[[], None]) -> None:
    """Let pods that appear later join."""
    while True:
        await reader.changed(None)
        changed()
