"""Leader election on a coordination.k8s.io Lease: at most one controller writes.

The holder stops writing when its last answered renewal is 8 s old, well before others, who wait
until they have seen the Lease unchanged for its 12 s, may take it over. As they look every
1.5 s, a holder that died is replaced within 13.5 s of its last renewal, plus what their requests
take. Ages are measured on this process's clocks, the holder's from before a request is sent and
a candidate's from after the answer; the times written in the Lease are for people. That holds
while no clock runs half as fast again as another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from controller.api.meta import ObjectMeta, format_micro_time, parse_time
from controller.api.names import CONTROLLER_LEASE, LEASES
from controller.errors import Conflict, ControllerError, Forbidden, NotFound, Unavailable
from controller.ports import Clock, Cluster

DURATION_S: Final = 12
DEADLINE_S: Final = 8.0
RETRY_S: Final = 1.5
RELEASE_TIMEOUT_S: Final = 3.0
NAMESPACE: Final = "default"
"""Where the Lease is unless told otherwise: controllers that look elsewhere do not see it."""

# On the Lease: the one namespace its holder serves, or this for all of them.
SERVES: Final = "lwstui.dev/serves"
EVERYTHING: Final = "*"
_SOON_S: Final = 0.05
_RETRIES_IN_DEADLINE: Final = 1.2

T = TypeVar("T")
_log = logging.getLogger("lwstui.controller")


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """How long a lease lasts, in seconds.

    Attributes:
        duration_s: How long others leave a Lease alone that does not change; whole seconds.
        deadline_s: Age of its last renewal at which a holder stops writing.
        retry_s: Pause between two looks of those that wait.

    Raises:
        ValueError: If a holder would write longer than others wait, or could not try twice.
    """

    duration_s: int = DURATION_S
    deadline_s: float = DEADLINE_S
    retry_s: float = RETRY_S

    def __post_init__(self) -> None:
        if self.retry_s <= 0:
            raise ValueError(f"the lease's retry period ({self.retry_s:g} s) must be above 0")
        if self.deadline_s >= self.duration_s:
            raise ValueError(
                f"the lease's renew deadline ({self.deadline_s:g} s) must be shorter than its "
                f"duration ({self.duration_s} s), or two controllers would act at once"
            )
        if self.deadline_s < self.retry_s * _RETRIES_IN_DEADLINE:
            raise ValueError(
                f"the lease's renew deadline ({self.deadline_s:g} s) must be at least "
                f"{_RETRIES_IN_DEADLINE} times its retry period ({self.retry_s:g} s)"
            )

    @property
    def renew_s(self) -> float:
        """Pause of a holder after a renewal; it leaves time for more than one further try."""
        return self.deadline_s * 0.375


class LeaseSpec(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a Lease's spec that election uses."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class Lease(msgspec.Struct, frozen=True):
    """A Lease as stored."""

    metadata: ObjectMeta = ObjectMeta()
    spec: LeaseSpec = LeaseSpec()

    @property
    def holder(self) -> str:
        """Identity of the holder, empty if released."""
        return self.spec.holder_identity or ""

    @property
    def duration_s(self) -> float:
        """Seconds others must have seen it unchanged before they take it."""
        return self.spec.lease_duration_seconds or DURATION_S

    @property
    def renewed_at(self) -> float | None:
        """When the holder says it renewed, epoch seconds of its clock."""
        return parse_time(self.spec.renew_time)

    @property
    def serves(self) -> str:
        """The one namespace its holder serves, empty if all or unknown."""
        scope = (self.metadata.annotations or {}).get(SERVES, EVERYTHING)
        return "" if scope == EVERYTHING else scope


_DECODER: Final = msgspec.json.Decoder(Lease)


def decode_lease(raw: bytes | msgspec.Raw) -> Lease:
    """Return the Lease in a JSON object.

    Raises:
        msgspec.DecodeError: If it is not one.
    """
    return _DECODER.decode(raw)


class Election:
    """One candidate.

    Args:
        cluster: Where the Lease is.
        clock: The time.
        identity: Name of this process, unlike that of any other.
        namespace: Namespace of the Lease.
        serves: The one namespace this process serves, empty for all; told to the others.
        times: Durations of the lease.
        on_change: Called when who leads, or why it cannot be known, changes.
        sleep: Waits, in seconds.

    Attributes:
        holder: Identity of the holder as last seen, empty if unknown or none.
        since: When the holder acquired the lease, epoch seconds, or None.
        holder_serves: The one namespace the holder serves, empty if all or unknown.
        problem: Why the Lease cannot be used, empty when it can.
    """

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock,
        *,
        identity: str,
        namespace: str = NAMESPACE,
        serves: str = "",
        times: LeaseTimes | None = None,
        on_change: Callable[[], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.holder = ""
        self.since: float | None = None
        self.holder_serves = ""
        self.problem = ""
        self._cluster = cluster
        self._clock = clock
        self._identity = identity
        self._namespace = namespace
        self._serves = serves
        self._times = times or LeaseTimes()
        self._on_change = on_change
        self._sleep = sleep
        self._lease: Lease | None = None
        self._changed_at = 0.0
        self._gone_at: float | None = None
        self._renewed: tuple[float, float] | None = None
        self._told = (False, "", "", "")

    def leading(self) -> bool:
        """Tell whether this process may write now."""
        return self._left_s() > 0

    async def run(self) -> None:
        """Acquire and renew until cancelled."""
        while True:
            renewed = await self.step()
            await self._sleep(self._times.renew_s if renewed else self._pause_s())

    async def step(self) -> bool:
        """Try once to acquire or renew; return whether the lease was written.

        Errors of the API end up in ``problem``, they are not raised. A leadership that ran out
        is announced before it is sought again, so that nobody goes on as if it had lasted.
        """
        if self._renewed is not None and not self.leading():
            self._renewed = None
            self._tell()
            return False
        started = self._clock.monotonic(), self._clock.now()
        written = False
        try:
            lease = await self._within(self._attempt(), self._limit_s())
        except Conflict:
            self._lease = None  # someone was faster; look again next time
        except (ControllerError, msgspec.DecodeError) as error:
            self._fail(error)
        else:
            self.problem = ""
            if lease is not None:
                self._renewed, written = started, True
                self._take_note(lease)
        self._tell()
        return written

    async def release(self) -> None:
        """Give the lease back, so that the next candidate need not wait for its end."""
        held, self._renewed = self._renewed is not None, None
        if not held:
            return
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT_S):
                lease = await self._read()
                if lease.holder == self._identity:
                    await self._write(lease, {"holderIdentity": None, "leaseDurationSeconds": 1})
        except (ControllerError, TimeoutError, msgspec.DecodeError) as error:
            _log.warning("lease not released", extra={"fields": {"error": str(error)}})
        self.holder, self.since = "", None

    # Time

    def _left_s(self) -> float:
        """Return for how long this process may still write; zero or less if it may not."""
        if self._renewed is None:
            return 0.0
        monotonic, wall = self._renewed
        # The monotonic clock may stand still while a laptop sleeps; the wall clock does not.
        age_s = max(self._clock.monotonic() - monotonic, self._clock.now() - wall)
        return self._times.deadline_s - age_s

    def _limit_s(self) -> float:
        """Return how long to wait for an answer: a holder keeps time for another try."""
        left_s = self._left_s()
        return (left_s if left_s > _SOON_S else self._times.deadline_s) / 2

    def _pause_s(self) -> float:
        """Return the pause after a try that wrote nothing.

        A holder tries the sooner again the less time it has left; others look again when the
        Lease runs out, if that is sooner than their next look.
        """
        left_s, lease = self._left_s(), self._lease
        if left_s > 0:
            return min(self._times.retry_s, left_s, max(left_s / 4, _SOON_S))
        if lease is None or not lease.holder:
            return self._times.retry_s
        ends_s = self._changed_at + lease.duration_s - self._clock.monotonic()
        return min(self._times.retry_s, ends_s) if ends_s > 0 else self._times.retry_s

    async def _within(self, work: Awaitable[T], limit_s: float) -> T:
        """Return what comes of some work, or raise Unavailable when it takes too long."""
        task = asyncio.ensure_future(work)
        timer = asyncio.ensure_future(self._sleep(limit_s))
        try:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Unavailable("no answer in time")
            return await task
        finally:
            task.cancel()
            timer.cancel()

    # The Lease

    async def _attempt(self) -> Lease | None:
        """Write the lease if it is ours to write; None if another holds it."""
        if self._lease is None or self._lease.holder != self._identity:
            try:
                self._take_note(await self._read())
            except NotFound:
                return None if self._may_be_held() else await self._create()
        lease = self._lease
        if lease is None or not self._free(lease):
            return None
        now = format_micro_time(self._clock.now())
        try:
            if lease.holder == self._identity:
                return await self._write(lease, {"renewTime": now})
            transitions = (lease.spec.lease_transitions or 0) + 1
            return await self._write(lease, self._claim(now, transitions), self._note())
        except NotFound:
            # Someone removed it; whoever makes it anew may write at once, so this one may not.
            self._lease = self._renewed = None
            return None

    def _free(self, lease: Lease) -> bool:
        unchanged_s = self._clock.monotonic() - self._changed_at
        return lease.holder in ("", self._identity) or unchanged_s >= lease.duration_s

    def _may_be_held(self) -> bool:
        """Tell whether a Lease that is gone had a holder who may not have noticed yet."""
        lease, now = self._lease, self._clock.monotonic()
        if lease is None or lease.holder in ("", self._identity):
            return False
        if self._gone_at is None:
            self._gone_at = now
        return now - self._gone_at < lease.duration_s

    def _claim(self, now: str, transitions: int) -> dict[str, Any]:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": self._times.duration_s,
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": transitions,
        }

    def _note(self) -> dict[str, Any]:
        return {"annotations": {SERVES: self._serves or EVERYTHING}}

    async def _read(self) -> Lease:
        return decode_lease(await self._cluster.get(LEASES, self._namespace, CONTROLLER_LEASE))

    async def _create(self) -> Lease:
        body = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {
                "name": CONTROLLER_LEASE,
                "namespace": self._namespace,
                **self._note(),
            },
            "spec": self._claim(format_micro_time(self._clock.now()), 0),
        }
        return decode_lease(await self._cluster.create(LEASES, self._namespace, body))

    async def _write(
        self, lease: Lease, spec: dict[str, Any], note: dict[str, Any] | None = None
    ) -> Lease:
        # A merge patch keeps what others put on the Lease; the version makes it a race that
        # only one candidate wins.
        version = lease.metadata.resource_version
        body = {"metadata": {"resourceVersion": version, **(note or {})}, "spec": spec}
        raw = await self._cluster.patch(LEASES, self._namespace, CONTROLLER_LEASE, body)
        return decode_lease(raw)

    def _take_note(self, lease: Lease) -> None:
        self._gone_at = None
        if self._lease is None or self._lease.spec != lease.spec:
            self._changed_at = self._clock.monotonic()
        if lease.holder != self._identity:
            self._renewed = None
        self._lease = lease
        self.holder = lease.holder
        self.since = parse_time(lease.spec.acquire_time) if lease.holder else None
        self.holder_serves = lease.serves if lease.holder else ""

    # Telling

    def _tell(self) -> None:
        state = (self.leading(), self.holder, self.holder_serves, self.problem)
        if state == self._told:
            return
        if state[:3] != self._told[:3] and self.holder not in ("", self._identity):
            self._log_standby()
        self._told = state
        self._on_change()

    def _log_standby(self) -> None:
        since = "" if self.since is None else format_micro_time(self.since)
        serves = self.holder_serves or "all namespaces"
        fields = {"holder": self.holder, "since": since, "serves": serves}
        _log.info("standby: another controller acts", extra={"fields": fields})

    def _fail(self, error: Exception) -> None:
        before = self.problem
        where = f"{CONTROLLER_LEASE} in namespace {self._namespace}"
        if isinstance(error, Forbidden):
            self.problem = (
                f"no permission for lease {where}: {error}; "
                "get, create and patch on leases.coordination.k8s.io are needed"
            )
        elif isinstance(error, NotFound):
            self.problem = f"lease {where} cannot be created: {error}"
        else:
            self.problem = f"lease {where} cannot be reached: {error}"
        if self.problem != before:
            _log.warning("election failed", extra={"fields": {"error": self.problem}})
