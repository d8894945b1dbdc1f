"""Working out ahead, in many short steps, what the memo then has when it is shown. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lwstui.state.model import Snapshot
from lwstui.view import accelerators
from lwstui.view.digest import digests, each_digest
from lwstui.view.memo import Memo
from lwstui.view.pausing import paused_sets

STEP: Final = 32
"""Nodes that are looked at in one step."""


def warm(snapshot: Snapshot, memo: Memo, now: float) -> Iterator[None]:
    """Work out what every screen shows: the digest of each set, and what the nodes hold.

    Args:
        snapshot: What will be shown.
        memo: Where it is kept.
        now: Epoch seconds.

    Yields:
        After each short step.
    """
    for _ in each_digest(snapshot, memo, now):
        yield
    digests(snapshot, memo, now)
    yield
    for number, _ in enumerate(accelerators.of_nodes(snapshot, memo, now)):
        if number % STEP == 0:
            yield
    accelerators.of_all(snapshot, memo, now)
    paused_sets(snapshot, now, memo)
