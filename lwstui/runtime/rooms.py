"""What a command that runs once reads to say whether groups fit."""

from __future__ import annotations

from typing import Final

from controller.api.names import LEADERWORKERSETS, NODES, PODS
from lwstui.runtime.operator import SetOperator
from lwstui.runtime.ports import WatchSpec
from lwstui.runtime.reader import Reader

ROOM: Final = (WatchSpec(NODES), WatchSpec(PODS), WatchSpec(LEADERWORKERSETS))


async def watch_room(operator: SetOperator) -> Reader:
    """Return a reader of nodes and all pods, and of all sets where they may be read.

    Raises:
        ControllerError: If nodes or pods cannot be read.
    """
    return await operator.watch(ROOM, optional=frozenset({LEADERWORKERSETS}))
