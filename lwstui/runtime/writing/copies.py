"""Intents that copy files into containers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from controller.api.names import PODS
from lwstui.runtime.copying import Remote, landing, measured, put
from lwstui.runtime.intents import CopyIn
from lwstui.runtime.packing import CopyError
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.rule import Look, Note, Rule, Task


def _remote(intent: CopyIn) -> Remote:
    return Remote(intent.target, intent.container, intent.path)


async def _ask(cluster: OperatorCluster, intent: CopyIn, look: Look, *, dry_run: bool) -> Note:
    """Look where the copy would land: a container knows no dry run of a write."""
    del dry_run
    local = Path(intent.source)
    measured(local)
    pod = look(PODS, intent.target)
    if pod is not None and intent.uid and pod.uid != intent.uid:
        raise CopyError(f"pod {intent.target} was replaced by a new one meanwhile")
    return Note(f"lands in {await landing(cluster, local, _remote(intent))}")


async def _copy(intent: CopyIn, task: Task) -> str:
    return await put(task.cluster, Path(intent.source), _remote(intent), task.say)


RULES: Final[dict[type, Rule]] = {
    CopyIn: Rule(
        lambda intent: f"copy {Path(intent.source).name} to {intent.path}",
        _ask,
        lambda _intent, _look: True,
        work=_copy,
    )
}
"""How a copy is made; it goes on after it was accepted."""
