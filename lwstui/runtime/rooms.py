"""What a command that runs once reads to say what there is, and whether groups fit."""

from __future__ import annotations

from typing import Final

from controller.api.names import DEVICE_KINDS, LEADERWORKERSETS, NODES, PODS
from lwstui.runtime.operator import SetOperator
from lwstui.runtime.ports import WatchSpec
from lwstui.runtime.reader import Reader

_OPTIONAL: Final = (LEADERWORKERSETS, *DEVICE_KINDS)
ROOM: Final = tuple(WatchSpec(resource) for resource in (NODES, PODS, *_OPTIONAL))


async def watch_room(operator: SetOperator) -> Reader:
    """Return a reader of nodes and all pods, and of sets and devices where they may be read.

    Raises:
        ControllerError: If nodes or pods cannot be read.
    """
    return await operator.watch(ROOM, optional=frozenset(_OPTIONAL))
