"""What the dialog says before manifests are applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lwstui.state.intents import Apply
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.impact_parts import Builder, Facts
from lwstui.view.plans import MARKS, ObjectPlan, plan_object, warnings
from lwstui.view.types import Impact, Span

MOST: Final = 10
"""Objects that a dialog names one by one; more than this must be counted by hand."""


def apply_impact(plans: Sequence[ObjectPlan], source: str) -> Impact:
    """Return the text of the dialog for several objects.

    Args:
        plans: What would become of each, in the order in which they are sent.
        source: File or folder they come from, empty if they are in none.
    """
    what = [f"{MARKS[p.verdict]} {p.title}: {p.effect.text or p.verdict}" for p in plans[:MOST]]
    if len(plans) > MOST:
        what.append(f"and {count(len(plans) - MOST, 'object')} more")
    what += warnings(plans)
    taken = sum(len(plan.taken) for plan in plans)
    refused = "" if plans else "nothing is chosen that would change anything"
    level, word = _danger(plans)
    force = " --force-conflicts" if taken else ""
    kubectl = f"kubectl apply --server-side -f {source}{force}" if source else ""
    return Impact(
        "APPLY",
        count(len(plans), "object"),
        tuple(what),
        _facts(plans, taken),
        kubectl,
        refused=refused,
        level=level,
        word=word,
    )


def _facts(plans: Sequence[ObjectPlan], taken: int) -> Facts:
    rolls = sum(len(plan.effect.rolls) for plan in plans)
    removes = sum(len(plan.effect.removes) for plan in plans)
    pods = sum(plan.effect.pods for plan in plans)
    facts: list[tuple[str, Span]] = [
        ("Groups", Span(f"{rolls} made again, {removes} removed", "warn" if removes else "")),
        ("Pods", Span(f"{pods} stop, in steps" if pods else "none stops")),
    ]
    if taken:
        owners = sorted({one.manager for plan in plans for one in plan.taken})
        facts.append(("Taken over", Span(f"{count(taken, 'field')} of {', '.join(owners)}", "bad")))
    return tuple(facts)


def _danger(plans: Sequence[ObjectPlan]) -> tuple[int, str]:
    """Return how dangerous it is, and what must be typed where something must."""
    hurts = [plan for plan in plans if plan.effect.rolls or plan.effect.removes]
    taken = [plan for plan in plans if plan.taken]
    if len(plans) > MOST:
        return 4, str(len(plans))
    if taken:
        return 4, taken[0].trial.key.name
    return (3, hurts[0].trial.key.name) if hurts else (2, "")


def _one(snapshot: Snapshot, intent: Any, now: float) -> Impact:
    plan = plan_object(intent.trial, snapshot, now, take_over=intent.take_over)
    if not plan.sendable:
        return Impact("", "", (), refused=plan.reason or "no field differs")
    return apply_impact((plan,), plan.trial.manifest.source)


BUILDERS: Final[dict[type, tuple[str, Builder]]] = {Apply: ("APPLY", _one)}
