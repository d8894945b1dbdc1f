"""What a takeover is spoken of in: orders, results, failures. It loads no client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.api.meta import Key
from controller.takeover.native import Native
from lwstui.view.takeover import Candidate


class TakeoverError(Exception):
    """A takeover cannot go on; the text says on what and what to do. Running it again resumes."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A set that has been moved.

    Attributes:
        key: The set.
        pods: Its pods.
        disturbed: Pods that are not what they were when the run began: replaced, restarted, gone.
    """

    key: Key
    pods: int
    disturbed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Who controls which set, and what is in the way of a move.

    Attributes:
        candidates: The sets, by namespace and name.
        native: The native installation.
    """

    candidates: tuple[Candidate, ...]
    native: Native

    def left_alone(self, keys: Sequence[Key]) -> tuple[Key, ...]:
        """Return the native sets that would have no controller once others are moved."""
        return tuple(
            one.evidence.key
            for one in self.candidates
            if one.native and one.evidence.key not in keys
        )


@dataclass(frozen=True, slots=True)
class TakeoverOrder:
    """What was confirmed.

    Attributes:
        keys: Sets to move.
        stop_native: Stop the native controller and remove its webhooks first.
        folder: Where what is removed is saved before.
    """

    keys: tuple[Key, ...]
    stop_native: bool
    folder: Path
