"""Intents that pause the controller for a set, or let it serve the set again."""

from __future__ import annotations

from typing import Final

from controller.api.names import LEADERWORKERSETS
from controller.plan.paused import paused
from lwstui.runtime.intents import PauseController
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.freezing import annotate
from lwstui.runtime.writing.rule import Look, Rule
from lwstui.state.patches import paused_patch


async def _pause(
    cluster: OperatorCluster, intent: PauseController, look: Look, *, dry_run: bool
) -> None:
    del look
    await annotate(cluster, intent, lambda lws: paused_patch(lws, intent.mark), dry_run=dry_run)


def _marked(intent: PauseController, look: Look) -> bool:
    lws = look(LEADERWORKERSETS, intent.target)
    return lws is None or (paused(lws.annotations) is not None) == intent.on


def _phrase(intent: PauseController) -> str:
    return "pause the controller" if intent.on else "resume the controller"


RULES: Final[dict[type, Rule]] = {PauseController: Rule(_phrase, _pause, _marked)}
