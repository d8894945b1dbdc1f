"""Planning manifests for commands that run once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from controller.api.names import DEVICE_KINDS, LEADERWORKERSETS, NODES
from controller.errors import Forbidden
from lwstui.runtime.operator import SetOperator
from lwstui.runtime.rooms import ROOM
from lwstui.runtime.trials import UNDEFINED
from lwstui.state.manifests import Manifest, Trial
from lwstui.state.model import ControllerView, Snapshot
from lwstui.view.plans import ObjectPlan, plan_object

_UNDEFINED_YET = "the definition is created first, so nobody could be asked"


async def plan_all(
    operator: SetOperator, manifests: Sequence[Manifest], *, take_over: bool
) -> tuple[ObjectPlan, ...]:
    """Return what would become of each object.

    Sets whose definition is missing are planned as if it were there.

    Raises:
        ControllerError: If the server does not answer.
    """
    trials = [_defined(trial) for trial in await operator.try_manifests(manifests)]
    snapshot = await _around(operator, trials)
    now = operator.clock.now()
    return tuple(plan_object(trial, snapshot, now, take_over=take_over) for trial in trials)


def _defined(trial: Trial) -> Trial:
    return (
        replace(trial, refusal="", unasked=_UNDEFINED_YET) if trial.refusal == UNDEFINED else trial
    )


async def _around(operator: SetOperator, trials: Sequence[Trial]) -> Snapshot:
    """Return what must be known to tell what sets would do; nothing if no set is among them."""
    sets = [trial for trial in trials if trial.manifest.is_set]
    nobody = Snapshot(controller=ControllerView(mode="unknown"))
    if not sets:
        return nobody
    optional = {NODES, *DEVICE_KINDS, *(() if any(t.live for t in sets) else (LEADERWORKERSETS,))}
    try:
        reader = await operator.watch(ROOM, optional=frozenset(optional))
    except Forbidden:
        return nobody
    return replace(reader.snapshot(), controller=ControllerView(mode="unknown"))
