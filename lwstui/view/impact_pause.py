"""What a dialog says before the controller is paused for one set, or serves it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from controller.api.lws import LeaderWorkerSet
from controller.api.names import PAUSED
from controller.api.pods import Pod
from controller.guard import Manager, evidence_of, verdict
from controller.plan.actions import CreatePod, CreateRevision, DeletePod, Plan
from controller.plan.compose import plan
from controller.plan.observed import Observed
from controller.plan.paused import CODE
from controller.plan.wording import intended
from controller.takeover.evidence import TAKEOVER
from lwstui.state.intents import PauseController
from lwstui.state.model import Snapshot
from lwstui.state.patches import Unpatchable, paused_patch
from lwstui.view.ages import ratio
from lwstui.view.attending import observed_of
from lwstui.view.digest import SetDigest
from lwstui.view.impact_parts import SetBuilder, kubectl_command, replaced, toll
from lwstui.view.pausing import paused_text
from lwstui.view.types import Impact, Span

DANGEROUS: Final = 3
GONE: Final = "delete pod"
_WATCHED: Final = (CreateRevision, CreatePod, DeletePod)
"""What can be planned by a console; claims it does not see, nor whose some other services are."""


def unheard(lws: LeaderWorkerSet, pods: Sequence[Pod]) -> str:
    """Return why pausing the controller for a set would be wrong or do nothing, empty if not."""
    if TAKEOVER in lws.annotations:
        return "a takeover of this set has begun: let it come to its end first"
    managers = verdict(evidence_of(Observed(lws, tuple(pods)))).managers
    other = next((one for one in managers if one is not Manager.OURS), None)
    if other is None:
        return ""
    who = "Kthena" if other is Manager.KTHENA else "a native controller"
    return f"{who} serves this set and knows no pause; take the set over first"


def _pause(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    title = _TITLE if intent.on else "RESUME CONTROLLER FOR A SET"
    refused = replaced(one.lws, intent.uid)
    try:
        patch = paused_patch(one.lws, intent.mark)
    except Unpatchable as error:
        return Impact(title, "", (), refused=refused or str(error))
    pods = snapshot.by_set.get(one.key, ())
    refused = refused or (_refused(snapshot, one.lws, pods) if intent.on else "")
    if refused:
        return Impact(title, "", (), refused=refused)
    value = patch["metadata"]["annotations"][PAUSED]
    word = f"{PAUSED}={value}" if value else f"{PAUSED}-"
    kubectl = kubectl_command(one.key, "annotate", "--overwrite", "lws", one.key.name, word)
    touched = "not touched" if intent.on else "now"
    facts = (
        ("Serving", Span(f"{ratio(one.ready, one.replicas)} groups, {touched}")),
        ("Controller", Span(paused_text(one.lws, snapshot.taken_at) or _controller(snapshot))),
    )
    if not intent.on:
        return _resumed(snapshot, one, Impact(title, "", (), facts, kubectl))
    return Impact(title, "", _words(snapshot), facts, kubectl, level=1)


def _refused(snapshot: Snapshot, lws: LeaderWorkerSet, pods: Sequence[Pod]) -> str:
    if snapshot.controller.mode == "native":
        return "a native controller is at work here and knows no pause; take the set over first"
    return unheard(lws, pods)


def _controller(snapshot: Snapshot) -> str:
    view = snapshot.controller
    return f"led by {view.holder}" if view.holder else "none leads"


def _words(snapshot: Snapshot) -> tuple[str, ...]:
    what = [
        "The controller writes nothing for this set until it is resumed. It plans for it all the "
        "same: :ctl and w say what it would do.",
        "Running pods go on. Lost groups are not replaced, changes of the spec wait, and the "
        "status is not brought up to date.",
        "It is not a pause of the rollout: under :pause the controller keeps every group alive "
        "and holds the update back only. Here it does neither.",
        "The mark is on the set: it outlives this console, and whichever lwstui leads heeds it.",
    ]
    if snapshot.controller.mode == "off":
        what.append("No controller runs here: nothing is written anyway until one does.")
    return tuple(what)


def _resumed(snapshot: Snapshot, one: SetDigest, shown: Impact) -> Impact:
    """Return what is said about a resumption: what follows from it at once."""
    actions = [act for act in _due(snapshot, one).actions if isinstance(act, _WATCHED)]
    gone = {action.name for action in actions if isinstance(action, DeletePod)}
    hit = [group for group in one.groups if any(pod.name in gone for pod in group.pods)]
    would = _planned(snapshot, one)
    if would is None:
        would = ", ".join(intended(actions))
    first = "The controller acts on this set again, at once"
    what = f"{first}: {would}." if would else f"{first}. Nothing is due now."
    level = DANGEROUS if hit or GONE in would else 1
    return replace(shown, what=(what,), level=level, toll=toll(hit))


def _planned(snapshot: Snapshot, one: SetDigest) -> str | None:
    """Return what the controller in this process would do, None if none has planned for the set.

    It remembers pods that have vanished and knows names that others hold, as nobody else does.
    """
    waits = snapshot.controller.waits.get(one.key, ())
    told = next((why for code, why, _ in waits if code == CODE), None)
    return None if told is None else told.partition(" would ")[2]


def _due(snapshot: Snapshot, one: SetDigest) -> Plan:
    """Return what is planned for a set as if nothing were paused."""
    kept = {name: text for name, text in one.lws.annotations.items() if name != PAUSED}
    meta = msgspec.structs.replace(one.lws.metadata, annotations=kept)
    lws = msgspec.structs.replace(one.lws, metadata=meta)
    return plan(replace(observed_of(snapshot, one.key), lws=lws), snapshot.taken_at)


_TITLE: Final = "PAUSE CONTROLLER FOR A SET"
BUILDERS: Final[dict[type, tuple[str, SetBuilder]]] = {PauseController: (_TITLE, _pause)}
"""Titles and builders by intent."""
