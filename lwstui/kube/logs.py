"""Container logs: batches of cleaned lines, resumed without repeating any."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from controller.api.meta import format_time, parse_time
from controller.api.names import PODS
from controller.errors import ApiError, Unavailable
from lwstui.kube.clean import clean
from lwstui.kube.rest import Rest, path_of

LONGEST_LINE: Final = 8192
CUT_MARK: Final = " … (cut)"
# Bytes kept of a line that does not end; the line is cut to its limit anyway.
_KEPT_BYTES: Final = 4 * LONGEST_LINE
_SILENCE_S: Final = 3600.0
_BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: epoch seconds (0.0 without a timestamp) and cleaned text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What part of a container's log is wanted; see the pod log subresource."""

    follow: bool = False
    previous: bool = False
    tail_lines: int | None = None
    since_s: int | None = None
    since_time: str = ""
    limit_bytes: int | None = None

    def query(self, container: str) -> dict[str, str | int]:
        """Return the query parameters."""
        query: dict[str, str | int] = {"container": container, "timestamps": "true"}
        wanted: dict[str, str | int | None] = {
            "follow": "true" if self.follow else None,
            "previous": "true" if self.previous else None,
            "tailLines": self.tail_lines,
            "sinceSeconds": self.since_s,
            "sinceTime": self.since_time or None,
            "limitBytes": self.limit_bytes,
        }
        query.update({name: value for name, value in wanted.items() if value is not None})
        return query


def parse_line(raw: str) -> LogLine:
    """Return a line of a log that was asked for with timestamps.

    Of a line that overwrites itself by carriage returns, such as a progress bar, the last state
    is kept.
    """
    stamp, blank, text = raw.partition(" ")
    at = parse_time(stamp) if blank else None
    written = (raw if at is None else text).rstrip("\r").rpartition("\r")[2]
    body = clean(written).replace("\t", "    ")
    if len(body) > LONGEST_LINE:
        body = body[:LONGEST_LINE] + CUT_MARK
    return LogLine(at or 0.0, body)


async def stream(
    rest: Rest, namespace: str, pod: str, container: str, options: LogOptions
) -> AsyncIterator[list[LogLine]]:
    """Yield batches of lines until the log ends.

    Raises:
        ApiError: If the server refuses: no such pod, container not started, no previous run.
        Unavailable: If the stream breaks.
    """
    path = path_of(PODS, namespace, pod, "log")
    query = options.query(container)
    async with rest.open(
        "GET", path, query=query, accept="*/*", read_s=_SILENCE_S, what="pods/log"
    ) as response:
        rest_of_line = b""
        try:
            while data := await response.content.readany():
                head, newline, tail = data.rpartition(b"\n")
                if not newline:
                    rest_of_line = (rest_of_line + data)[:_KEPT_BYTES]
                    continue
                text = (rest_of_line + head).decode("utf-8", "replace")
                rest_of_line = tail
                yield [parse_line(line) for line in text.split("\n")]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"the log of {pod} broke off") from error
        if rest_of_line:
            yield [parse_line(rest_of_line.decode("utf-8", "replace"))]


@dataclass(frozen=True, slots=True)
class Gap:
    """The stream was reopened; ``text`` says why. Lines in between may be missing."""

    text: str


async def follow(
    rest: Rest,
    namespace: str,
    pod: str,
    container: str,
    options: LogOptions,
    *,
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    rng: random.Random | None = None,
) -> AsyncIterator[list[LogLine] | Gap]:
    """Yield batches of lines, reopening a broken stream where it broke.

    Lines already seen at the instant of the break are not repeated. Ends when the container's
    log ends.

    Raises:
        ApiError: If the server refuses to open or reopen the log.
    """
    rng = rng or random.Random()
    last = 0.0
    at_last: list[str] = []
    failures = 0
    while True:
        try:
            async for batch in stream(rest, namespace, pod, container, options):
                fresh = _unseen(batch, last, at_last)
                if fresh:
                    failures = 0
                    last, at_last = _remember(fresh, last, at_last)
                    yield fresh
        except ApiError:
            raise
        except Unavailable as error:
            delay = _BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)] * rng.uniform(0.5, 1.0)
            failures += 1
            yield Gap(str(error))
            await sleep(delay)
            if last:
                options = LogOptions(follow=options.follow, since_time=format_time(last))
        else:
            return


def _unseen(batch: list[LogLine], last: float, at_last: list[str]) -> list[LogLine]:
    """Return the lines that were not delivered before a break."""
    if not last:
        return batch
    left = list(at_last)
    fresh: list[LogLine] = []
    for line in batch:
        if line.at and line.at < last:
            continue
        if line.at == last and line.text in left:
            left.remove(line.text)
            continue
        fresh.append(line)
    return fresh


def _remember(fresh: list[LogLine], last: float, at_last: list[str]) -> tuple[float, list[str]]:
    """Return the newest instant and the lines delivered at it."""
    newest = max(line.at for line in fresh)
    if newest < last:
        return last, at_last
    same = [line.text for line in fresh if line.at == newest]
    return newest, (at_last + same if newest == last else same)
