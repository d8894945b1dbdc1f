"""What a dialog says before groups are frozen or thawed, by the controller that serves them."""

from __future__ import annotations

from typing import Any, Final

from controller.api.names import FROZEN
from controller.plan.frozen import frozen
from lwstui.state.intents import Freeze
from lwstui.state.model import Snapshot
from lwstui.state.patches import Unpatchable, freeze_patch
from lwstui.view.ages import ratio
from lwstui.view.digest import SetDigest
from lwstui.view.impact_parts import SetBuilder, kubectl_command, replaced
from lwstui.view.phrases import group_runs
from lwstui.view.types import Impact, Span


def frozen_text(one: SetDigest) -> str:
    """Return which groups of a set are frozen, in words; empty if none is."""
    found = frozen(one.lws.annotations)
    if found.everything:
        return "all groups frozen"
    return f"{group_runs(sorted(found.groups))} frozen" if found else ""


def _freeze(snapshot: Snapshot, one: SetDigest, intent: Any) -> Impact:
    title = "FREEZE" if intent.on else "THAW"
    try:
        patch = freeze_patch(one.lws, intent.group, on=intent.on)
    except Unpatchable as error:
        return Impact(title, "", (), refused=replaced(one.lws, intent.uid) or str(error))
    refused = replaced(one.lws, intent.uid) or (_unheard(snapshot, one) if intent.on else "")
    if refused:
        return Impact(title, "", (), refused=refused)
    who = "Every group of the set" if intent.group is None else f"Group {intent.group}"
    mark = patch["metadata"]["annotations"][FROZEN]
    value = f"{FROZEN}={mark}" if mark else f"{FROZEN}-"
    kubectl = kubectl_command(one.key, "annotate", "--overwrite", "lws", one.key.name, value)
    facts = (
        ("Now", Span(frozen_text(one) or "nothing frozen")),
        ("Serving", Span(f"{ratio(one.ready, one.replicas)} groups, not touched")),
    )
    return Impact(title, "", _words(who, snapshot, on=intent.on), facts, kubectl)


def _words(who: str, snapshot: Snapshot, *, on: bool) -> tuple[str, ...]:
    if not on:
        return (
            f"{who} is served again: what has failed meanwhile is recreated at once, and an "
            "update that waited goes on.",
        )
    what = [
        f"{who} is left as it is: it is neither recreated when a pod fails nor replaced by an "
        "update, and no missing pod is made again.",
        "Containers still restart in place, as the kubelet has it. A group that does not serve "
        "keeps its accelerators and spends the budget of an update.",
    ]
    if snapshot.controller.mode in ("off", "unknown", "failed"):
        what.append("No controller runs here: nothing is recreated anyway until one does.")
    if snapshot.controller.mode == "elsewhere":
        what.append(f"It is for {snapshot.controller.holder} to honour, which leads the sets.")
    return tuple(what)


def _unheard(snapshot: Snapshot, one: SetDigest) -> str:
    """Return why freezing would do nothing, empty if it would."""
    native = any(pod.owner_kind == "StatefulSet" for group in one.groups for pod in group.pods)
    if not native and snapshot.controller.mode != "native":
        return ""
    return (
        "a native controller serves this set and knows no freeze; changing its restart policy "
        "would make a revision, which recreates every group. Take the set over first"
    )


BUILDERS: Final[dict[type, tuple[str, SetBuilder]]] = {Freeze: ("FREEZE", _freeze)}
"""Titles and builders by intent."""
