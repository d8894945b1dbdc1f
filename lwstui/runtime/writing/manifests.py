"""Intents that put a manifest into the cluster."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS
from controller.errors import NotFound
from controller.ports import Cluster, Patch
from lwstui.runtime.intents import Apply
from lwstui.runtime.writing.rule import Look, Rule
from lwstui.state.manifests import Body, Trial
from lwstui.state.patches import Unpatchable


async def _apply(cluster: Cluster, intent: Apply, look: Look, *, dry_run: bool) -> None:
    """Apply what was planned, unless the object is another one by now."""
    del look
    trial = intent.trial
    if trial.resource is None:
        raise Unpatchable(trial.refusal)
    if why := await _moved(cluster, trial):
        raise Unpatchable(why)
    await cluster.patch(
        trial.resource,
        *trial.key,
        trial.manifest.body,
        kind=Patch.APPLY,
        force=intent.take_over,
        dry_run=dry_run,
    )


async def _moved(cluster: Cluster, trial: Trial) -> str:
    """Return what happened to the object since it was planned on, empty if nothing did."""
    if trial.resource is None or trial.unasked:
        return ""
    try:
        found = msgspec.json.decode(await cluster.get(trial.resource, *trial.key))
    except NotFound:
        return "" if trial.live is None else "it was deleted meanwhile; plan again"
    if trial.live is None:
        return "it was created meanwhile; plan again"
    if _identity(found) != _identity(trial.live):
        return "it was changed meanwhile, so nothing was done; plan again"
    return ""


def _identity(body: Body) -> tuple[Any, Any]:
    """Return what differs when somebody changed an object; a status does not count."""
    meta = body["metadata"]
    return meta.get("uid"), meta.get("generation") or meta.get("resourceVersion")


def _applied(intent: Apply, look: Look) -> bool:
    """Tell whether a set is on the screen as it was applied; other kinds are not watched."""
    if not intent.trial.manifest.is_set:
        return True
    lws = look(LEADERWORKERSETS, Key(*intent.target))
    live = intent.trial.live
    if live is None or lws is None:
        return lws is not None
    return bool(lws.metadata.resource_version != live["metadata"].get("resourceVersion"))


RULES: Final[dict[type, Rule]] = {
    Apply: Rule(lambda intent: f"apply {intent.trial.manifest.kind}", _apply, _applied)
}
