"""Looks for other controllers before a set is served: few reads, and fewer rights than that.

One Lease is read at most every 10 s, whatever the number of sets. A StatefulSet named like the
set is read once for a set that shows nothing of ours, and again after a native controller was
at work. Without the right to read them the owners of the pods alone decide.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Final

import msgspec

from controller.api.meta import Key
from controller.api.names import LEASES, Resource
from controller.bodies import metadata
from controller.errors import Forbidden, NotFound, Unavailable
from controller.guard import (
    NATIVE_LEASE,
    NATIVE_NAMESPACE,
    STATEFUL_SETS,
    Evidence,
    Sighting,
    evidence_of,
    see,
    with_stateful_set,
)
from controller.leases import Lease, decode_lease
from controller.plan.observed import Observed
from controller.ports import Clock, Cluster

LOOK_S: Final = 10.0

_log = logging.getLogger("lwstui.controller")


class Rivals:
    """Collects the evidence on who controls a set.

    Args:
        cluster: Where to look.
        clock: The time.
        namespace: Namespace of the native controller's Lease.
    """

    def __init__(
        self, cluster: Cluster, clock: Clock, *, namespace: str = NATIVE_NAMESPACE
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._namespace = namespace
        self._looking = asyncio.Lock()
        self._looked_at: float | None = None
        self._seen: Sighting | None = None
        self._told = ""
        self._forbidden: set[Resource] = set()
        # UIDs of sets known to have no StatefulSet of their own.
        self._cleared: dict[Key, str] = {}

    async def look(self, observed: Observed) -> Evidence:
        """Return what tells who controls a set now.

        Raises:
            ControllerError: If the cluster does not answer; nothing is to be written then.
        """
        evidence = evidence_of(observed)
        key = observed.lws.key
        if evidence.stateful_sets or evidence.model_servings:
            self.forget(key)
            return evidence
        holder = await self._native_holder()
        if holder:
            self._cleared.clear()  # it may make StatefulSets meanwhile
            return replace(evidence, native_holder=holder)
        if self._must_ask(evidence) and await self._has_stateful_set(observed):
            return with_stateful_set(evidence, key.name)
        return evidence

    def forget(self, key: Key) -> None:
        """Drop what is remembered of a set."""
        self._cleared.pop(key, None)

    def _must_ask(self, evidence: Evidence) -> bool:
        """Tell whether a StatefulSet may exist that no pod tells of."""
        native_was_here = self._seen is not None and self._seen.lease is not None
        return native_was_here or not (evidence.direct or evidence.recorded)

    async def _has_stateful_set(self, observed: Observed) -> bool:
        key, uid = observed.lws.key, observed.lws.metadata.uid
        if self._cleared.get(key) == uid:
            return False
        raw = await self._read(STATEFUL_SETS, key.namespace, key.name)
        owner = metadata(raw).controller_owner if raw is not None else None
        if owner is not None and owner.uid == uid:
            return True
        self._cleared[key] = uid
        return False

    async def _native_holder(self) -> str:
        """Return who holds the native controller's Lease and renews it, empty if nobody."""
        async with self._looking:
            started = self._clock.monotonic()
            if self._looked_at is None or started - self._looked_at >= LOOK_S:
                lease = await self._native_lease()
                now = self._clock.now()
                self._seen = see(self._seen, lease, now=now, monotonic=started)
                self._looked_at = started
        holder = self._seen.holder(self._clock.monotonic()) if self._seen is not None else ""
        self._tell(holder)
        return holder

    async def _native_lease(self) -> Lease | None:
        raw = await self._read(LEASES, self._namespace, NATIVE_LEASE)
        try:
            return None if raw is None else decode_lease(raw)
        except msgspec.DecodeError as error:
            raise Unavailable(f"lease {NATIVE_LEASE} cannot be understood: {error}") from error

    async def _read(self, resource: Resource, namespace: str, name: str) -> bytes | None:
        """Return an object, None if there is none or it may not be read."""
        try:
            return await self._cluster.get(resource, namespace, name)
        except NotFound:
            return None
        except Forbidden as error:
            if resource not in self._forbidden:
                self._forbidden.add(resource)
                fields = {"kind": str(resource), "error": str(error)}
                _log.warning(
                    "other controllers are told by the owners of pods only",
                    extra={"fields": fields},
                )
            return None

    def _tell(self, holder: str) -> None:
        if holder == self._told:
            return
        fields = {"lease": f"{self._namespace}/{NATIVE_LEASE}", "holder": holder or self._told}
        if holder:
            _log.warning("a native controller is at work: hands off", extra={"fields": fields})
        else:
            _log.info("the native controller has stopped", extra={"fields": fields})
        self._told = holder
