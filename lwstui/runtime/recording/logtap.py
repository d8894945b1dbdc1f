"""Lines of logs on their way to who reads them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from lwstui.kube.loglines import LogLine
from lwstui.runtime.ports import LogPart, LogReader, LogSource, Where


class LogTap:
    """Reads logs as another reader does, and tells of what is read.

    Args:
        link: The reader.
        said: Takes each part.
    """

    def __init__(self, link: LogReader, said: Callable[[LogSource, LogPart], None]) -> None:
        self._link = link
        self._said = said

    @property
    def where(self) -> Where:
        """What the cluster is called."""
        return self._link.where

    async def logs(self, source: LogSource) -> AsyncGenerator[LogPart, None]:
        """Read one container's log."""
        async with aclosing(self._link.logs(source)) as parts:
            async for part in parts:
                self._said(source, part)
                yield part


class Newest:
    """Knows which lines of which container have come, as several may read the same log."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, str, str], float] = {}

    def of(self, source: LogSource, lines: Sequence[LogLine]) -> Sequence[LogLine]:
        """Return the lines that are new; those without a time always are."""
        key = (source.namespace, source.pod, source.container)
        before = self._at.get(key, 0.0)
        fresh = [line for line in lines if not line.at or line.at > before]
        self._at[key] = max((line.at for line in fresh), default=before) or before
        return fresh
