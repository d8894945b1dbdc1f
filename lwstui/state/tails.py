"""The last lines that logs said while they were read: evidence for rules, bounded. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from controller.api.meta import Key

LINES: Final = 60
"""Lines kept of one pod."""
PODS: Final = 512
LONGEST: Final = 1000
"""Characters kept of a line."""


class Said(NamedTuple):
    """One line of a log: when it was said, epoch seconds, and its text."""

    at: float
    text: str


class Tail(NamedTuple):
    """The last lines of one pod's log, oldest first.

    Attributes:
        uid: Which incarnation of the pod said them.
        lines: The lines.
    """

    uid: str
    lines: tuple[Said, ...]


NO_TAILS: Final[Mapping[Key, Tail]] = MappingProxyType({})


class Tails:
    """Keeps the last lines of each pod whose log is being read."""

    def __init__(self) -> None:
        self._of: dict[Key, tuple[str, deque[Said]]] = {}
        self._known: Mapping[Key, Tail] | None = None

    def note(self, key: Key, uid: str, lines: Iterable[tuple[float, str]]) -> None:
        """Take lines as they are read; those of an earlier incarnation of the pod go.

        Args:
            key: Namespace and name of the pod.
            uid: Its UID.
            lines: (epoch seconds, text), oldest first.
        """
        before, kept = self._of.pop(key, ("", deque[Said](maxlen=LINES)))
        if before != uid:
            kept = deque(maxlen=LINES)
        kept.extend(Said(at, text[:LONGEST]) for at, text in lines)
        self._of[key] = uid, kept  # the pod heard last stands last
        while len(self._of) > PODS:
            del self._of[next(iter(self._of))]
        self._known = None

    def now(self) -> Mapping[Key, Tail]:
        """Return what is kept; the same object until a line comes."""
        if self._known is None:
            self._known = {key: Tail(uid, tuple(kept)) for key, (uid, kept) in self._of.items()}
        return self._known
