"""What applying manifests would change, object by object, and whom it hurts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from lwstui.kube.clean import clean_line
from lwstui.state.manifests import Body, FieldConflict, Trial
from lwstui.state.model import Snapshot
from lwstui.view.ages import NONE, count
from lwstui.view.diffs import Change, changes, essence, field_diff, short, yaml_diff
from lwstui.view.effects import Effect, alteration, creation
from lwstui.view.sheet import Sheet, sheet
from lwstui.view.tables import arrange
from lwstui.view.types import Cell, Column, Line, Query, Row, Span, TableView, Tone

Verdict = Literal["create", "change", "same", "conflict", "refused"]
Stage = Literal["", "waiting", "sent", "done", "failed", "left out"]

MARKS: Final[dict[Verdict, str]] = {
    "create": "+",
    "change": "~",
    "same": "=",
    "conflict": "!",
    "refused": "X",
}
TONES: Final[dict[Verdict, Tone]] = {
    "create": "ok",
    "change": "busy",
    "same": "dim",
    "conflict": "warn",
    "refused": "bad",
}
_READ_LATER: Final = "pods that start from then on; running ones are not restarted"
_HIDDEN: Final = "(not shown)"
_HIDDEN_NEW: Final = "(not shown, another value)"


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """What would become of one object.

    Attributes:
        trial: What the server said.
        verdict: Outcome in a word.
        changes: Fields that differ.
        effect: What that does.
        reason: Why it is refused, empty if it is not.
        contested: Conflicts that nobody has decided.
        taken: Fields that are taken over from their managers.
    """

    trial: Trial
    verdict: Verdict
    changes: tuple[Change, ...]
    effect: Effect
    reason: str = ""
    contested: tuple[FieldConflict, ...] = ()
    taken: tuple[FieldConflict, ...] = ()

    @property
    def id(self) -> str:
        """Identity among the plans of one apply."""
        return object_id(self.trial)

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.trial.manifest.kind} {shown(self.trial.key)}"

    @property
    def sendable(self) -> bool:
        """Whether it may be sent: it changes something and nothing speaks against it."""
        return self.verdict in ("create", "change")


def object_id(trial: Trial) -> str:
    """Return what tells an object from all others: version, kind and name."""
    body = trial.manifest.body
    return f"{body['apiVersion']} {body['kind']} {trial.key}"


def shown(key: Key) -> str:
    """Return a name for people, without the slash where there is no namespace."""
    return clean_line(f"{key.namespace}/{key.name}" if key.namespace else key.name)


def plan_object(
    trial: Trial, snapshot: Snapshot, now: float, *, take_over: bool = False
) -> ObjectPlan:
    """Return what would become of an object.

    Args:
        trial: What the server said.
        snapshot: What is known of the cluster.
        now: Epoch seconds.
        take_over: Whether fields of others shall be taken over.
    """
    if why := trial.refusal or (trial.unasked if trial.forbidden else ""):
        return ObjectPlan(trial, "refused", (), Effect(""), clean_line(why))
    after = trial.after if trial.after is not None else trial.manifest.body
    found = changes(essence(trial.live), essence(after)) if trial.live is not None else ()
    effect = _effect(trial, after, found, snapshot, now)
    if effect.refused:
        return ObjectPlan(trial, "refused", found, effect, clean_line(effect.refused))
    if trial.conflicts and not take_over:
        why = f"{_owners(trial.conflicts)}: leave it out, or take it over"
        return ObjectPlan(trial, "conflict", found, effect, why, contested=trial.conflicts)
    taken = trial.conflicts if take_over else ()
    if trial.live is None:
        return ObjectPlan(trial, "create", found, effect, taken=taken)
    verdict: Verdict = "change" if found or taken else "same"
    return ObjectPlan(trial, verdict, found, effect, taken=taken)


def _owners(conflicts: Sequence[FieldConflict]) -> str:
    names = sorted({clean_line(one.manager) for one in conflicts})
    fields = [clean_line(one.field.removeprefix(".")) for one in conflicts]
    more = f" and {len(fields) - 1} more" if len(fields) > 1 else ""
    belongs = "belongs" if len(fields) == 1 else "belong"
    return f"{fields[0]}{more} {belongs} to {', '.join(names)}"


def _effect(
    trial: Trial, after: Body, found: Sequence[Change], snapshot: Snapshot, now: float
) -> Effect:
    if not trial.manifest.is_set:
        return Effect(_plain_effect(trial, found))
    wanted = as_set(after, trial.key)
    if isinstance(wanted, str):
        return Effect("", refused=wanted)
    if trial.live is None:
        return creation(wanted, snapshot)
    live = as_set(trial.live, trial.key)
    if isinstance(live, str) or not found:
        return Effect("")
    return alteration(live, wanted, found, snapshot, now)


def as_set(body: Body, key: Key) -> LeaderWorkerSet | str:
    """Return the set in an object, or what about its metadata has a wrong type."""
    parts: dict[str, Any] = {n: body[n] for n in ("metadata", "spec", "status") if n in body}
    parts["metadata"] = {**parts.get("metadata", {}), **key._asdict()}
    try:
        return msgspec.convert(parts, LeaderWorkerSet)
    except msgspec.ValidationError as error:
        return clean_line(str(error)).replace("`$.", "`")


def _plain_effect(trial: Trial, found: Sequence[Change]) -> str:
    if trial.unasked:
        return clean_line(trial.unasked)
    if found and trial.manifest.kind in ("ConfigMap", "Secret"):
        return _READ_LATER
    return "at once" if found else ""


# What a screen or a command shows of them.


def columns() -> tuple[Column, ...]:
    """Return the columns of the objects."""
    return (
        Column("mark", "S", 1),
        Column("chosen", "", 1),
        Column("file", "FILE", 18, min_screen=100),
        Column("kind", "KIND", 15, min_screen=70),
        Column("name", "NAME", 22),
        Column("plan", "PLAN", 9),
        Column("effect", "EFFECT", 24, flex=True),
    )


@dataclass(frozen=True, slots=True)
class Marks:
    """What is shown of objects beside their plans.

    Attributes:
        left_out: Objects that were not chosen, by id.
        stages: How far each has got once they are sent, by id, and what was said.
        note: Sentence shown while there are no objects.
    """

    left_out: frozenset[str] = frozenset()
    stages: Mapping[str, tuple[Stage, str]] = field(default_factory=dict)
    note: str = "nothing to apply"


def table(
    plans: Sequence[ObjectPlan], query: Query, now: float, marks: Marks = Marks()
) -> TableView:
    """Return the objects as a table, in the order in which they are sent."""
    rows = [_row(number, plan, marks) for number, plan in enumerate(plans)]
    return arrange(columns(), rows, query, now, empty=marks.note, default="mark")


def lines(plans: Sequence[ObjectPlan]) -> tuple[Line, ...]:
    """Return the objects as lines of plain text, a header first."""
    view = table(plans, Query(), 0.0)
    whole = sheet(view, wide=True, namespaces=True)
    shown = [at for at, (_, column) in enumerate(whole.columns) if column.id != "chosen"]
    columns = tuple(whole.columns[at] for at in shown)
    printed = Sheet(columns, tuple(whole.widths[at] for at in shown))
    return (printed.header, *(printed.line(row) for row in view.rows))


def _row(number: int, plan: ObjectPlan, marks: Marks) -> Row:
    manifest, tone = plan.trial.manifest, TONES[plan.verdict]
    left_out, stage = plan.id in marks.left_out, marks.stages.get(plan.id)
    effect = Cell(plan.reason or plan.effect.text or NONE, tone if plan.reason else "")
    if stage is not None and stage[0]:
        effect = Cell(clean_line(f"{stage[0]}: {stage[1]}" if stage[1] else stage[0]), _pace(stage))
    chosen = "" if not plan.sendable else "·" if left_out else "x"
    cells = (
        Cell(MARKS[plan.verdict], tone),
        Cell(chosen, "dim"),
        Cell(clean_line(manifest.source), "dim"),
        Cell(manifest.kind),
        Cell(shown(plan.trial.key)),
        Cell(_plan_word(plan), tone),
        effect,
    )
    tone_of_row: Tone = "dim" if left_out or plan.verdict == "same" else ""
    return Row(
        plan.id,
        cells,
        tone_of_row,
        " ".join(cell.text for cell in cells).lower(),
        (number, *(cell.text for cell in cells[1:])),
        state=plan.verdict,
        severity=0 if plan.verdict in ("refused", "conflict") else 99,
    )


def _pace(stage: tuple[Stage, str]) -> Tone:
    tones: dict[str, Tone] = {"done": "ok", "failed": "bad", "sent": "busy"}
    return tones.get(stage[0], "dim")


def _plan_word(plan: ObjectPlan) -> str:
    return f"change {len(plan.changes)}" if plan.verdict == "change" else plan.verdict


def summary(plans: Iterable[ObjectPlan]) -> Line:
    """Return the counts of the verdicts, and what rolls altogether."""
    plans = tuple(plans)
    found = Counter(plan.verdict for plan in plans)
    spans = [Span("plan", "dim")]
    for verdict in MARKS:
        if found[verdict]:
            tone: Tone = TONES[verdict] if verdict != "same" else ""
            spans.append(Span(f"  {verdict} {found[verdict]}", tone))
    rolls = sum(len(plan.effect.rolls) for plan in plans if plan.sendable)
    removes = sum(len(plan.effect.removes) for plan in plans if plan.sendable)
    pods = sum(plan.effect.pods for plan in plans if plan.sendable)
    if rolls or removes:
        words = [f"rolls {count(rolls, 'group')}"] if rolls else []
        words += [f"removes {count(removes, 'group')}"] if removes else []
        spans.append(Span(f"     {', '.join(words)} ({count(pods, 'pod')})", "warn"))
    return tuple(spans)


def warnings(plans: Iterable[ObjectPlan]) -> tuple[str, ...]:
    """Return what to know before any of them is sent, each once."""
    found: dict[str, None] = {}
    for plan in plans:
        if plan.sendable:
            found |= dict.fromkeys(plan.effect.warnings)
    return tuple(clean_line(text) for text in found)


def diff(plan: ObjectPlan, *, whole: bool = False) -> tuple[Line, ...]:
    """Return what changes about an object, and who else claims its fields.

    Args:
        plan: The object.
        whole: As YAML with its surroundings instead of the fields alone.
    """
    trial = plan.trial
    lines: list[Line] = []
    if plan.reason and plan.verdict == "refused":
        lines.append((Span(plan.reason, "bad"),))
    if trial.forbidden:
        return tuple(lines)  # what the object would be is not known, so nothing differs for sure
    if trial.unasked:
        lines.append((Span(clean_line(trial.unasked), "warn"),))
    live = _disclosed(trial.live, trial.live)
    after = _disclosed(_after(trial), trial.live)
    if trial.live is None:
        lines += yaml_diff(None, after)
    elif whole:
        lines += yaml_diff(live, after)
    else:
        lines += field_diff(changes(live, after), plan.effect.notes)
    for conflict in (*plan.contested, *plan.taken):
        lines.append(_conflict_line(trial, conflict, taken=bool(plan.taken)))
    return tuple(lines) or ((Span("no field differs", "dim"),),)


def _after(trial: Trial) -> Body | None:
    if trial.refusal:
        return trial.live if trial.live is not None else trial.manifest.body
    return trial.after if trial.after is not None else trial.manifest.body


def _disclosed(body: Body | None, before: Body | None) -> dict[str, Any]:
    """Return an object without the values of a Secret; those that are new say so."""
    kept = essence(body)
    if kept.get("kind") != "Secret":
        return kept
    for part in ("data", "stringData"):
        if isinstance(kept.get(part), Mapping):
            old = (before or {}).get(part) or {}
            kept[part] = {
                name: _HIDDEN if old.get(name) == value else _HIDDEN_NEW
                for name, value in kept[part].items()
            }
    return kept


def _conflict_line(trial: Trial, conflict: FieldConflict, *, taken: bool) -> Line:
    field = clean_line(conflict.field.removeprefix("."))
    manager = clean_line(conflict.manager)
    there, wanted = (_value(body, field) for body in (trial.live, trial.manifest.body))
    said = f"! {field} belongs to {manager} ({there}), the file says {wanted}: "
    if taken:
        return (Span(said, "warn"), Span("it is taken over", "bad"))
    return (Span(said, "warn"), Span("leave it out, or take it over", "bold"))


def _value(body: Body | None, field: str) -> str:
    value: Any = body
    for part in field.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return clean_line(short(value)) if value is not None else "a part"


def document(plan: ObjectPlan) -> dict[str, Any]:
    """Return a plan as data for programs."""
    manifest, key = plan.trial.manifest, plan.trial.key
    secret = manifest.kind == "Secret"
    return {
        "file": manifest.source,
        "apiVersion": manifest.body["apiVersion"],
        "kind": manifest.kind,
        "namespace": key.namespace or None,
        "name": key.name,
        "plan": plan.verdict,
        "effect": plan.effect.text or None,
        "reason": plan.reason or None,
        "newRevision": plan.effect.revision,
        "groupsThatRoll": list(plan.effect.rolls),
        "groupsThatGo": list(plan.effect.removes),
        "changes": [] if secret else [change._asdict() for change in plan.changes],
        "conflicts": [one._asdict() for one in (*plan.contested, *plan.taken)],
        "warnings": list(plan.effect.warnings),
    }
