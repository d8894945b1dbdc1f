"""Recordings on the screen: the one that is made, the one that is shown. Pure."""

from __future__ import annotations

from typing import Final

from lwstui.state.manner import Times
from lwstui.state.model import ClusterState, Playing, Taping
from lwstui.view.ages import age, bytes_, clock, count, parse_age, stamp
from lwstui.view.types import Line, Span

REFUSAL: Final = "this is a recording: nothing can be changed in it"
_DAY_S: Final = 86400.0


def marks(cluster: ClusterState, times: Times = "absolute") -> tuple[Span, ...]:
    """Return what the first line says of recordings, the most important first.

    Args:
        cluster: What is attached.
        times: How moments are written.
    """
    if cluster.playing is not None:
        playing = cluster.playing
        at = playing.started + playing.at_s
        zone = "Z" if times == "utc" else ""
        return (
            Span("REPLAY", "warn"),
            Span(f"{_course(playing)} {clock(at, times)}{zone}", "bold"),
            Span(f"{position(playing.at_s)}/{position(playing.length_s)}", "dim"),
            Span(stamp(at, times)[:10], "dim"),
        )
    if cluster.taping is not None and not cluster.taping.ended:
        return (Span("● REC", "bad"), Span(bytes_(cluster.taping.size_bytes), "dim"))
    return ()


def _course(playing: Playing) -> str:
    if playing.seeking:
        return "… seeking"
    return "‖" if playing.paused else f"▶ {playing.speed:g}x"


def position(seconds: float) -> str:
    """Return a place in a recording as ``3:12`` or ``1:03:12``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def notice(cluster: ClusterState) -> tuple[Line, ...]:
    """Return the line under the title about a recording: its end, or why it ended."""
    if cluster.playing is not None and cluster.playing.says:
        return ((Span(f"‖ {cluster.playing.says}", "info"),),)
    if cluster.taping is not None and cluster.taping.ended:
        return ((Span(f"✕ {cluster.taping.ended}", "bad"),),)
    return ()


def came_to(taping: Taping, now: float) -> str:
    """Return what a recording came to, in one sentence."""
    size = f"{bytes_(taping.size_bytes)}, {count(taping.entries, 'entry', 'entries')}"
    return f"recorded {age(now - taping.since)} to {taping.path}: {size}"


def moment(text: str, playing: Playing, times: Times = "absolute") -> float | None:
    """Return the place in a recording that a text names, None if it names none.

    Args:
        text: ``+5m`` or ``-30s`` from here, ``5m`` from the beginning, ``end``, or the time of day
            ``14:03`` or ``14:03:10`` as the clock on the screen shows it.
        playing: The recording.
        times: How moments are written on the screen.
    """
    if text == "end":
        return playing.length_s
    sign, rest = text[:1], text[1:]
    if sign in ("+", "-"):
        by = parse_age(rest)
        return None if by is None else playing.at_s + (by if sign == "+" else -by)
    if ":" not in text:
        return parse_age(text)
    return _time_of_day(text, playing, times)


def _time_of_day(text: str, playing: Playing, times: Times) -> float | None:
    parts = text.split(":")
    if not (2 <= len(parts) <= 3 and all(part.isdigit() for part in parts)):
        return None
    hours, minutes, seconds = (int(part) for part in (*parts, "0")[:3])
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    begin = _seconds_of_day(playing.started, times)
    # The first such time after the beginning: a recording may go on past midnight.
    return (hours * 3600 + minutes * 60 + seconds - begin) % _DAY_S


def _seconds_of_day(epoch_s: float, times: Times) -> float:
    hours, minutes, seconds = (int(part) for part in clock(epoch_s, times).split(":"))
    return hours * 3600 + minutes * 60 + seconds
