"""Lines of logs that were read while a recording was made, as far as it has been played."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from controller.api.meta import Key
from lwstui.kube.loglines import LONGEST_LINE, LogLine
from lwstui.runtime.recording.entries import Said
from lwstui.state.deaths import Death

MOST_LINES: Final = 5000
"""Lines that are held of one container."""


class Spoken:
    """What containers said, oldest first.

    Args:
        earlier: Returns what was read before, where the recording was not played from its
            beginning; called when lines are asked for.
    """

    def __init__(self, earlier: Callable[[], Iterable[Said]] = tuple) -> None:
        self._lines: dict[tuple[str, str, str], list[LogLine]] = {}
        self._earlier = earlier

    def add(self, entry: Said) -> None:
        """Take lines that were read."""
        key = (entry.namespace, entry.pod, entry.container)
        lines = self._lines.setdefault(key, [])
        lines += [LogLine(at, text[: LONGEST_LINE + 99]) for at, text in entry.lines]
        del lines[:-MOST_LINES]

    def lines(self, namespace: str, pod: str, container: str) -> Sequence[LogLine]:
        """Return the lines of a container name, of all its runs and of pods before it."""
        self._complete()
        return self._lines.get((namespace, pod, container), ())

    def _complete(self) -> None:
        earlier, self._earlier = self._earlier, tuple
        later, self._lines = self._lines, {}
        for entry in earlier():
            self.add(entry)
        for key, lines in later.items():
            self._lines[key] = [*self._lines.get(key, ()), *lines][-MOST_LINES:]

    def of_run(self, death: Death) -> Sequence[LogLine]:
        """Return the lines of a run that ended."""
        began = death.at - death.ran_s if death.ran_s is not None else 0.0
        lines = self.lines(*Key(death.namespace, death.pod), death.container)
        return [line for line in lines if not line.at or began - 1.0 <= line.at <= death.at + 1.0]
