"""Asking the cluster's metrics API what pods and nodes use, where there is such an API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from controller.api.meta import Key
from controller.api.names import SET_NAME, Resource
from controller.errors import ControllerError, Forbidden, Invalid, NotFound
from controller.ports import Clock
from lwstui.runtime.ports import Link
from lwstui.state.telemetry import Source
from lwstui.telemetry.usage import (
    GROUP,
    NODE_METRICS,
    POD_METRICS,
    Unreadable,
    Usage,
    read_usage,
)

NAME: Final = "CPU and memory"
GRANT: Final = f"grant list on pods and nodes of {GROUP}"
BOTH: Final = (POD_METRICS, NODE_METRICS)
MOST_BYTES: Final = 32 * 2**20
BYTES_PER_S: Final = 2**19
"""Lists are asked for less often where they are so long that they would cost more than this."""
ABSENT_S: Final = 600.0
"""Seconds until an API that is not there, or may not be used, is looked for again."""
FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 300.0


@dataclass(slots=True)
class UsageRound:
    """What one round brought.

    Attributes:
        pods: What pods use, None where they were not listed.
        nodes: What nodes use, by name, None where they were not listed.
        source: Who was asked, and who answered.
    """

    pods: Mapping[Key, Usage] | None = None
    nodes: Mapping[str, Usage] | None = None
    source: Source = field(default_factory=lambda: Source(NAME, grant=GRANT))
    requests: int = 0
    received_bytes: int = 0


@dataclass(slots=True)
class _List:
    """How asking for one kind has been going."""

    resource: Resource
    selector: str = ""
    failures: int = 0
    again_at: float = 0.0
    why: str = ""


class UsageReader:
    """Lists what pods and nodes use, each with one request, and leaves it where that fails.

    Args:
        link: The connection.
        clock: The time.
        resources: Metrics of pods, of nodes or of both.
    """

    def __init__(self, link: Link, clock: Clock, resources: Sequence[Resource] = BOTH) -> None:
        self._link = link
        self._clock = clock
        self._served = False
        self._look_at = 0.0
        self._missing = ""
        self._lists = tuple(
            _List(resource, SET_NAME if resource.namespaced else "") for resource in resources
        )

    async def read(self, namespaces: Iterable[str], skew_s: float) -> UsageRound:
        """Ask once for everything that is due.

        Args:
            namespaces: Those whose pods are meant; none means all.
            skew_s: How far the cluster's clock is ahead of ours.
        """
        found = UsageRound()
        if not await self._look(found):
            found.source = Source(NAME, why=self._missing, grant=GRANT)
            return found
        now = self._clock.monotonic()
        for one in self._lists:
            if one.again_at > now:
                continue
            namespaced = one.resource.namespaced
            usage = await self._list(one, namespaces if namespaced else (), skew_s, found)
            if usage is not None and namespaced:
                found.pods = usage
            elif usage is not None:
                found.nodes = {key.name: used for key, used in usage.items()}
        why = next((one.why for one in self._lists if one.why), "")
        told = sum(not one.failures for one in self._lists)
        found.source = Source(NAME, len(self._lists), told, why, grant=GRANT)
        return found

    async def _look(self, found: UsageRound) -> bool:
        """Return whether the API is served; what failed is not asked again soon."""
        now = self._clock.monotonic()
        if self._served or now < self._look_at:
            return self._served
        found.requests += 1
        self._look_at = now + ABSENT_S
        try:
            await self._link.resource(POD_METRICS.api_version, POD_METRICS.kind)
        except Invalid:
            self._missing = f"the cluster serves no {GROUP}: no metrics server is installed"
        except ControllerError as error:
            self._look_at = now + LONGEST_PAUSE_S
            self._missing = f"{GROUP} cannot be looked for: {error}"
        else:
            self._served, self._missing = True, ""
        return self._served

    async def _list(
        self, one: _List, namespaces: Iterable[str], skew_s: float, found: UsageRound
    ) -> Mapping[Key, Usage] | None:
        usage: dict[Key, Usage] = {}
        received = 0
        try:
            for namespace in tuple(namespaces) or ("",):
                found.requests += 1
                raw = await self._link.usage(one.resource, namespace, one.selector, MOST_BYTES)
                received += len(raw)
                usage |= read_usage(raw, self._clock.now(), skew_s)
        except (ControllerError, Unreadable) as error:
            self._failed(one, error)
            return None
        finally:
            found.received_bytes += received
        one.failures, one.why = 0, ""
        one.again_at = self._clock.monotonic() + received / BYTES_PER_S
        return usage

    def _failed(self, one: _List, error: ControllerError | Unreadable) -> None:
        now = self._clock.monotonic()
        one.failures += 1
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (one.failures - 1))
        one.why = f"{one.resource} cannot be read: {error}"
        match error:
            case Forbidden():
                one.why, pause_s = f"not allowed: list {one.resource}", ABSENT_S
            case NotFound():
                self._served = False
                self._look_at = now + pause_s
                self._missing = one.why
        one.again_at = now + pause_s
