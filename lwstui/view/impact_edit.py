"""What a dialog says before an edit is sent: the fields that change, and what follows."""

from __future__ import annotations

import json
from typing import Any, Final

from controller.api.names import LEADERWORKERSETS
from lwstui.state.editing import editable, operations
from lwstui.state.intents import Edit
from lwstui.state.model import Snapshot
from lwstui.view.ages import count, ratio
from lwstui.view.diffs import Change, changes
from lwstui.view.digest import digest
from lwstui.view.effects import Effect, alteration
from lwstui.view.impact_parts import Builder, Facts, kubectl_command
from lwstui.view.memo import Memo
from lwstui.view.phrases import group_runs
from lwstui.view.plans import as_set
from lwstui.view.types import Impact, Span, Toll

MOST: Final = 12
"""Changed fields that a dialog names one by one."""


def _edit(snapshot: Snapshot, intent: Any, now: float) -> Impact:
    found = changes(editable(intent.before), editable(intent.after))
    kind = intent.resource.kind
    title, named = f"EDIT {kind.upper()}", _named(intent)
    if not found:
        return Impact(title, named, (), refused="nothing was changed")
    wanted = [op for op in operations(intent.before, intent.after) if op["op"] != "test"]
    patch = json.dumps(wanted, separators=(",", ":"))
    plural = "lws" if intent.resource == LEADERWORKERSETS else kind.lower()
    kubectl = kubectl_command(
        intent.target, "patch", plural, intent.target.name, "--type=json", "-p", patch
    )
    what = [str(change) for change in found[:MOST]]
    if len(found) > MOST:
        what.append(f"and {count(len(found) - MOST, 'more field')}")
    if intent.resource != LEADERWORKERSETS:
        return Impact(title, named, (*what, "Takes effect at once."), (), kubectl)
    return _of_set(snapshot, intent, now, found, Impact(title, named, tuple(what), (), kubectl))


def _named(intent: Any) -> str:
    key = intent.target
    return f"{key.namespace} / {key.name}" if key.namespace else f"node {key.name}"


def _of_set(
    snapshot: Snapshot, intent: Any, now: float, found: tuple[Change, ...], shown: Impact
) -> Impact:
    before, after = as_set(intent.before, intent.target), as_set(intent.after, intent.target)
    if isinstance(before, str) or isinstance(after, str):
        why = before if isinstance(before, str) else str(after)
        return Impact(shown.title, shown.target, (), refused=why)
    live = snapshot.sets.get(intent.target)
    if live is None or (intent.uid and live.metadata.uid != intent.uid):
        gone = f"{intent.target} was deleted or created again meanwhile"
        return Impact(shown.title, shown.target, (), refused=gone)
    effect = alteration(before, after, found, snapshot, now)
    facts, toll = _facts(snapshot, live, effect, now)
    hurts = bool(effect.rolls or effect.removes)
    return Impact(
        shown.title,
        shown.target,
        (*shown.what, *effect.warnings),
        (("Effect", Span(effect.text or "at once", "warn" if hurts else "")), *facts),
        shown.kubectl,
        refused=effect.refused,
        level=3 if hurts else 2,
        toll=toll,
    )


def _facts(snapshot: Snapshot, live: Any, effect: Effect, now: float) -> tuple[Facts, Toll]:
    one = digest(snapshot, live, Memo(), now)
    gone = {*effect.rolls, *effect.removes}
    groups = [group for group in one.groups if group.index in gone]
    devices = sum(group.asked for group in groups)
    facts: list[tuple[str, Span]] = []
    if effect.rolls:
        facts.append(("Made again", Span(f"{group_runs(effect.rolls)}, in steps")))
    if effect.removes:
        facts.append(("Removed", Span(group_runs(effect.removes), "warn")))
    if gone:
        facts.append(("Pods", Span(str(effect.pods))))
        facts.append(("Accelerators", Span(f"{devices} released")))
    facts.append(("Serving now", Span(f"{ratio(one.ready, one.replicas)} groups")))
    return tuple(facts), Toll(len(groups), effect.pods, devices)


BUILDERS: Final[dict[type, tuple[str, Builder]]] = {Edit: ("EDIT", _edit)}
"""Titles and builders by intent."""
