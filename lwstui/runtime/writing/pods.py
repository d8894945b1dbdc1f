"""Intents that delete one pod."""

from __future__ import annotations

from typing import Final

from controller.api.meta import Key
from controller.api.names import PODS
from lwstui.runtime.intents import DeletePod
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.rule import Look, Rule


async def _delete(
    cluster: OperatorCluster, intent: DeletePod, look: Look, *, dry_run: bool
) -> None:
    del look
    await cluster.delete(
        PODS,
        intent.target.namespace,
        intent.pod,
        uid=intent.uid,
        grace_s=0 if intent.at_once else None,
        dry_run=dry_run,
    )


def _deleted(intent: DeletePod, look: Look) -> bool:
    pod = look(PODS, Key(intent.target.namespace, intent.pod))
    if pod is None or pod.uid != intent.uid:
        return True
    return pod.terminating and not intent.at_once


def _phrase(intent: DeletePod) -> str:
    return f"{'kill' if intent.at_once else 'delete'} pod {intent.pod}"


RULES: Final[dict[type, Rule]] = {DeletePod: Rule(_phrase, _delete, _deleted)}
