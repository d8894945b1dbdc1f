"""Intents that have groups left as they are, or no longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from controller.api.lws import LeaderWorkerSet
from controller.api.names import LEADERWORKERSETS
from controller.errors import Conflict
from controller.plan.frozen import frozen
from lwstui.runtime.intents import Freeze, PauseController
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.rollouts import ATTEMPTS
from lwstui.runtime.writing.rule import Look, Rule, fresh_set
from lwstui.state.patches import Unpatchable, freeze_patch


async def annotate(
    cluster: OperatorCluster,
    intent: Freeze | PauseController,
    patch: Callable[[LeaderWorkerSet], dict[str, Any]],
    *,
    dry_run: bool,
) -> None:
    """Change a mark on a set, whatever else happens to the set meanwhile.

    Args:
        cluster: Where to.
        intent: What is asked for.
        patch: Returns the change of a set as it was read.
        dry_run: Only ask.

    Raises:
        Unpatchable: If it is another set, or the mark is so already.
        ControllerError: If the server refuses or does not answer.
    """
    for attempt in range(ATTEMPTS):
        lws = await fresh_set(cluster, intent.target)
        if lws.metadata.uid != intent.uid:
            raise Unpatchable("the set was deleted or created again meanwhile")
        body = patch(lws)
        try:
            await cluster.patch(LEADERWORKERSETS, *intent.target, body, dry_run=dry_run)
        except Conflict:
            if attempt + 1 == ATTEMPTS:
                raise
        else:
            return


async def _freeze(cluster: OperatorCluster, intent: Freeze, look: Look, *, dry_run: bool) -> None:
    del look

    def patch(lws: LeaderWorkerSet) -> dict[str, Any]:
        return freeze_patch(lws, intent.group, on=intent.on)

    await annotate(cluster, intent, patch, dry_run=dry_run)


def _marked(intent: Freeze, look: Look) -> bool:
    lws = look(LEADERWORKERSETS, intent.target)
    if lws is None:
        return True
    now = frozen(lws.annotations)
    held = now.everything if intent.group is None else now.holds(intent.group)
    return held == intent.on


def _phrase(intent: Freeze) -> str:
    word = "freeze" if intent.on else "thaw"
    return word if intent.group is None else f"{word} group {intent.group}"


RULES: Final[dict[type, Rule]] = {Freeze: Rule(_phrase, _freeze, _marked)}
