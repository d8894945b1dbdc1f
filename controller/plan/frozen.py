"""Groups that an operator wants left as they are, to look at them: a mark on the set.

The mark is ours: no other controller knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from controller.api.names import FROZEN
from controller.plan.actions import Wait

ALL: Final = "all"


class Frozen(NamedTuple):
    """Which groups of a set are frozen.

    Attributes:
        everything: All of them, whatever their index.
        groups: Their indexes, if not all.
    """

    everything: bool = False
    groups: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everything or bool(self.groups)

    def holds(self, group: int) -> bool:
        """Tell whether a group is left as it is."""
        return self.everything or group in self.groups

    @property
    def text(self) -> str:
        """The value of the mark, empty if nothing is frozen."""
        return ALL if self.everything else ",".join(map(str, sorted(self.groups)))


def frozen(annotations: Mapping[str, str]) -> Frozen:
    """Return which groups a set's annotations freeze; what is no index is passed over."""
    text = annotations.get(FROZEN, "")
    if text.strip() == ALL:
        return Frozen(everything=True)
    parts = (part.strip() for part in text.split(","))
    return Frozen(groups=frozenset(int(p) for p in parts if p.isascii() and p.isdecimal()))


def left_alone(group: int, why: str) -> Wait:
    """Return the wait of a frozen group that something would be done to."""
    return Wait("frozen", f"group {group} is frozen and stays as it is: {why}", group)
