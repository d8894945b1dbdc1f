"""What the API server asks the nodes for: container logs, processes and resource metrics."""

from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from lwstui.sandbox.objects import Json
from lwstui.sandbox.processes import Process


class LogSource(Protocol):
    """Container logs."""

    def open(
        self,
        pod: Json,
        container: str,
        *,
        follow: bool,
        previous: bool,
        tail_lines: int | None,
        since_s: float | None,
        timestamps: bool,
        limit_bytes: int | None,
    ) -> AsyncIterator[bytes]:
        """Return pieces of a container's log.

        Raises:
            StatusError: 400, the container has not started or has no previous instance; raised at
                once or with the first piece.
        """


class MetricsSource(Protocol):
    """Resource metrics, as metrics-server reports them."""

    def node(self, name: str) -> Json | None:
        """Return timestamp, window and usage of a node; None without a sample."""

    def pod(self, namespace: str, name: str) -> Json | None:
        """Return timestamp, window and containers of a pod; None without a sample."""


class ProcessSource(Protocol):
    """What runs in the containers of pods."""

    def find(self, pod: Json, container: str) -> Process | None:
        """Return the process of a container as it is now, None when it does not run."""

    def listed(self, pod: Json) -> Iterable[Process]:
        """Return the processes that share a pod's network."""

    def end(self, pod: Json, container: str, code: int) -> None:
        """End the process of a container with an exit code, as somebody types who is in it."""

    def severed(self, one: Json, other: Json) -> bool:
        """Tell whether nothing gets from one pod to the other."""

    async def ended(self, pod: Json, container: str) -> None:
        """Return when the process that runs in a container now has ended."""

    async def gone(self, pod: Json) -> None:
        """Return when a pod runs no more."""
