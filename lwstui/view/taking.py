"""The takeover screen: who controls which set, what is in the way, what would be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from controller.api.meta import Key
from controller.takeover.native import Native, drop_webhooks, stop_controller
from lwstui.kube.clean import clean_line
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.impact import complete
from lwstui.view.safety import STANDARD, TYPED_EVERYWHERE, Safety
from lwstui.view.tables import arrange
from lwstui.view.takeover import Candidate, evidence_text, native_lines
from lwstui.view.types import Cell, Column, Impact, Line, Query, Ref, Row, Span, TableView, Tone

COLUMNS: Final = (
    Column("state", "S", 1),
    Column("namespace", "NAMESPACE", 14, min_screen=70),
    Column("name", "NAME", 22),
    Column("controller", "CONTROLLER", 12),
    Column("pods", "PODS", 5, "right"),
    Column("takeover", "TAKEOVER", 10),
    Column("evidence", "EVIDENCE", 20, flex=True, min_screen=90),
)
_MARKS: Final = {"refused": "X", "ready": "o", "under way": "~", "not needed": "="}
_TONES: Final[dict[str, Tone]] = {
    "refused": "bad",
    "ready": "info",
    "under way": "busy",
    "not needed": "dim",
}
_RANKS: Final = {"under way": 0, "ready": 1, "refused": 2, "not needed": 99}
HANDBACK: Final = (
    "There is no handback: no way back to a native controller keeps every pod running by itself.",
    "",
    "If the native controller just comes back, running pods stay up, but it reports the set as",
    "not ready, because the pods' names are taken, and groups change over whenever they are made",
    "again. What it takes, group by group, on purpose:",
    "",
    "1  Stop every lwstui controller, also the one in this console.",
    "2  Apply the Deployment and the webhook configurations of the takeover's backup, without",
    "   metadata.uid, metadata.resourceVersion and status; scale the Deployment up.",
    "3  Delete one leader pod at a time, within what the set may lose: the native controller makes",
    "   that group anew, under its StatefulSets.",
    "",
    "Without a restart it can be done by hand only, and should be tried on a set you can lose:",
    "take our owner references off the pods; create the backup's StatefulSets with a partition",
    "beyond the last ordinal; let them adopt the pods; set each pod's controller-revision-hash to",
    "the updateRevision that its StatefulSet reports; set the partitions back; start native.",
)


def table(candidates: Sequence[Candidate], query: Query, now: float, note: str) -> TableView:
    """Return the sets, those that can be moved first."""
    return arrange(COLUMNS, map(_row, candidates), query, now, empty=note)


def _row(candidate: Candidate) -> Row:
    key, state = candidate.evidence.key, candidate.state
    tone = _TONES[state]
    pods = len(candidate.evidence.pods)
    cells = (
        Cell(_MARKS[state], tone),
        Cell(key.namespace),
        Cell(key.name),
        Cell(str(candidate.check.managers)),
        Cell(str(pods)),
        Cell(state, tone),
        Cell(clean_line(evidence_text(candidate)), "dim"),
    )
    return Row(
        str(key),
        cells,
        haystack=" ".join(cell.text for cell in cells).lower(),
        sort=(state, key.namespace, key.name, cells[3].text, pods, state, cells[6].text),
        ref=Ref("set", *key),
        state=state,
        severity=_RANKS[state],
    )


def native_block(native: Native) -> tuple[Line, ...]:
    """Return what of the native installation is in the way."""
    found = tuple(native_lines(native))
    if not found:
        return ((Span("nothing of a native controller is in the way", "ok"),),)
    return tuple(
        (Span(clean_line(line), "warn" if not line.startswith(" ") else "dim"),) for line in found
    )


def steps(candidate: Candidate) -> tuple[Line, ...]:
    """Return why a set is refused, or what would be sent to move it, step by step."""
    lines: list[Line] = [
        (Span(clean_line(f"refused: {refusal}"), "bad"),) for refusal in candidate.check.refusals
    ]
    lines += [(Span(clean_line(text), "warn"),) for text in candidate.check.warnings]
    for number, stage in enumerate(candidate.check.stages, 1):
        lines.append((Span(f"{number}  {stage.title}", "bold"),))
        lines += [(Span(f"   {clean_line(str(request))}", "dim"),) for request in stage.requests]
    if not lines:
        lines.append((Span("nothing has to be moved", "dim"),))
    return tuple(lines)


def impact(
    going: Sequence[Candidate],
    native: Native,
    left: Sequence[Key],
    snapshot: Snapshot,
    now: float,
    *,
    safety: Safety = STANDARD,
) -> Impact:
    """Return the text of the dialog before sets are moved.

    Args:
        going: Sets to move.
        native: The native installation.
        left: Native sets that would have no controller.
        snapshot: The cluster.
        now: Epoch seconds.
        safety: What the operator wants to be asked.
    """
    names = [one.evidence.key for one in going]
    pods = sum(len(one.evidence.pods) for one in going)
    requests = sum(len(stage.requests) for one in going for stage in one.check.stages)
    what = [
        f"Moves {count(len(going), 'set')} to this controller: no pod is restarted or replaced.",
        "What is removed is saved to a file first. If it is interrupted, start it again.",
    ]
    stopping = [*stop_controller(native), *drop_webhooks(native)] if not native.stopped else []
    if stopping:
        what.append("The native controller is stopped first; it serves all sets or none:")
        what += [f"  {clean_line(str(request))}" for request in stopping]
    if left and stopping:
        what.append(
            f"Without a controller afterwards: {', '.join(map(str, left))}. Mark them, too."
        )
    if native.disaggregated and stopping:
        what.append(f"DisaggregatedSets stop with it: {', '.join(native.disaggregated)}.")
    if snapshot.controller.mode in ("off", "unknown"):
        what.append("No controller of ours runs yet: start one soon, lost pods are not replaced.")
    facts = (
        ("Sets", Span(", ".join(map(str, names)))),
        ("Pods", Span(f"{pods}, none of them restarts")),
        ("Requests", Span(str(requests + len(stopping)))),
    )
    kubectl = "lwstui takeover " + " ".join(key.name for key in names)
    typed = names[0].name if len(names) == 1 else str(len(names))
    found = Impact(
        "TAKE OVER",
        count(len(names), "set"),
        tuple(what),
        facts,
        kubectl + (" --stop-native" if stopping else ""),
        refused="" if going else "nothing here can be moved",
        level=TYPED_EVERYWHERE,
        word=typed,
    )
    return complete(found, snapshot, now, safety=safety)
