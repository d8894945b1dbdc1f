"""What every kind of intent must know: its words, its requests, its effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from controller.api.lws import LeaderWorkerSet, decode
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, Resource
from controller.ports import Cluster


class Look(Protocol):
    """Reads what the watches last showed."""

    def __call__(self, resource: Resource, key: Any, /) -> Any:
        """Return the record of a key (the name for nodes), None if the watch shows none."""
        ...


class Send(Protocol):
    """Sends what an intent asks for."""

    def __call__(
        self, cluster: Cluster, intent: Any, look: Look, *, dry_run: bool
    ) -> Awaitable[None]:
        """Carry the intent out, or ask the server whether it would accept it.

        Raises:
            Unpatchable: If what was decided on is not there any more.
            InvalidSpec: If a set's spec cannot be understood.
            ControllerError: If the server refuses or does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of intent.

    Attributes:
        phrase: What it asks for, in a few words: ``scale to 3 groups``.
        send: Its requests.
        confirmed: Whether the watch has brought back what it asked for.
    """

    phrase: Callable[[Any], str]
    send: Send
    confirmed: Callable[[Any, Look], bool]


async def fresh_set(cluster: Cluster, target: Key) -> LeaderWorkerSet:
    """Read a set from the server."""
    return decode(await cluster.get(LEADERWORKERSETS, target.namespace, target.name))
