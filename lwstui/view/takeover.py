"""What ``lwstui takeover`` shows: who controls each set, what is in the way, what would be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from controller.guard import Manager
from controller.takeover.evidence import SetEvidence
from controller.takeover.native import Native, drop_webhooks, stop_controller
from controller.takeover.preflight import Preflight

_HEADINGS = ("NAMESPACE", "NAME", "CONTROLLER", "PODS", "TAKEOVER", "EVIDENCE")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One set and what is known of its move."""

    evidence: SetEvidence
    check: Preflight

    @property
    def native(self) -> bool:
        """Whether the native controller manages it."""
        return Manager.NATIVE in self.check.managers.managers

    @property
    def state(self) -> str:
        """``refused``, ``ready``, ``under way`` or ``not needed``."""
        if self.check.refusals:
            return "refused"
        if self.check.resumed:
            return "under way"
        return "ready" if self.check.stages else "not needed"


def lines(candidates: Sequence[Candidate]) -> Iterator[str]:
    """Yield the table of sets, then why sets are refused and what to know of the others."""
    rows = [_HEADINGS, *map(_row, candidates)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "   ".join(cells).rstrip()
    for candidate in candidates:
        for refusal in candidate.check.refusals:
            yield f"{candidate.evidence.key} is refused: {refusal}"
        for warning in candidate.check.warnings:
            yield f"{candidate.evidence.key}: {warning}"


def _row(candidate: Candidate) -> tuple[str, ...]:
    key = candidate.evidence.key
    return (
        key.namespace,
        key.name,
        str(candidate.check.managers),
        str(len(candidate.evidence.pods)),
        candidate.state,
        evidence_text(candidate),
    )


def evidence_text(candidate: Candidate) -> str:
    """Return what tells who controls a set."""
    found = candidate.check.managers.evidence
    parts = []
    if found.stateful_sets:
        more = f" and {len(found.stateful_sets) - 1} more" if len(found.stateful_sets) > 1 else ""
        parts.append(f"StatefulSet {found.stateful_sets[0]}{more}")
    if found.model_servings:
        parts.append(f"ModelServing {', '.join(found.model_servings)}")
    if found.direct:
        parts.append("pods owned by the set")
    if candidate.check.resumed:
        parts.append("a takeover that was begun")
    return ", ".join(parts) or ("pods without an owner" if candidate.evidence.pods else "no pods")


def native_lines(native: Native) -> Iterator[str]:
    """Yield what of the native installation is in the way, with the commands that end it."""
    for obstacle in native.obstacles:
        yield f"in the way: {obstacle.what}"
        if obstacle.command:
            yield f"  {obstacle.command}"
    if native.disaggregated and not native.stopped:
        yield (
            "stopping the native controller stops DisaggregatedSets too: "
            f"{', '.join(native.disaggregated)}"
        )


def document(candidates: Sequence[Candidate], native: Native) -> dict[str, Any]:
    """Return the same as a JSON-ready object."""
    return {
        "native": {
            "obstacles": [{"what": o.what, "command": o.command} for o in native.obstacles],
            "disaggregatedSets": list(native.disaggregated),
            "requests": [str(r) for r in (*stop_controller(native), *drop_webhooks(native))],
        },
        "sets": [
            {
                "namespace": candidate.evidence.key.namespace,
                "name": candidate.evidence.key.name,
                "controllers": [manager.value for manager in candidate.check.managers.managers],
                "evidence": evidence_text(candidate),
                "pods": len(candidate.evidence.pods),
                "takeover": candidate.state,
                "refusals": [
                    {"what": refusal.what, "remedy": refusal.remedy}
                    for refusal in candidate.check.refusals
                ],
                "warnings": list(candidate.check.warnings),
                "requests": [
                    str(request) for stage in candidate.check.stages for request in stage.requests
                ],
            }
            for candidate in candidates
        ],
    }
