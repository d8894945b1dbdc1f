"""What a log screen says about a log: title, choices, modes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from controller.api.meta import format_micro_time
from lwstui.runtime.backend import ALL_CONTAINERS, TAIL_LINES, LogRequest
from lwstui.state.manner import Times
from lwstui.state.model import Snapshot
from lwstui.tui.widgets.cells import visible
from lwstui.tui.widgets.logscroll import LogScroll
from lwstui.view.ages import clock, count, parse_age
from lwstui.view.logfold import LogRow
from lwstui.view.loglines import SourceInfo
from lwstui.view.logs import LogBuffer
from lwstui.view.types import Line, Span

HEAD_LINES: Final = 500
RANGES: Final[tuple[tuple[str, int | None, int | None], ...]] = (
    ("tail", None, None),
    ("head", None, HEAD_LINES),
    ("1m", 60, None),
    ("5m", 300, None),
    ("15m", 900, None),
    ("30m", 1800, None),
    ("1h", 3600, None),
)
"""What digits choose, as in k9s: title, seconds back, and first lines of each container."""
MOST_PROBLEMS: Final = 2
_BARS: Final = " ▁▂▃▄▅▆▇█"
_ROLE_NAMES: Final = {"leader": "leader", "worker": "workers"}


def since(request: LogRequest, usual: str) -> LogRequest:
    """Return a request that begins as far back as is usual, unless it says itself where.

    Args:
        request: What is asked for.
        usual: A duration; empty for the last lines.
    """
    seconds = parse_age(usual)
    said = request.since_s is not None or request.head is not None or request.previous
    if seconds is None or said or request.tail != TAIL_LINES:
        return request
    return replace(request, since_s=int(seconds), tail=None)  # a range of time is read whole


def log_title(request: LogRequest) -> Line:
    """Return what is merged."""
    targets = request.targets
    if len(targets) > 1:
        names = sorted({target.key.name for target in targets})
        text = f"{len(targets)} marked"
        spans = [Span(f"{text} of ", "dim"), Span(", ".join(map(visible, names)), "title")]
    else:
        spans = [
            Span(f"{visible(request.target.namespace)} / ", "dim"),
            Span(visible(request.target.name), "title"),
        ]
        if request.pod:
            spans.append(Span(f" / {visible(request.pod)}"))
        elif request.group is not None:
            spans.append(Span(f" / group {request.group}"))
    if request.previous:
        spans.append(Span("   previous runs", "warn"))
    return tuple(spans)


def roles(request: LogRequest, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the roles to choose from: ``all``, ``leader``, ``worker`` and subgroups."""
    if request.pod and not request.more:
        return ()
    groups: set[int] = set()
    for target in request.targets:
        pods = snapshot.by_set.get(target.key, ())
        groups |= {p.subgroup for p in pods if target.group in (None, p.group)}
    return ("all", "leader", "worker", *(f"sub-{n}" for n in sorted(groups) if n >= 0))


def role_line(request: LogRequest, offered: Sequence[str]) -> Line:
    """Return the roles with the chosen one in brackets."""
    spans: list[Span] = []
    for role in offered:
        name = _ROLE_NAMES.get(role, role)
        chosen = role == request.role
        spans.append(Span(f"[{name}]" if chosen else f" {name} ", "bold" if chosen else "dim"))
    return tuple(spans)


def range_line(request: LogRequest) -> Line:
    """Return the ranges with the chosen one in brackets."""
    spans: list[Span] = []
    for number, (title, since_s, head) in enumerate(RANGES):
        chosen = (since_s, head) == (request.since_s, request.head)
        left, right = "[]" if chosen else "  "
        spans += [
            Span(f"{left}{number} ", "dim"),
            Span(f"{title}{right}", "bold" if chosen else "dim"),
        ]
    return tuple(spans)


def container_line(request: LogRequest) -> Line:
    """Return which containers are read, unless it is each pod's main one."""
    if not request.container:
        return ()
    name = "all" if request.container == ALL_CONTAINERS else visible(request.container)
    return (Span("   containers " if name == "all" else "   container ", "dim"), Span(name, "bold"))


def mode_line(request: LogRequest, pane: LogScroll) -> Line:
    """Return following, folding, wrapping, times, and what is looked for."""
    wish = pane.wish
    modes = [
        Span("follows", "ok") if pane.follow and request.follows else Span("PAUSED", "warn"),
        Span(f"fold {'on' if wish.fold else 'off'}", "dim"),
        Span(f"wrap {'on' if pane.wrap else 'off'}", "dim"),
        Span(f"time {pane.times}", "dim"),
    ]
    if not request.follows and pane.follow:
        modes[0] = Span("not followed", "dim")
    if wish.search.text:
        said = {"mark": "marked", "only": "only matches", "context": "matches and lines around"}
        modes += [
            Span(f"/ {wish.search.text}", "info"),
            Span(said[wish.mode], "dim"),
            Span(count(pane.matches, "hit"), "bold"),
        ]
    if wish.hidden:
        modes.append(Span("some sources muted", "warn"))
    spaced = [span for mode in modes for span in (Span("  "), mode)]
    return tuple(spaced[1:])


def totals(buffer: LogBuffer, rates: Mapping[str, float]) -> Line:
    """Return how many sources are read, how fast lines come, how many were dropped."""
    sources = buffer.sources
    read = sum(source.state in ("", "open") and not source.problem for source in sources)
    spans = [
        Span(f"{read}/{count(len(sources), 'source')}", "dim"),
        Span(f"  {count(round(sum(rates.values())), 'line')}/s", "dim"),
    ]
    spans.append(Span(f"  dropped {buffer.dropped:,}", "warn" if buffer.dropped else "dim"))
    return tuple(spans)


def buffer_note(buffer: LogBuffer, times: Times) -> str:
    """Return how full the buffer is and how far back it goes."""
    lines = buffer.lines
    if not lines:
        return "" if buffer.waiting else "no lines yet"
    oldest = clock(lines[0].at, times)
    order = "   no timestamps: in order of arrival" if buffer.untimed else ""
    return f"{len(lines):,} of {buffer.limit:,} lines kept, oldest {oldest}{order}"


def problem_lines(sources: Sequence[SourceInfo]) -> tuple[Line, ...]:
    """Return why some sources cannot be read."""
    problems = [source for source in sources if source.problem]
    shown = [(Span(f"{one.label}: ", "warn"), Span(one.problem)) for one in problems]
    if len(problems) <= MOST_PROBLEMS:
        return tuple(shown)
    more = len(problems) - MOST_PROBLEMS + 1
    return (*shown[: MOST_PROBLEMS - 1], (Span(f"{more} more cannot be read", "warn"),))


def spark_line(buckets: Sequence[tuple[int, int]]) -> Line:
    """Return lines and errors of the last quarter of an hour as bars."""
    lines = bars([one for one, _ in buckets])
    errors = bars([one for _, one in buckets])
    return (
        Span("lines ", "dim"),
        Span(lines, "info"),
        Span("   errors ", "dim"),
        Span(errors, "bad"),
        Span("   last 15 min", "dim"),
    )


def bars(counts: Sequence[int]) -> str:
    """Return one bar per count, the highest for the most; nothing has no bar."""
    most = max(counts, default=0)
    if not most:
        return " " * len(counts)
    return "".join(_BARS[-(-number * (len(_BARS) - 1) // most)] for number in counts)


def as_text(rows: Sequence[LogRow], buffer: LogBuffer) -> str:
    """Return rows as text, line by line with time and source; folded lines each."""
    lines: list[str] = []
    for row in rows:
        for line in buffer.find(row.numbers):
            stamp = format_micro_time(line.at)
            if line.kind == "line":
                lines.append(f"{stamp} {line.source}: {line.text}")
            else:
                lines.append(f"{stamp} -- {line.source + ': ' if line.source else ''}{line.text}")
    if buffer.dropped:
        lines.insert(0, f"-- {count(buffer.dropped, 'earlier line')} dropped")
    return "".join(f"{line}\n" for line in lines)


def file_stem(request: LogRequest) -> str:
    """Return what a log is of, for names of files."""
    parts = ["logs", request.target.namespace, request.target.name]
    if request.pod:
        parts.append(request.pod)
    elif request.group is not None:
        parts.append(str(request.group))
    if request.more:
        parts.append(f"and-{len(request.more)}-more")
    return "-".join(parts)
