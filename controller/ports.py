"""What the controller needs from the world: a cluster, a clock, a place for events.

Implemented by ``lwstui.kube.cluster`` (a real API server or the sandbox) and by in-memory
fakes in tests. All methods raise the errors of ``controller.errors``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from controller.api.names import Resource


class Patch(StrEnum):
    """Patch formats by content type."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


class Propagation(StrEnum):
    """What a delete does with dependents."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


class Clock(Protocol):
    """The time, injectable."""

    def now(self) -> float:
        """Return the time in epoch seconds (UTC)."""
        ...

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        ...


class Cluster(Protocol):
    """Writes and single reads, as JSON bytes of the object the server answered."""

    def fenced(self, may_write: Callable[[], bool]) -> Cluster:
        """Return the same cluster for a writer that may lose its right to write.

        Args:
            may_write: Asked right before a write leaves: whatever it had to wait for until then,
                and however long the process was suspended, it leaves only if the answer is yes.
                Writes raise LeaseLost otherwise.
        """
        ...

    async def get(self, resource: Resource, namespace: str, name: str) -> bytes:
        """Return one object, read from the server."""
        ...

    async def create(self, resource: Resource, namespace: str, body: Mapping[str, Any]) -> bytes:
        """Create an object.

        Raises:
            AlreadyExists: If the name is taken.
        """
        ...

    async def replace(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> bytes:
        """Replace an object whose ``metadata.resourceVersion`` must still be current.

        Raises:
            Conflict: If it changed.
        """
        ...

    async def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Any,
        *,
        kind: Patch = Patch.MERGE,
        subresource: str = "",
        force: bool = False,
        dry_run: bool = False,
    ) -> bytes:
        """Patch an object; ``force`` takes field ownership in server-side apply."""
        ...

    async def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str,
        resource_version: str = "",
        propagation: Propagation = Propagation.BACKGROUND,
        grace_s: int | None = None,
        dry_run: bool = False,
    ) -> None:
        """Delete the incarnation with this UID.

        Raises:
            Conflict: If the name now belongs to another incarnation.
        """
        ...


class EventSink(Protocol):
    """Takes events; delivery is best effort and never delays a reconcile."""

    def emit(
        self,
        *,
        regarding: Mapping[str, str],
        type_: str,
        reason: str,
        action: str,
        note: str,
        related: Mapping[str, str] | None = None,
    ) -> None:
        """Record an event about an object given by apiVersion, kind, namespace, name, uid."""
        ...
