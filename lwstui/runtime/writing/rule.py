"""What every kind of intent must know: its words, its requests, its effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from controller.api.lws import LeaderWorkerSet, decode
from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, Resource
from controller.api.pods import Pod
from controller.ports import Cluster
from lwstui.runtime.ports import OperatorCluster


class Look(Protocol):
    """Reads what the watches last showed."""

    def __call__(self, resource: Resource, key: Any, /) -> Any:
        """Return the record of a key (the name for nodes), None if the watch shows none."""
        ...


class Seen(Protocol):
    """What the watches last showed: single records, and all pods of a set."""

    def get(self, resource: Resource, key: Any, /) -> Any:
        """Return the record of a key, None if the watch shows none."""
        ...

    def members(self, key: Key, /) -> Iterable[Pod]:
        """Return the pods of a set, in no order."""
        ...


class Note(NamedTuple):
    """What to know about a change although the server accepts it.

    Attributes:
        text: In a few words.
        caution: Whether it speaks against the change.
    """

    text: str
    caution: bool = False


class Send(Protocol):
    """Sends what an intent asks for."""

    def __call__(
        self, cluster: OperatorCluster, intent: Any, look: Look, *, dry_run: bool
    ) -> Awaitable[Note | None]:
        """Carry the intent out, or ask the server whether it would accept it.

        Returns:
            What to know although the server accepts it, None if nothing.

        Raises:
            Unpatchable: If what was decided on is not there any more.
            InvalidSpec: If a set's spec cannot be understood.
            ControllerError: If the server refuses or does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """What work that goes on needs.

    Attributes:
        cluster: Where to.
        look: Reads what the watches last showed.
        say: Takes how far it is, in a few words.
        sleep: Waits, in seconds.
        monotonic: Seconds on a clock that never goes back.
    """

    cluster: OperatorCluster
    look: Look
    say: Callable[[str], None]
    sleep: Callable[[float], Awaitable[None]]
    monotonic: Callable[[], float]


class Missing(Protocol):
    """Tells how far the consequences of an intent are."""

    def __call__(self, intent: Any, seen: Seen, before: frozenset[str], /) -> str:
        """Return how far they are, empty when they have come to their end.

        Args:
            intent: What was asked for.
            seen: What the watches show.
            before: UIDs of the pods that its set had when it was asked for.
        """
        ...


def at_its_end(intent: Any, seen: Seen, before: frozenset[str], /) -> str:
    """Return that nothing follows: what was asked for is all there is."""
    del intent, seen, before
    return ""


def _at_once(intent: Any) -> bool:
    """Tell that work waits for no other work."""
    del intent
    return False


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of intent.

    Attributes:
        phrase: What it asks for, in a few words: ``scale to 3 groups``.
        send: Its requests.
        confirmed: Whether the watch has brought back what it asked for.
        missing: How far its consequences are, empty when they have come to an end.
        work: What this program goes on doing after the first request, and what came of it.
        in_turn: Whether that work waits until other work of the kind has come to its end.
    """

    phrase: Callable[[Any], str]
    send: Send
    confirmed: Callable[[Any, Look], bool]
    missing: Missing = at_its_end
    work: Callable[[Any, Task], Awaitable[str]] | None = None
    in_turn: Callable[[Any], object] = _at_once


async def fresh_set(cluster: Cluster, target: Key) -> LeaderWorkerSet:
    """Read a set from the server."""
    return decode(await cluster.get(LEADERWORKERSETS, target.namespace, target.name))
