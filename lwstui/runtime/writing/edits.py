"""Intents that change what was edited about an object."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from controller.api.names import LEADERWORKERSETS
from controller.errors import Invalid
from controller.ports import Patch
from lwstui.runtime.intents import Edit
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.ends import all_made_again, all_serving
from lwstui.runtime.writing.rule import Look, Rule, Seen
from lwstui.state.editing import dropped, moved, operations
from lwstui.state.patches import Unpatchable

CHANGED: Final = "what was edited was changed meanwhile, so nothing was done"


async def _edit(cluster: OperatorCluster, intent: Edit, look: Look, *, dry_run: bool) -> None:
    del look
    wanted = operations(intent.before, intent.after)
    if not wanted:
        raise Unpatchable("nothing differs")
    guard = {"op": "test", "path": "/metadata/uid", "value": intent.uid}
    try:
        stored = await cluster.patch(
            intent.resource, *intent.target, [guard, *wanted], kind=Patch.JSON, dry_run=dry_run
        )
    except Invalid as error:
        # A test that failed is refused in words that do not say which.
        live = msgspec.json.decode(await cluster.get(intent.resource, *intent.target))
        if fields := moved(wanted, live):
            raise Unpatchable(f"{CHANGED}: {', '.join(fields)}") from error
        raise
    if dry_run and (lost := dropped(wanted, msgspec.json.decode(stored))):
        raise Unpatchable(f"the server knows no such field: {', '.join(lost)}")


def _edited(intent: Edit, look: Look) -> bool:
    """Tell whether a set is on the screen as it was edited; of the rest the answer is proof."""
    if intent.resource != LEADERWORKERSETS:
        return True
    lws = look(LEADERWORKERSETS, intent.target)
    if lws is None or lws.metadata.uid != intent.uid:
        return True
    return _only_metadata(intent) or bool(lws.spec != intent.before["spec"])


def _only_metadata(intent: Edit) -> bool:
    return bool(intent.before.get("spec") == intent.after.get("spec"))


def _missing(intent: Edit, seen: Seen, before: frozenset[str]) -> str:
    """Return how far a set is that was edited: made again if its template changed."""
    if intent.resource != LEADERWORKERSETS or _only_metadata(intent):
        return ""
    same = _template(intent.before) == _template(intent.after)
    return (all_serving if same else all_made_again)(intent, seen, before)


def _template(body: Any) -> Any:
    return {k: v for k, v in body["spec"].items() if k in ("leaderWorkerTemplate", "networkConfig")}


RULES: Final[dict[type, Rule]] = {
    Edit: Rule(lambda intent: f"edit {intent.resource.kind}", _edit, _edited, _missing)
}
