"""The first line of every screen: where, how fresh, who controls, how much."""

from __future__ import annotations

from typing import Final

from lwstui.capacity.free import totals
from lwstui.kube.sync import KindSync
from lwstui.state.manner import Times
from lwstui.state.model import Snapshot
from lwstui.view import accelerators
from lwstui.view.ages import age, clock
from lwstui.view.digest import digests
from lwstui.view.memo import Memo
from lwstui.view.pausing import paused_sets
from lwstui.view.phrases import totals_texts
from lwstui.view.setload import cluster_work
from lwstui.view.spec import replicas_of
from lwstui.view.tape import marks
from lwstui.view.types import Span, StatusView

NEEDED: Final = ("leaderworkersets", "pods", "nodes")
STALE_AFTER_S: Final = 90.0
"""A watch is reopened after this long without any word; later than that it lags."""

LATE_AFTER_S: Final = 7.0
"""The server is asked every 5 s: without a proof for longer it lags."""
BEHIND_AFTER_S: Final = 1.0
"""A snapshot that takes longer to the screen is told."""

_CONTROLLERS: Final[dict[str, Span]] = {
    "leader": Span("CTL ◆ leader", "ok"),
    "starting": Span("CTL ◇ starting", "busy"),
    "standby": Span("CTL ◇ standby", "info"),
    "paused": Span("CTL ‖ paused", "warn"),
    "failed": Span("CTL ✕ failed", "bad"),
    "elsewhere": Span("CTL ◇", "ok"),
    "native": Span("CTL native", "ok"),
    "off": Span("CTL off", "warn"),
    "unknown": Span("CTL ?", "dim"),
}


def status(
    snapshot: Snapshot, now: float, memo: Memo | None = None, *, behind_s: float = 0.0
) -> StatusView:
    """Return the facts of the status line.

    Args:
        snapshot: What is known.
        now: Epoch seconds.
        memo: Remembers the digests the totals come from; without it the groups are those
            that the sets report, which costs little.
        behind_s: How long the snapshot took to reach the screen.
    """
    cluster, times = snapshot.cluster, snapshot.manner.times
    return StatusView(
        context=cluster.context or cluster.server or "no context",
        scope=f"ns:{','.join(cluster.namespaces) or 'all'}",
        mode="RO" if cluster.read_only else "RW",
        connection=connection(snapshot, now, behind_s),
        controller=_controller(snapshot, now, memo),
        totals=_totals(snapshot, now, memo),
        clock="" if cluster.playing is not None else _clock(now, times),
        sandbox=cluster.sandbox,
        user=cluster.user,
        tape=marks(cluster, times),
    )


def _clock(now: float, times: Times) -> str:
    return clock(now, times)[:5] + ("Z" if times == "utc" else "")


def connection(snapshot: Snapshot, now: float, behind_s: float = 0.0) -> Span:
    """Return the state of the connection: the worst of the watches every screen needs.

    When all is well it says how long ago that was last proved.

    Args:
        snapshot: What is known.
        now: Epoch seconds.
        behind_s: How long the snapshot took to reach the screen.
    """
    cluster = snapshot.cluster
    if cluster.problem:
        return Span("✕ AUTH" if cluster.login_failed else "✕ NO CLUSTER", "bad")
    syncs = {name: snapshot.sync[name] for name in NEEDED if name in snapshot.sync}
    if not cluster.connected or not syncs:
        since = min((sync.since for sync in syncs.values() if sync.since), default=None)
        return Span(f"○ CONNECTING{'' if since is None else ' ' + age(now - since)}", "busy")
    for name, sync in syncs.items():
        said = _fault(name, sync, now)
        if said is not None:
            return said
    if any(sync.state in ("connecting", "listing") for sync in syncs.values()):
        return Span("○ LISTING", "busy")
    words = max((sync.last_event_at or 0.0 for sync in syncs.values()), default=0.0)
    newest = max(words, cluster.proved_at)
    # Without proofs there are only the watches, which may rightly be silent for a while.
    late, limit = now - newest, LATE_AFTER_S if cluster.proved_at else STALE_AFTER_S
    if newest and late > limit:
        return Span(f"◐ LAGGING {age(late)}", "warn")
    if behind_s > BEHIND_AFTER_S:
        return Span(f"◐ LAGGING {age(behind_s)} here", "warn")
    return Span(f"● LIVE {age(late)}" if newest else "● LIVE", "ok")


def _fault(name: str, sync: KindSync, now: float) -> Span | None:
    if sync.state == "unauthorized":
        return Span("✕ AUTH", "bad")
    if sync.state == "missing":
        return Span("⊘ NO CRD" if name == "leaderworkersets" else f"⊘ NO {name}", "bad")
    if sync.state == "forbidden":
        return Span(f"✕ FORBIDDEN {name}", "warn")
    if sync.state in ("reconnecting", "failed"):
        wait = f" in {age(sync.retry_at - now)}" if sync.retry_at else ""
        return Span(f"◌ RECONNECTING {sync.attempt}{wait}", "warn")
    return None


def _controller(snapshot: Snapshot, now: float, memo: Memo | None) -> Span:
    view = snapshot.controller
    said = _CONTROLLERS.get(view.mode, Span(f"CTL {view.mode}", "warn"))
    if view.mode in ("standby", "elsewhere") and view.holder:
        said = Span(f"{said.text} ({view.holder.partition('_')[0]})", said.tone)
    off = len(paused_sets(snapshot, now, memo))
    # One that cannot act leaves all sets alone; with the count the word would fit no small screen.
    if not off or view.mode in ("paused", "failed"):
        return said
    return Span(f"{said.text} ‖ {off} paused", "warn")


def _groups(snapshot: Snapshot, now: float, memo: Memo | None) -> tuple[int, int]:
    """Return groups (ready, asked for) of all sets."""
    if memo is None:
        sets = snapshot.sets.values()
        return sum(s.status.ready_replicas for s in sets), sum(map(replicas_of, sets))
    found = digests(snapshot, memo, now)
    return sum(one.ready for one in found), sum(one.replicas for one in found)


def _totals(snapshot: Snapshot, now: float, memo: Memo | None) -> tuple[Span, ...]:
    ready, asked = _groups(snapshot, now, memo)
    spans = [
        Span(f"sets {len(snapshot.sets)}"),
        Span(f"groups {ready}/{asked}", "" if ready >= asked else "warn"),
    ]
    devices = (
        accelerators.of_all(snapshot, memo, now)
        if memo is not None
        else totals(snapshot.nodes, snapshot.node_pods)
    )
    if devices:
        spans += map(Span, totals_texts(devices))
        spans += cluster_work(devices, snapshot.telemetry, now, memo)
    return tuple(spans)
