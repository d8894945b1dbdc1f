"""``lwstui record``: the black box of a cluster, written to a file without a screen."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lwstui.cli.common import FAILED, add_target, fail, namespaces_of, target_of
from lwstui.cli.taping import add_limits, order
from lwstui.view.ages import age, bytes_, count, parse_age

if TYPE_CHECKING:
    from lwstui.state.model import Snapshot, Taping

NAME = "record"
SUMMARY = "record what happens in a cluster to a file, for lwstui replay"
EXAMPLE = """\
examples:
  lwstui record incident.lwsrec -A             until ctrl-c
  lwstui record incident.lwsrec --for 10m -n llm-prod
  lwstui replay incident.lwsrec                the whole console on it, read-only

Recorded are sets, pods, services, revisions, nodes and events as the console reads them, what is
measured of devices and engines, how containers ended and their last log lines. Values of
environment variables, Secrets, annotations of others and what looks like a secret on a command line
are not. Log lines are recorded as they are: leave them out with --no-logs."""
_EVERY_S: Final = 5.0
_TERMINAL_EVERY_S: Final = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("file", metavar="FILE", type=Path, help="where to record to")
    parser.add_argument(
        "--for", dest="for_s", metavar="DURATION", type=_duration, help="end after so long, as 10m"
    )
    add_limits(parser)
    add_target(parser)
    parser.add_argument(
        "-A",
        "--all-namespaces",
        action="store_true",
        default=argparse.SUPPRESS,
        help="all namespaces",
    )


def _duration(text: str) -> float:
    seconds = parse_age(text)
    if not seconds:
        raise argparse.ArgumentTypeError(f"{text} is no duration such as 10m")
    return seconds


def run(arguments: argparse.Namespace) -> int:
    """Record until the time is over, the file is full, or a signal says to stop."""
    from lwstui.runtime.engine import Engine, EngineOptions

    target = target_of(arguments)
    options = EngineOptions(
        target,
        namespaces=namespaces_of(arguments, target),
        read_only=True,
        recording=order(arguments, arguments.file),
    )
    over, watcher = threading.Event(), _Watcher()
    if threading.current_thread() is threading.main_thread():  # no other may
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: over.set())
    engine = Engine(options)
    engine.want_events(True)
    engine.start(watcher.take)
    try:
        watcher.follow(over, arguments.for_s)
    finally:
        engine.stop()
    return watcher.said_at_the_end(arguments.file)


class _Watcher:
    """Follows a recording by the snapshots of the engine that makes it, and tells of it."""

    def __init__(self) -> None:
        self._news = threading.Event()
        self._last: Snapshot | None = None
        self._taping: Taping | None = None
        self._for_s = 0.0

    def take(self, snapshot: Snapshot) -> None:
        """Take a snapshot, on the engine's thread."""
        self._last = snapshot
        taping = snapshot.cluster.taping
        if taping is not None:
            self._taping = taping
        if taping is not None and taping.ended:
            self._news.set()

    def follow(self, over: threading.Event, for_s: float | None) -> None:
        """Print how far it is until it is over."""
        terminal = sys.stderr.isatty()
        every_s = _TERMINAL_EVERY_S if terminal else _EVERY_S
        waited_s = 0.0
        began = time.monotonic()
        while not self._news.is_set() and (for_s is None or waited_s < for_s):
            step_s = every_s if for_s is None else min(every_s, for_s - waited_s)
            if _either(over, self._news, step_s):
                break
            waited_s = time.monotonic() - began
            end = "\x1b[K\r" if terminal else "\n"
            print(self._line(waited_s), end=end, file=sys.stderr, flush=True)
        self._for_s = time.monotonic() - began
        if terminal:
            print(file=sys.stderr)

    def _line(self, waited_s: float) -> str:
        last, taping = self._last, self._taping
        if last is None or taping is None:
            return "connecting"
        if last.cluster.problem:
            return f"{last.cluster.problem}; what comes next is recorded"
        written = f"{bytes_(taping.size_bytes)}, {count(taping.entries, 'entry', 'entries')}"
        seen = f"{count(len(last.sets), 'set')}, {count(len(last.pods), 'pod')}"
        return f"{age(waited_s)}: {written}; {seen}"

    def said_at_the_end(self, path: Path) -> int:
        """Say what came of it, and return the exit code."""
        last, taping = self._last, self._taping
        if taping is None:
            return fail(f"{path}: nothing was recorded")
        if taping.ended:
            fail(taping.ended)
        if not taping.entries:
            return FAILED
        print(f"{path}: {bytes_(path.stat().st_size)}, about {age(self._for_s)}")
        if last is not None and not last.cluster.connected:
            return fail(last.cluster.problem or "the cluster never answered")
        return 0


def _either(one: threading.Event, other: threading.Event, within_s: float) -> bool:
    """Wait until one of two events is set, or some seconds; return whether one is."""
    left_s = within_s
    while left_s > 0 and not other.is_set():
        if one.wait(min(left_s, 0.1)):
            return True
        left_s -= 0.1
    return other.is_set()
