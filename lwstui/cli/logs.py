"""``lwstui logs``: the logs of a set, a group or a pod, merged by time."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from lwstui.cli import paint
from lwstui.cli.common import FAILED, add_target
from lwstui.cli.sets import UsageError, duration, key_of, number_from, operate, place_of

if TYPE_CHECKING:
    from controller.api.meta import Key
    from lwstui.runtime.backend import LogRequest
    from lwstui.runtime.operator import SetOperator
    from lwstui.runtime.reader import Reader
    from lwstui.view.listing import Place
    from lwstui.view.loglines import LogLine
    from lwstui.view.logs import LogBuffer

NAME = "logs"
SUMMARY = "print the logs of a set, a group or a pod, merged by time"
EXAMPLE = """\
Lines of several pods carry the group and the role they come from. With --follow, pods that are
made again or added join in; what happens to pods is told on standard error.

examples:
  lwstui logs demo --role leader -f            every leader, as it goes on
  lwstui logs demo/2 --since 10m --grep NCCL   all pods of group 2
  lwstui logs demo/2/1 --previous              the run of worker 1 before the present one

example: lwstui logs demo/2 --tail 50 -f

exit codes:
    0  done
    1  failed: no such set or pod, or a log that cannot be read
    2  wrong usage
  130  interrupted"""
_COLOURS: Final = ("36", "33", "32", "35", "34", "96", "93", "92", "95", "94")
_LOOK_S: Final = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("names", metavar="NAME[/GROUP[/WORKER]]", nargs=1, help="whose logs")
    parser.add_argument("--role", choices=("leader", "worker"), help="only pods of this role")
    parser.add_argument(
        "-c", "--container", metavar="NAME", default="", help="container (default: the first)"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on as lines come")
    parser.add_argument(
        "--since", type=duration, metavar="TIME", help="lines since this long ago, such as 10m"
    )
    parser.add_argument(
        "--tail", type=number_from(0), metavar="N", help="last lines per container (default all)"
    )
    parser.add_argument(
        "-p", "--previous", action="store_true", help="the run before the present one"
    )
    parser.add_argument("--timestamps", action="store_true", help="begin lines with their time")
    parser.add_argument(
        "--prefix",
        action=argparse.BooleanOptionalAction,
        help="begin lines with their source (default: unless one pod is named)",
    )
    parser.add_argument(
        "--grep", type=_pattern, metavar="REGEX", help="only lines in which it is found"
    )
    add_target(parser, several=False)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error


def run(arguments: argparse.Namespace) -> int:
    """Print the logs."""
    paint.forgiving()

    async def work(operator: SetOperator) -> int:
        from controller.api.names import PODS, SET_NAME
        from lwstui.runtime.ports import WatchSpec

        place = place_of(arguments.names[0])
        if place.worker is not None and arguments.role:
            raise UsageError(f"{place} is one pod: leave --role out")
        key = key_of(operator, place.name)
        await operator.read(key)
        spec = WatchSpec(PODS, key.namespace, label_selector=f"{SET_NAME}={key.name}")
        reader = await operator.watch((spec,))
        request = request_of(arguments, key, place)
        _check(request, reader, place)
        printer = _Printer(arguments, one_pod=bool(request.pod))
        return await _read(operator, reader, request, printer)

    return operate(arguments, work)


def request_of(arguments: argparse.Namespace, key: Key, place: Place) -> LogRequest:
    """Return the logs that the words on the command line mean."""
    from lwstui.runtime.backend import LogRequest
    from lwstui.view.listing import pod_name

    return LogRequest(
        key,
        place.group,
        arguments.role or "all",
        pod="" if place.worker is None else pod_name(place),
        container=arguments.container,
        previous=arguments.previous,
        tail=arguments.tail,
        since_s=None if arguments.since is None else int(arguments.since),
        follow=arguments.follow and not arguments.previous,
    )


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
    operator: SetOperator, reader: Reader, request: LogRequest, printer: _Printer
) -> int:
    """Read and print to the end, or until interrupted; return the exit code."""
    from lwstui.view.loglines import LogLimits
    from lwstui.view.logs import LogBuffer

    # What is settled is printed and dropped at once: nothing is ever cut off.
    buffer = LogBuffer(LogLimits(sys.maxsize, sys.maxsize, sys.maxsize))
    now = operator.clock.now
    session = operator.logs(request, reader, lambda batch: buffer.add(batch, now()))
    if not request.follow:
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


async def _printing(buffer: LogBuffer, printer: _Printer, now: Callable[[], float]) -> None:
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


class _Printer:
    """Prints lines of logs on standard output, and what is said about them beside it."""

    def __init__(self, arguments: argparse.Namespace, *, one_pod: bool) -> None:
        self._timestamps: bool = arguments.timestamps
        self._prefix = not one_pod if arguments.prefix is None else arguments.prefix
        self._wanted: re.Pattern[str] | None = arguments.grep
        self._colour = paint.colours(arguments)

    def print(self, buffer: LogBuffer) -> int:
        """Print what a buffer holds and empty it; 1 if a log could not be read."""
        code = 0
        for line in buffer.lines:
            if line.kind == "line":
                if self._wanted is None or self._wanted.search(line.text):
                    print(self._text(line))
                continue
            source = f"{line.source}: " if line.source else ""
            print(f"lwstui: {source}{line.text}", file=sys.stderr)
            code = FAILED if line.kind == "error" else code
        sys.stdout.flush()
        buffer.clear()
        return code

    def _text(self, line: LogLine) -> str:
        from controller.api.meta import format_micro_time
        from lwstui.view.loglines import colour_of

        words = [line.text]
        if self._prefix:
            source = f"[{line.source}]"
            code = _COLOURS[colour_of(line.source) % len(_COLOURS)]
            words.insert(0, f"\x1b[{code}m{source}\x1b[0m" if self._colour else source)
        if self._timestamps:
            words.insert(0, format_micro_time(line.at))
        return " ".join(words)
