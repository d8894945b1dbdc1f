"""Who controls the sets: the embedded controller, another process, a native one, or nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from controller.activity import ControllerState
from controller.api.meta import Key, parse_time
from controller.leases import NAMESPACE, Lease
from controller.plan.actions import Wait
from lwstui.kube.sync import KindSync
from lwstui.state.model import Activity, ControllerView

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.activity import Decision

UNKNOWN: Final = ControllerView(mode="unknown")
LEASE_NAMESPACE: Final = NAMESPACE


class LeaseWatch:
    """The sink of the controller's Lease: keeps what it says now.

    Args:
        changed: Called when the Lease was seen.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lease: Lease | None = None
        self._listed = False
        self._blind_from: float | None = None
        self._sees_from: float | None = None

    def page(self, items: Sequence[Any]) -> None:
        """Ignore parts of a list: there is one Lease at most."""

    def replace(self, items: Sequence[Any]) -> None:
        """Take the Lease, or that there is none."""
        self._lease = items[0] if items else None
        self._listed = True
        self._blind_from = None
        self._changed()

    def apply(self, type_: str, item: Any) -> None:
        """Take a change of the Lease."""
        self._lease = None if type_ == "DELETED" else item
        self._blind_from = None
        self._changed()

    def synced(self, sync: KindSync) -> None:
        """Note from when on renewals are not seen, and from when on they would be again."""
        if sync.state == "live":
            self._sees_from = self._sees_from or sync.since
            return
        self._sees_from = None
        if self._blind_from is None:
            self._blind_from = sync.last_event_at or sync.since

    @property
    def listed(self) -> bool:
        """Whether it is known if there is a Lease; never, where reading it is forbidden."""
        return self._listed

    def holder(self, now: float) -> tuple[str, float | None]:
        """Return (identity, since when) of a holder that still renews, else empty and None.

        A renewal that could not have been seen is not missed: without a connection the answer
        stays what it was.

        Args:
            now: Epoch seconds of the server's clock.
        """
        lease = self._lease
        if lease is None or not lease.holder:
            return "", None
        allowed_s = 2 * lease.duration_s
        if lease.renewed_at is not None and self._looked_at(now, allowed_s) > (
            lease.renewed_at + allowed_s
        ):
            return "", None
        return lease.holder, parse_time(lease.spec.acquire_time)

    def _looked_at(self, now: float, allowed_s: float) -> float:
        """Return up to when renewals would have been seen."""
        if self._blind_from is None:
            return now
        if self._sees_from is not None and now > self._sees_from + allowed_s:
            return now
        return min(now, self._blind_from)

    @property
    def renewed_at(self) -> float | None:
        """When it was last renewed, epoch seconds."""
        return self._lease.renewed_at if self._lease is not None else None

    @property
    def duration_s(self) -> float:
        """Seconds within which it has to be renewed, 0 if there is none."""
        return float(self._lease.duration_s) if self._lease is not None else 0.0

    @property
    def serves(self) -> str:
        """The one namespace the holder serves, empty if all or unknown."""
        return self._lease.serves if self._lease is not None else ""


def embedded_view(state: ControllerState, lease: LeaseWatch) -> ControllerView:
    """Return what the console shows of this process's controller."""
    return ControllerView(
        mode=state.mode,
        holder=state.holder,
        since=state.since,
        serves=state.holder_serves,
        queue=state.queue,
        reconciles=state.reconciles,
        errors=state.errors,
        last_error=state.last_error,
        waits=_waits(state.waits),
        identity=state.identity,
        renewed_at=lease.renewed_at,
        renew_s=lease.duration_s,
        pass_p50_s=state.pass_p50_s,
        pass_p99_s=state.pass_p99_s,
        writes=state.requests,
        plans=state.plans,
    )


def _waits(waits: Mapping[Key, tuple[Wait, ...]]) -> Mapping[Key, tuple[tuple[str, str, int], ...]]:
    return MappingProxyType(
        {
            key: tuple((w.code, w.reason, -1 if w.group is None else w.group) for w in found)
            for key, found in waits.items()
            if found
        }
    )


def outside_view(lease: LeaseWatch, now: float, *, native: bool) -> ControllerView:
    """Return what the console shows when no controller runs in this process.

    Args:
        lease: The controller's Lease.
        now: Epoch seconds.
        native: Whether pods of some set belong to a StatefulSet.
    """
    holder, since = lease.holder(now)
    if holder:
        return ControllerView(
            mode="elsewhere",
            holder=holder,
            since=since,
            serves=lease.serves,
            renewed_at=lease.renewed_at,
            renew_s=lease.duration_s,
        )
    if native:
        return ControllerView(mode="native")
    # Without a look at the Lease nobody can be said to be missing.
    return ControllerView(mode="off") if lease.listed else UNKNOWN


def news(decisions: Sequence[Decision], last: Decision | None) -> Sequence[Decision]:
    """Return the decisions after the last one told; all of them if it has been dropped."""
    for index in range(len(decisions) - 1, -1, -1):
        if decisions[index] is last:
            return decisions[index + 1 :]
    return decisions


def told(decision: Decision) -> Activity:
    """Return a decision of the controller as a line of the activity log."""
    done = decision.outcome == "done"
    return Activity(
        decision.at,
        "controller",
        decision.what,
        str(decision.set),
        decision.outcome,
        done,
        kind="controller",
    )
