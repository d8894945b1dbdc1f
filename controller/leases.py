"""Leader election on a coordination.k8s.io Lease: at most one controller writes.

The holder renews every 5 s and stops writing when no renewal was answered for 10 s, well before
others, who wait until they have seen the Lease unchanged for its 15 s, may take it over. Ages are
measured on this process's clocks, from before a request is sent; the times written in the Lease
are for people.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from controller.api.meta import ObjectMeta, format_micro_time, parse_time
from controller.api.names import CONTROLLER_LEASE, LEASES
from controller.errors import AlreadyExists, Conflict, ControllerError, Forbidden, NotFound
from controller.ports import Clock, Cluster

DURATION_S: Final = 15.0
RENEW_S: Final = 5.0
DEADLINE_S: Final = 10.0
RETRY_S: Final = 2.0
RELEASE_TIMEOUT_S: Final = 3.0

_log = logging.getLogger("lwstui.controller")


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


_DECODER: Final = msgspec.json.Decoder(Lease)


class Election:
    """One candidate.

    Attributes:
        holder: Identity of the holder as last seen, empty if unknown or none.
        since: When the holder acquired the lease, epoch seconds, or None.
        problem: Why the Lease cannot be used, empty when it can.
    """

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock,
        *,
        identity: str,
        namespace: str,
        on_change: Callable[[], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.holder = ""
        self.since: float | None = None
        self.problem = ""
        self._cluster = cluster
        self._clock = clock
        self._identity = identity
        self._namespace = namespace
        self._on_change = on_change
        self._sleep = sleep
        self._lease: Lease | None = None
        self._changed_at = 0.0
        self._renewed: tuple[float, float] | None = None
        self._told = (False, "", "")

    def leading(self) -> bool:
        """Tell whether this process may write now."""
        if self._renewed is None:
            return False
        monotonic, wall = self._renewed
        # The monotonic clock may stand still while a laptop sleeps; the wall clock does not.
        return (
            self._clock.monotonic() - monotonic < DEADLINE_S
            and self._clock.now() - wall < DEADLINE_S
        )

    async def run(self) -> None:
        """Acquire and renew until cancelled."""
        while True:
            renewed = await self.step()
            await self._sleep(RENEW_S if renewed else RETRY_S)

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
            lease = await self._attempt()
        except (Conflict, AlreadyExists):
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

    async def _attempt(self) -> Lease | None:
        """Write the lease if it is ours to write; None if another holds it."""
        if self._lease is None or self._lease.holder != self._identity:
            try:
                self._take_note(await self._read())
            except NotFound:
                return await self._create()
        lease = self._lease
        if lease is None or not self._free(lease):
            return None
        now = format_micro_time(self._clock.now())
        if lease.holder == self._identity:
            return await self._write(lease, {"renewTime": now})
        return await self._write(lease, self._claim(now, (lease.spec.lease_transitions or 0) + 1))

    def _free(self, lease: Lease) -> bool:
        duration = lease.spec.lease_duration_seconds or DURATION_S
        unchanged_s = self._clock.monotonic() - self._changed_at
        return lease.holder in ("", self._identity) or unchanged_s >= duration

    def _claim(self, now: str, transitions: int) -> dict[str, Any]:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": int(DURATION_S),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": transitions,
        }

    async def _read(self) -> Lease:
        raw = await self._cluster.get(LEASES, self._namespace, CONTROLLER_LEASE)
        return _DECODER.decode(raw)

    async def _create(self) -> Lease:
        body = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": CONTROLLER_LEASE, "namespace": self._namespace},
            "spec": self._claim(format_micro_time(self._clock.now()), 0),
        }
        return _DECODER.decode(await self._cluster.create(LEASES, self._namespace, body))

    async def _write(self, lease: Lease, spec: dict[str, Any]) -> Lease:
        # A merge patch keeps what others put on the Lease; the version makes it a race that
        # only one candidate wins.
        version = lease.metadata.resource_version
        body = {"metadata": {"resourceVersion": version}, "spec": spec}
        raw = await self._cluster.patch(LEASES, self._namespace, CONTROLLER_LEASE, body)
        return _DECODER.decode(raw)

    def _take_note(self, lease: Lease) -> None:
        if self._lease is None or self._lease.spec != lease.spec:
            self._changed_at = self._clock.monotonic()
        self._lease = lease
        self.holder = lease.holder
        self.since = parse_time(lease.spec.acquire_time) if lease.holder else None

    def _tell(self) -> None:
        state = (self.leading(), self.holder, self.problem)
        if state != self._told:
            self._told = state
            self._on_change()

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
