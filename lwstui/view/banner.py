"""One line under the title when the cluster cannot be seen as it is. Pure."""

from __future__ import annotations

from typing import Final

from controller.api import names
from lwstui.kube.sync import KindSync
from lwstui.state.model import Snapshot
from lwstui.view.ages import age, clock
from lwstui.view.types import Line, Span, Tone

LOST: Final = frozenset({"reconnecting", "failed"})
_SETS: Final = names.LEADERWORKERSETS.plural


def stale(snapshot: Snapshot) -> bool:
    """Tell whether what is shown may be out of date because the connection is lost."""
    sync = snapshot.sync.get(_SETS)
    return sync is not None and sync.state in LOST | {"unauthorized"}


def banner(snapshot: Snapshot, now: float) -> tuple[Line, ...]:
    """Return what is wrong with the connection and what helps; nothing when all is well."""
    cluster, sync = snapshot.cluster, snapshot.sync.get(_SETS)
    if cluster.problem:
        return (_line("✕", cluster.problem, "ctrl-r tries again"),)
    if sync is None or (sync.state in ("connecting", "listing") and not cluster.connected):
        where = cluster.server or cluster.context
        return (_line("○", f"connecting{f' to {where}' if where else ''}", "", tone="busy"),)
    if sync.state == "unauthorized":
        who = f" of {cluster.user}" if cluster.user else ""
        return (_line("✕", f"the cluster refused the credentials{who}", _as_of(sync)),)
    if sync.state == "missing":
        what = "LeaderWorkerSet is not installed in this cluster"
        return (_line("⊘", what, "this screen fills as soon as it arrives", tone="warn"),)
    if sync.state in LOST:
        return (_line("◌", _lost(sync, now), "ctrl-r reconnects now", tone="warn"),)
    return _forbidden(snapshot)


def _line(glyph: str, what: str, hint: str, *, tone: Tone = "bad") -> Line:
    return (Span(f"{glyph} {what}", tone), Span(f"   {hint}" if hint else "", "dim"))


def _lost(sync: KindSync, now: float) -> str:
    words = [f"connection lost, data {_as_of(sync)}"]
    if sync.attempt:
        words.append(f"attempt {sync.attempt}")
    if sync.retry_at is not None and sync.retry_at > now:
        words.append(f"next in {age(sync.retry_at - now)}")
    if sync.message:
        words.append(sync.message)
    return ", ".join(words)


def _as_of(sync: KindSync) -> str:
    return f"as of {clock(sync.last_event_at or sync.since)}"


def _forbidden(snapshot: Snapshot) -> tuple[Line, ...]:
    kinds = sorted(kind for kind, sync in snapshot.sync.items() if sync.state == "forbidden")
    if not kinds:
        return ()
    what = f"not allowed to list and watch {', '.join(kinds)}"
    return (_line("✕", what, "what depends on them is missing here; the rest works"),)
