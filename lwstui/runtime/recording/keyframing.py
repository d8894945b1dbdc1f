"""Writing keyframes into a recording while it is made.

What is written is played as well, behind what comes: what that has come to is a keyframe. So one
holds nothing that the file does not say already, and says what playing up to there would show.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from math import ceil
from typing import Final

from lwstui.kube.decoders import safe
from lwstui.runtime.recording import entries
from lwstui.runtime.recording.reading import GRID_S, entry_of
from lwstui.runtime.recording.stage import Stage

EVERY_S: Final = 120.0
"""Recorded time from one keyframe to the next, where not much comes."""
MOST_BYTES_PER_S: Final = 512
"""Where not much comes in a large cluster, keyframes are rarer: they take no more than this."""
EVERY_WORK: Final = 10_000
"""What may have come since the last one where much does; they take half of the file at most."""
_log = logging.getLogger("lwstui.engine")


class Keyframer:
    """Plays what is written of a recording, and says when a keyframe is due. One thread at a time.

    Args:
        header: The recording.
    """

    def __init__(self, header: entries.Header) -> None:
        self.header = header
        self._coming: deque[entries.AnyEntry] = deque()
        self._stage: Stage | None = None
        self._failed = False
        # Of the last keyframe: its moment, its size, and what had been done and written by then.
        self._at_s = 0.0
        self._size = 0
        self._work = 0
        self._written = 0

    def read(self) -> Iterator[entries.AnyEntry]:
        """Yield what is written; asked for nothing beyond it."""
        while True:
            yield self._coming.popleft()

    def after(self, lines: bytes, last_s: float, written: int) -> bytes:
        """Take lines that were written; return the line of a keyframe if one is due, else nothing.

        Args:
            lines: Whole lines without the header of the file.
            last_s: When the last of them came, in seconds from the beginning.
            written: Size of the file, in bytes.
        """
        if self._failed:
            return b""
        try:
            stage = self._played(lines, last_s)
            if stage is None or not self._due(stage, written):
                return b""
            line = entries.encoded(stage.frame())
        except Exception:  # noqa: BLE001 - a recording goes on without keyframes
            _log.exception("no more keyframes are written")
            self._failed = True
            self._stage = None
            return b""
        self._at_s, self._work = stage.at_s, stage.work
        return line

    def wrote(self, size: int, written: int) -> None:
        """Take how large the last keyframe became, and the file with it."""
        self._size, self._written = size, written

    def _played(self, lines: bytes, last_s: float) -> Stage | None:
        """Play what is complete: the last entry is kept back, as more may come at its moment."""
        found = (entry_of(bytes(safe(line))) for line in lines.splitlines())
        self._coming.extend(entry for entry in found if entry is not None)
        if self._stage is None and self._coming:
            self._stage = Stage(self)
        to_s = (ceil(last_s / GRID_S) - 1) * GRID_S
        if self._stage is not None and to_s > self._stage.at_s:
            self._stage.advance(to_s)
        return self._stage

    def _due(self, stage: Stage, written: int) -> bool:
        passed_s, work = stage.at_s - self._at_s, stage.work - self._work
        if work >= EVERY_WORK and written - self._written >= self._size and passed_s > 0:
            return True
        return passed_s >= max(EVERY_S, self._size / MOST_BYTES_PER_S)
