"""Deriving what is costly anew: at once when it was asked for, else only after a rest."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Final, Generic, TypeVar

T = TypeVar("T")

REST_S: Final = 5.0
"""Seconds between two derivations that only the cluster asks for, however busy it is."""


class Rested(Generic[T]):
    """A value derived from what the operator decided and from what the cluster shows.

    Args:
        start: The value before anything is derived.
    """

    def __init__(self, start: T) -> None:
        self._value = start
        self._decided: tuple[object, ...] = ()
        self._shown: tuple[object, ...] = ()
        self._at = float("-inf")

    def get(
        self,
        decided: tuple[object, ...],
        shown: tuple[object, ...],
        now: float,
        derive: Callable[[], T],
    ) -> T:
        """Return the value, derived anew if its sources are others than before.

        Args:
            decided: Sources that the operator changes, compared by identity.
            shown: Sources that the cluster changes, compared by identity.
            now: Epoch seconds.
            derive: Derives the value.
        """
        moved = _differ(shown, self._shown) and not 0 <= now - self._at < REST_S
        if moved or _differ(decided, self._decided):
            self._value = derive()
            self._decided, self._shown, self._at = decided, shown, now
        return self._value


def _differ(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    return any(a is not b for a, b in zip_longest(some, others))
