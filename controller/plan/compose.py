"""``plan``: what to do about one set, from what is observed of it. Pure.

The order of thought: may we act at all; which revision is the target; how far is the rollout;
which groups exist too many, are outdated, have failed; what do the others lack; what does the
status say; and for everything that stays as it is, why.
"""

from __future__ import annotations

from typing import Final

import msgspec

from controller.admission.defaults import FieldError, InvalidSpec, resolve
from controller.admission.validate import changes, unsupported
from controller.api import names
from controller.api.lws import HISTORY_LIMIT, LeaderWorkerSet, LwsStatus, SetSpec
from controller.plan import (
    adoption,
    claims,
    members,
    reasons,
    restart,
    revisions,
    rollout,
    scale,
    status,
)
from controller.plan.actions import EventNote, Plan, RecordRollout, Wait
from controller.plan.draft import Draft, clip
from controller.plan.frozen import frozen, left_alone
from controller.plan.groups import Group, survey
from controller.plan.members import Context
from controller.plan.observed import Observed
from controller.plan.paused import paused, withheld
from controller.plan.revisions import Ledger
from controller.plan.rollout import Position, Record, Recreation

_KUEUE: Final = "kueue.x-k8s.io/queue-name"
_NAMED: Final = 3


def plan(observed: Observed, now: float, *, history_limit: int = HISTORY_LIMIT) -> Plan:
    """Return what to do about a set now, and the reasons for what is not done.

    Args:
        observed: The set and its objects, possibly behind the cluster.
        now: Epoch seconds.
        history_limit: Revisions kept although nothing uses them, for undo.
    """
    found = _plan(observed, now, history_limit)
    pause = paused(observed.lws.annotations)
    return found if pause is None else withheld(found, pause)


def _plan(observed: Observed, now: float, history_limit: int) -> Plan:
    lws = observed.lws
    if lws.metadata.deletion_timestamp is not None:
        return Plan(waits=(Wait("deleting", "the set is being deleted; its pods go with it"),))
    if _KUEUE in (lws.metadata.labels or {}):
        return _refuse_kueue()
    newer = tuple(unsupported(lws.spec))
    if newer:
        return _refuse_newer(newer)
    stored = rollout.read_record(lws.annotations)
    recorded = stored.target if stored is not None else ""
    try:
        spec = resolve(lws)
    except InvalidSpec as invalid:
        return _refuse(invalid.errors)
    book = revisions.Book(observed, recorded)
    previous = book.previous
    errors = tuple(changes(lws.spec, previous)) if previous is not None else ()
    if errors:
        return _refuse(errors)
    adopted = _adopt(observed, spec)
    if adopted is not None:
        return adopted
    if spec.template.claims and not observed.claims_listed:
        text = "the set waits until the PersistentVolumeClaims of the cluster have been listed"
        return Plan(waits=(Wait("claims", text),))
    ledger = book.settle(spec.template)
    draft = Draft()
    _announce(observed, ledger, draft)
    if ledger.occasion == "missing":
        text = f"revision {ledger.target} is recorded again before anything is built from it"
        draft.wait(Wait("revision", text))
        return draft.plan(None)
    return _Pass(observed, spec, ledger, stored, now=now, draft=draft).run(history_limit)


def _refuse(errors: tuple[FieldError, ...]) -> Plan:
    note = "; ".join(map(str, errors))
    text = f"nothing is done and running pods are kept, because the spec is invalid: {note}"
    event = EventNote("Warning", "InvalidSpec", "Validate", clip(note))
    return Plan(events=(event,), waits=(Wait("invalid", text),))


def _refuse_kueue() -> Plan:
    text = (
        f"label {_KUEUE} hands the set to Kueue, which finds pods through their StatefulSet and "
        "would let ours pass without quota; the set is left to the native controller"
    )
    return _unsupported(text)


def _refuse_newer(errors: tuple[FieldError, ...]) -> Plan:
    """Refuse to guess what fields of a newer API mean, or misspelt ones."""
    fields = "; ".join(map(str, errors))
    return _unsupported(f"{fields}; nothing is done until it is removed, running pods are kept")


def _unsupported(text: str) -> Plan:
    event = EventNote("Warning", "Unsupported", "Validate", clip(text))
    return Plan(events=(event,), waits=(Wait("unsupported", text),))


def _adopt(observed: Observed, spec: SetSpec) -> Plan | None:
    """Return the plan that adopts what nobody owns, None if there is nothing to adopt.

    What follows from it is decided when it is seen to be ours.
    """
    limit = rollout.limits(spec.replicas, spec.rollout)
    # Orphaned groups are counted from 0: an index far beyond them was never one of a group.
    actions = adoption.adoptions(observed, limit.burst + len(observed.pods))
    if not actions:
        return None
    found = ", ".join(dict.fromkeys(action.name for action in actions[:_NAMED]))
    more = f" and {len(actions) - _NAMED} more" if len(actions) > _NAMED else ""
    text = f"the set adopts what has its name and labels and no owner: {found}{more}"
    return Plan(actions, waits=(Wait("adoption", text),))


def _announce(observed: Observed, ledger: Ledger, draft: Draft) -> None:
    """Plan the revision that has to be recorded first, and say so."""
    create = ledger.create
    if create is None:
        return
    draft.revisions.append(create)
    note = {
        "first": f"Creating revision with key {create.key} for a newly created LeaderWorkerSet",
        "missing": f"Creating missing revision with key {create.key} for existing LeaderWorkerSet",
        "updated": f"Creating revision with key {create.key} for updated LWS",
    }[ledger.occasion]
    related = _revision_reference(observed.lws, create.name)
    draft.event(EventNote("Normal", "CreatingRevision", "Create", note, related))


def _revision_reference(lws: LeaderWorkerSet, name: str, uid: str = "") -> dict[str, str]:
    kind = names.REVISIONS
    reference = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "namespace": lws.metadata.namespace,
        "name": name,
    }
    return {**reference, "uid": uid} if uid else reference


class _Pass:
    """One pass over a valid set whose target revision is known."""

    def __init__(
        self,
        observed: Observed,
        spec: SetSpec,
        ledger: Ledger,
        stored: Record | None,
        *,
        now: float,
        draft: Draft,
    ) -> None:
        self.observed = observed
        self.lws = observed.lws
        self.spec = spec
        self.ledger = ledger
        self.stored = stored
        self.now = now
        self.draft = draft
        self.frozen = frozen(observed.lws.annotations)
        self.limit = rollout.limits(spec.replicas, spec.rollout)
        self.groups = survey(observed, ledger.templates, self.limit.burst)
        self.states = [group.state(ledger.target) for group in self.groups]
        self.before = stored if stored is not None else self._unrecorded()

    def run(self, history_limit: int) -> Plan:
        """Return the plan of this pass."""
        context = self._context(self._decide())
        wanted = self.groups[: context.record.groups]
        self._depart(context)
        recreations = self._recover(context, wanted)
        self._write_record(context.record, recreations)
        members.make_shared_service(context, self.groups, self.draft)
        for group in self._in_turn(context.record, wanted):
            if self.frozen.holds(group.index) and group.pods:
                continue
            members.keep_claims(context, group, self.draft)
            members.tend(context, group, self.draft)
        self._first_leaders()
        self._explain(context)
        self._trim(context.record, history_limit)
        return self.draft.plan(self._status())

    def _in_turn(self, record: Record, wanted: tuple[Group, ...]) -> tuple[Group, ...]:
        """Return groups in the order they are made: in an update surge first, then downwards."""
        if record.stable == record.target:
            return wanted
        replicas = self.limit.replicas
        return (*wanted[replicas:], *reversed(wanted[:replicas]))

    def _unrecorded(self) -> Record:
        """Return the record of a new set, or the one that explains the groups there are."""
        newest = revisions.history(self.observed)
        leaders = {
            group.index: (group.leader.revision, group.leaving)
            for group in self.groups
            if group.leader is not None
        }
        if not leaders or not newest:
            return rollout.start(self.limit, self.ledger.target)
        return rollout.rebuild(self.limit, newest[0].key, leaders)

    def _decide(self) -> Record:
        """Return where the rollout goes from where it stood."""
        before, ledger = self.before, self.ledger
        steps = rollout.settle(self.limit, before, self.states, retarget=ledger.changed)
        position = steps[-1]
        opened_from = steps[0].partition if ledger.changed else before.partition
        self._tell_progress(min(opened_from, position.groups), position)
        complete = self.limit.partition == 0 and not rollout.unfinished(self.limit, self.states)
        stable = ledger.target if complete else before.stable or before.target
        return Record(ledger.target, *position, self.limit.replicas, stable)

    def _tell_progress(self, opened_from: int, position: Position) -> None:
        target = self.ledger.target
        opened = self.groups[position.partition : opened_from]
        if any(g.leader is not None and g.leader.revision != target for g in opened):
            name = next((r.name for r in self.observed.revisions if r.key == target), "")
            related = _revision_reference(self.lws, name) if name else None
            self.draft.event(scale.opened_event(opened_from, position.partition, related))
        name = self.lws.metadata.name
        self.draft.event(scale.surge_event(name, self.before.groups, position.groups))

    def _context(self, record: Record) -> Context:
        return Context(
            self.lws,
            self.spec,
            self.ledger.templates,
            record,
            {service.name: service for service in self.observed.services},
            {claim.name: claim for claim in self.observed.claims},
            claims.by_group(
                self.lws.metadata.name, self.spec.template.claims, self.observed.claims
            ),
            self.observed.taken,
            self.observed.node_labels,
            self.now,
        )

    def _depart(self, context: Context) -> None:
        """Plan the deletion of surplus and outdated groups."""
        position, draft = context.position, self.draft
        for departure in scale.surplus(self.groups, position.groups, self.before.seen_replicas):
            draft.delete(departure.group, departure.leader, departure.cause, foreground=True)
        for group in self.groups[position.groups :]:
            members.release_claims(context, group, draft)
            if group.leader is not None and group.leaving:
                draft.wait(reasons.terminating(group.index, (group.leader,), self.now))
        target = self.ledger.target
        for step in scale.replacements(self.groups, position, target, self.limit):
            if isinstance(step, Wait):
                draft.wait(step)
            elif self.frozen.holds(step.group):
                draft.wait(left_alone(step.group, "the update to another revision waits for it"))
            else:
                draft.delete(step.group, step.leader, step.cause, foreground=True)

    def _recover(self, context: Context, wanted: tuple[Group, ...]) -> dict[str, Recreation]:
        """Plan the recreation of failed groups; return what to remember of recreations."""
        memory = restart.remember(self.before.recreations, self.groups, self.now)
        self.draft.recheck(memory.recheck_s)
        recreations = dict(memory.recreations)
        for group in wanted:
            if group.index in self.draft.acted:
                continue
            fault = members.fault_of(context, group)
            if fault is None:
                continue
            if self.frozen.holds(group.index):
                self.draft.wait(left_alone(group.index, f"pod {fault.pod} {fault.what}"))
                continue
            key = str(group.index)
            if members.recreate(context, group, fault, recreations.get(key), self.draft):
                recreations[key] = restart.recur(recreations.get(key), self.now)
        return recreations

    def _write_record(self, record: Record, recreations: dict[str, Recreation]) -> None:
        record = msgspec.structs.replace(record, recreations=recreations)
        if record != self.stored:
            self.draft.records.append(RecordRollout(record))

    def _first_leaders(self) -> None:
        if self.ledger.occasion == "first" and self.draft.creates:
            note = f"Created leader pods {self.lws.metadata.name}"
            self.draft.event(EventNote("Normal", "GroupsProgressing", "Create", note))

    def _explain(self, context: Context) -> None:
        """Say why what is not as desired stays as it is."""
        target = self.ledger.target
        held = reasons.held_back(self.groups, context.position, target, self.limit)
        kept = reasons.surge_kept(self.groups, self.limit, context.record.groups)
        live = tuple(group for group in self.groups if not group.leaving)
        for wait in (held, kept, reasons.drifted(live, self.spec.exclusive_topology)):
            if wait is not None:
                self.draft.wait(wait)

    def _trim(self, record: Record, history_limit: int) -> None:
        in_use = {pod.revision for pod in self.observed.pods}
        in_use |= {record.target, record.stable, self.before.target}
        self.draft.trims.extend(revisions.trim(self.observed, in_use, history_limit))

    def _status(self) -> LwsStatus | None:
        before = self.lws.status
        after = status.next_status(self.lws, self.limit, self.groups, self.ledger.target, self.now)
        self.draft.event(status.condition_event(before, after, self.limit.replicas))
        return None if after == before else after
