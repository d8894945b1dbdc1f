"""Container logs: batches of cleaned lines, reopened where they broke."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp

from controller.api.meta import format_time
from controller.api.names import PODS
from controller.errors import ApiError, Unavailable
from lwstui.kube.loglines import LONGEST_LINE, LineCutter, LogLine, Position
from lwstui.kube.rest import Rest, path_of

_SILENCE_S: Final = 3600.0
_BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What part of a container's log is wanted; see the pod log subresource.

    Attributes:
        longest: Characters of a line that are kept.
        opened: Called when the server has begun to answer.
    """

    follow: bool = False
    previous: bool = False
    tail_lines: int | None = None
    since_s: int | None = None
    since_time: str = ""
    limit_bytes: int | None = None
    longest: int = LONGEST_LINE
    opened: Callable[[], None] | None = None

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
        if options.opened is not None:
            options.opened()
        cutter = LineCutter(options.longest)
        try:
            while data := await response.content.readany():
                if lines := cutter.take(data):
                    yield lines
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"the log of {pod} broke off") from error
        if lines := cutter.end():
            yield lines


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
) -> AsyncIterator[Sequence[LogLine] | Gap]:
    """Yield batches of lines, reopening a broken stream where it broke.

    Lines already seen at the instant of the break are not repeated. Ends when the container's
    log ends.

    Raises:
        ApiError: If the server refuses to open or reopen the log.
    """
    rng = rng or random.Random()
    position = Position()
    failures = 0
    while True:
        try:
            async for batch in stream(rest, namespace, pod, container, options):
                fresh = position.unseen(batch)
                if fresh:
                    failures = 0
                    yield fresh
        except ApiError:
            raise
        except Unavailable as error:
            delay = _BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)] * rng.uniform(0.5, 1.0)
            failures += 1
            yield Gap(str(error))
            await sleep(delay)
            if position.at:
                position.reopened()
                options = replace(
                    options, tail_lines=None, since_s=None, since_time=format_time(position.at)
                )
        else:
            return
