"""What the watch shows of objects that were applied, while a rollout goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lwstui.state.model import Snapshot
from lwstui.view.ages import ratio
from lwstui.view.digest import digest
from lwstui.view.memo import Memo
from lwstui.view.plans import ObjectPlan, Stage

Stages = Mapping[str, tuple[Stage, str]]


def progressed(
    plans: Sequence[ObjectPlan], stages: Stages, snapshot: Snapshot, now: float, memo: Memo
) -> dict[str, tuple[Stage, str]]:
    """Return how far each object has got: sets that were accepted, by what their groups do.

    Args:
        plans: The objects.
        stages: How far each got with the server.
        snapshot: What the watch shows.
        now: Epoch seconds.
        memo: Remembers what was derived.
    """
    found = dict(stages)
    for plan in plans:
        stage = found.get(plan.id)
        if stage is not None and stage[0] == "done" and plan.trial.manifest.is_set:
            found[plan.id] = ("done", _groups(plan, snapshot, now, memo))
    return found


def _groups(plan: ObjectPlan, snapshot: Snapshot, now: float, memo: Memo) -> str:
    lws = snapshot.sets.get(plan.trial.key)
    if lws is None:
        return "not seen yet"
    if plan.trial.key in snapshot.pending:
        return "accepted, the watch has not shown it yet"
    one = digest(snapshot, lws, memo, now)
    updated = f"{ratio(one.updated, one.replicas)} updated, " if one.rolling else ""
    return f"{updated}{ratio(one.ready, one.replicas)} ready"
