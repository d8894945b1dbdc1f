"""Log lines and panes for tests."""

from lwstui.runtime.backend import LogEntry
from lwstui.tui.widgets.logpane import LogPane
from lwstui.view.loglines import LogLimits
from lwstui.view.logs import LogBuffer
from tests.tui.widgets.samples import Harness

T0 = 1_700_000_000.0


def entries(count: int, start: int = 0, text: str = "line") -> list[LogEntry]:
    sources = ("leader", "w1", "w2")
    return [
        LogEntry(sources[number % 3], T0 + number, f"{text} {number:05}")
        for number in range(start, start + count)
    ]


def feed(pane: LogPane, buffer: LogBuffer, came: list[LogEntry]) -> None:
    """Let a buffer take entries at once and show them."""
    buffer.add(came, T0)
    buffer.settle(T0 + 1)
    pane.feed(buffer)


def make(limit: int = 20_000) -> tuple[Harness, LogPane, LogBuffer]:
    pane = LogPane(now=lambda: T0 + 3600, fold=False)
    return Harness(pane), pane, LogBuffer(LogLimits(single=limit, merged=limit))
