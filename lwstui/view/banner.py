"""One line under the title when the cluster cannot be seen or served as it is. Pure."""

from __future__ import annotations

from typing import Final

from controller.api import names
from lwstui.kube.sync import KindSync
from lwstui.state.manner import Times
from lwstui.state.model import Snapshot
from lwstui.state.records import DEVICES
from lwstui.view.ages import age, clock
from lwstui.view.tape import notice
from lwstui.view.types import Line, Span, Tone

LOST: Final = frozenset({"reconnecting", "failed"})
SKEWED_S: Final = 5.0
"""Clocks that differ by more make ages wrong enough to say so."""

_SETS: Final = names.LEADERWORKERSETS.plural


def stale(snapshot: Snapshot) -> bool:
    """Tell whether what is shown may be out of date because the connection is lost."""
    sync = snapshot.sync.get(_SETS)
    return sync is not None and sync.state in LOST | {"unauthorized"}


def banner(snapshot: Snapshot, now: float) -> tuple[Line, ...]:
    """Return what is wrong with the connection and what helps; nothing when all is well.

    With the connection in order it is the controller's turn: who acts if this one stands by.
    """
    return (*notice(snapshot.cluster), *_connection(snapshot, now))


def _connection(snapshot: Snapshot, now: float) -> tuple[Line, ...]:
    cluster, sync, times = snapshot.cluster, snapshot.sync.get(_SETS), snapshot.manner.times
    if cluster.login_says:
        return (_line("○", f"logging in: {cluster.login_says}", "", tone="busy"),)
    if cluster.problem:
        return (_line("✕", cluster.problem, "ctrl-r tries again"),)
    if cluster.playing is not None and cluster.playing.seeking:
        return ()
    if sync is None or (sync.state in ("connecting", "listing") and not cluster.connected):
        where = cluster.server or cluster.context
        return (_line("○", f"connecting{f' to {where}' if where else ''}", "", tone="busy"),)
    if sync.state == "unauthorized":
        who = f" of {cluster.user}" if cluster.user else ""
        why = f": {sync.message}" if sync.message else ""
        return (
            _line(
                "✕",
                f"the cluster refused the credentials{who}{why}",
                f"data {_as_of(sync, times)}; ctrl-r logs in again",
            ),
        )
    if sync.state == "missing":
        what = "LeaderWorkerSet is not installed in this cluster"
        return (_line("⊘", what, "this screen fills as soon as it arrives", tone="warn"),)
    if sync.state in LOST:
        return (_line("◌", _lost(sync, now, times), "ctrl-r reconnects now", tone="warn"),)
    return _forbidden(snapshot) or _controller(snapshot, now) or _skew(cluster.skew_s)


def _line(glyph: str, what: str, hint: str, *, tone: Tone = "bad") -> Line:
    return (Span(f"{glyph} {what}", tone), Span(f"   {hint}" if hint else "", "dim"))


def _lost(sync: KindSync, now: float, times: Times) -> str:
    words = [f"connection lost, data {_as_of(sync, times)}"]
    if sync.attempt:
        words.append(f"attempt {sync.attempt}")
    if sync.retry_at is not None and sync.retry_at > now:
        words.append(f"next in {age(sync.retry_at - now)}")
    if sync.message:
        words.append(sync.message)
    return ", ".join(words)


def _as_of(sync: KindSync, times: Times) -> str:
    return f"as of {clock(sync.last_event_at or sync.since, times)}"


def _forbidden(snapshot: Snapshot) -> tuple[Line, ...]:
    kinds = sorted(
        kind
        for kind, sync in snapshot.sync.items()
        if sync.state == "forbidden" and kind not in DEVICES
    )
    if not kinds:
        return ()
    what = f"not allowed to list and watch {', '.join(kinds)}"
    return (_line("✕", what, "what depends on them is missing here; the rest works"),)


def _skew(ahead_s: float) -> tuple[Line, ...]:
    if abs(ahead_s) <= SKEWED_S:
        return ()
    where = "behind" if ahead_s > 0 else "ahead of"
    what = f"this machine's clock is {age(abs(ahead_s))} {where} the server's"
    return (_line("◐", what, "ages are off by that", tone="warn"),)


def _controller(snapshot: Snapshot, now: float) -> tuple[Line, ...]:
    view, times = snapshot.controller, snapshot.manner.times
    if view.mode == "failed":
        return (_line("✕", f"the controller cannot act: {view.last_error}", ""),)
    if view.mode not in ("standby", "elsewhere"):
        return ()
    since = ""
    if view.since is not None:
        since = f" since {clock(view.since, times)} ({age(now - view.since)})"
    if view.serves:
        what = (
            f"{view.holder} acts{since}, but for namespace {view.serves} only: one controller "
            "per cluster acts, so nobody serves the sets of others"
        )
        return (_line("◇", what, "", tone="warn"),)
    if view.mode == "standby":
        return (_line("◇", f"standing by: {view.holder} acts{since}", "", tone="info"),)
    return ()
