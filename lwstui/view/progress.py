"""How far a rollout is and why it does not go on, worked out from what the cluster holds.

The reasons are those of the planner, asked here whether or not a controller runs: whoever
explains a rollout needs no controller of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

import msgspec

from controller.admission.defaults import InvalidSpec, resolve
from controller.api import names
from controller.api.core import Revision
from controller.api.lws import SetSpec
from controller.api.meta import Key
from controller.api.pods import Pod
from controller.guard import Manager, evidence_of, keep_off, verdict
from controller.plan import revisions, rollout
from controller.plan.actions import Wait
from controller.plan.compose import plan
from controller.plan.groups import Group, survey
from controller.plan.observed import Observed
from controller.plan.paused import CODE as PAUSED
from controller.plan.rollout import Limits, Record
from lwstui.state.partition import remembered
from lwstui.view.phrases import group_runs

State = Literal["complete", "progressing", "paused", "unattended", "refused"]

_REFUSED: Final = frozenset({"invalid", "unsupported"})
# What may stay as it is in a rollout that is done.
_CALM: Final = frozenset({"partition", "surge", "drift", PAUSED})


@dataclass(frozen=True, slots=True)
class Progress:
    """A set's rollout at one moment.

    Attributes:
        state: ``complete``: all groups that may be updated are, and all are ready;
            ``progressing``; ``paused`` with groups held back; ``unattended``: no controller
            acts, or it is paused for the set; ``refused``: no controller will act on the set as
            it is.
        replicas: Groups asked for.
        existing: Groups that exist, surge included.
        ready: Groups below ``replicas`` that are ready.
        expected: Groups below ``replicas`` that the partition lets be updated.
        done: Groups of these that are updated and ready.
        partition: Groups at or above it may be updated, by the spec.
        reached: Groups at or above it may be updated now.
        paused: The partition to go back to, None if the rollout is not paused.
        held: Groups that keep another revision because of the partition.
        old: Other revisions that groups still run, as ``1 (86b8797fb7)``.
        new: The revision that groups should reach.
        budget: What may be unavailable meanwhile, in words.
        reason: Why it does not go on, one sentence; empty if complete.
        also: What follows from it by the arithmetic of the budget, or what besides is not as it
            should be; empty if nothing.
        group: The group the reason is about, None if it is about the set.
        kept_off: Whether the controller is paused for the set.
    """

    key: Key
    state: State
    replicas: int = 0
    existing: int = 0
    ready: int = 0
    expected: int = 0
    done: int = 0
    partition: int = 0
    reached: int = 0
    paused: int | None = None
    held: tuple[int, ...] = ()
    old: tuple[str, ...] = ()
    new: str = ""
    budget: str = ""
    reason: str = ""
    also: str = ""
    group: int | None = None
    kept_off: bool = False


def progress(
    observed: Observed,
    now: float,
    *,
    attended: bool | None = None,
    waits: tuple[Wait, ...] | None = None,
) -> Progress:
    """Return how far the rollout of a set is.

    Args:
        observed: The set and its objects, of whichever controller.
        now: Epoch seconds.
        attended: Whether some controller acts on it, None if that is not known.
        waits: What the acting controller waits for, None if it is to be worked out here.
    """
    judged = verdict(evidence_of(observed))
    if len(judged.managers) > 1:
        several = keep_off(judged)
        return _refused(observed, several.reason if several is not None else "")
    if judged.managers == (Manager.NATIVE,):
        observed = as_ours(observed)
    reasons = plan(observed, now).waits if waits is None else waits
    refusal = next((wait.reason for wait in reasons if wait.code in _REFUSED), "")
    if observed.lws.metadata.deletion_timestamp is not None:
        refusal = "the set is being deleted"
    try:
        spec = resolve(observed.lws)
    except InvalidSpec as error:
        refusal = refusal or str(error)
        spec = None
    if spec is None or refusal:
        return _refused(observed, refusal)
    found = _Look(observed, spec)
    return found.judge(reasons, attended=attended)


def as_ours(observed: Observed) -> Observed:
    """Return a set of the native controller as if its pods were owned as ours are.

    Leaders are owned by the set, workers by the leader of their group and revision: which
    StatefulSet stands in between makes no difference to a rollout.
    """
    lws = observed.lws
    leaders = {(pod.group, pod.revision): pod for pod in observed.pods if pod.worker == 0}

    def owned(pod: Pod) -> Pod:
        leader = leaders.get((pod.group, pod.revision))
        if pod.worker == 0:
            kind, name, uid = names.LEADERWORKERSETS.kind, lws.metadata.name, lws.metadata.uid
        elif leader is not None:
            kind, name, uid = names.PODS.kind, leader.name, leader.uid
        else:
            kind, name, uid = names.PODS.kind, names.leader_name(pod.set_name, pod.group), ""
        return msgspec.structs.replace(pod, owner_kind=kind, owner_name=name, owner_uid=uid)

    return replace(observed, pods=tuple(map(owned, observed.pods)), taken={})


def _refused(observed: Observed, reason: str) -> Progress:
    return Progress(observed.lws.key, "refused", reason=reason)


class _Look:
    """A valid set, its groups and its revisions, as the planner sees them."""

    def __init__(self, observed: Observed, spec: SetSpec) -> None:
        self.observed = observed
        self.lws = observed.lws
        record = rollout.read_record(self.lws.annotations)
        book = revisions.Book(observed, record.target if record is not None else "")
        self.ledger = book.settle(spec.template)
        self.recorded = book.revisions
        self.limit = rollout.limits(spec.replicas, spec.rollout)
        self.groups = survey(observed, self.ledger.templates, self.limit.burst)
        self.record = record if record is not None else self._derived()

    def _derived(self) -> Record:
        leaders = {
            group.index: (group.leader.revision, group.leaving)
            for group in self.groups
            if group.leader is not None
        }
        return rollout.rebuild(self.limit, self.ledger.target, leaders)

    def judge(self, waits: tuple[Wait, ...], *, attended: bool | None) -> Progress:
        """Return the progress, given why the planner waits."""
        seen = self._counted()
        paused = remembered(self.lws)
        seen = replace(seen, paused=paused)
        wait = self._blocker(waits)
        if paused is not None and seen.held:
            keep = "keeps its" if len(seen.held) == 1 else "keep their"
            reason = f"{group_runs(seen.held)} {keep} revision until the rollout is resumed"
            also = wait.reason if wait.group is not None else ""
            return replace(seen, state="paused", reason=reason, also=also)
        if self._complete(seen, waits):
            return replace(seen, state="complete")
        off = next((found for found in waits if found.code == PAUSED), None)
        if off is not None:
            return replace(seen, state="unattended", reason=off.reason, kept_off=True)
        if attended is False:
            lease = f"Lease {names.CONTROLLER_LEASE}"
            reason = f"no controller acts on this set: none renews the {lease} for its namespace"
            return replace(seen, state="unattended", reason=reason, also=wait.reason)
        budget = next((w.reason for w in waits if w.code == "budget" and w is not wait), "")
        return replace(seen, reason=wait.reason, group=wait.group, also=budget)

    def _counted(self) -> Progress:
        limit, target = self.limit, self.ledger.target
        states = [group.state(target) for group in self.groups]
        live = [group for group in self.groups if group.leader is not None]
        below = [group for group in live if group.index < min(limit.partition, limit.replicas)]
        return Progress(
            self.lws.key,
            "progressing",
            replicas=limit.replicas,
            existing=len(live),
            ready=sum(state.ready for state in states[: limit.replicas]),
            expected=max(limit.replicas - limit.partition, 0),
            done=sum(state == (True, True) for state in states[limit.partition : limit.replicas]),
            partition=limit.partition,
            reached=max(self.record.partition, limit.partition),
            held=tuple(group.index for group in below if _revision(group) != target),
            old=tuple(self._label(key) for key in _others(live, target)),
            new=self._label(target),
            budget=budget_text(limit),
        )

    def _label(self, key: str) -> str:
        return revision_label(self.recorded, key)

    def _complete(self, seen: Progress, waits: Iterable[Wait]) -> bool:
        surplus = seen.existing > seen.replicas and not seen.partition
        settled = self._noticed() and self.ledger.create is None and not surplus
        ready = seen.done == seen.expected and seen.ready == seen.replicas
        return settled and ready and all(wait.code in _CALM for wait in waits)

    def _noticed(self) -> bool:
        """Tell whether a controller has seen the spec; older ones do not say."""
        noticed = self.lws.status.observed_generation
        return not noticed or noticed >= self.lws.metadata.generation

    def _blocker(self, waits: tuple[Wait, ...]) -> Wait:
        """Return what the rollout waits for most of all.

        Groups are updated from the highest index down, so the highest group that is being
        updated and is not ready holds the others.
        """
        about = [wait for wait in waits if wait.group is not None and wait.code not in _CALM]
        # A surge group that is not wanted any more holds nothing by leaving.
        window = range(self.record.partition, self.record.groups)
        opened = [wait for wait in about if wait.group in window]
        whole = [wait for wait in waits if wait.group is None and wait.code not in _CALM]
        if opened or about:
            return max(opened or about, key=lambda wait: wait.group or 0)
        if whole:
            return whole[0]
        if not self._noticed() or self.ledger.create is not None:
            return Wait("unseen", "the controller has not acted on the change of the spec yet")
        return Wait("due", "the controller's next step is due")


def _revision(group: Group) -> str:
    return group.leader.revision if group.leader is not None else ""


def _others(live: Iterable[Group], target: str) -> tuple[str, ...]:
    """Return the keys that groups run beside the target, without repetition."""
    return tuple(dict.fromkeys(_revision(group) for group in live if _revision(group) != target))


def revision_label(recorded: Iterable[Revision], key: str) -> str:
    """Return a revision as ``2 (86b8797fb7)``; ``(86b8797fb7)`` if it is not recorded.

    Args:
        recorded: The set's revisions.
        key: Key of the revision; of several with it the newest counts.
    """
    number = max((revision.number for revision in recorded if revision.key == key), default=None)
    return f"({key})" if number is None else f"{number} ({key})"


def budget_text(limit: Limits) -> str:
    """Return what a rollout may do to the set, with the arithmetic."""
    least = limit.least_ready
    return (
        f"maxUnavailable {limit.max_unavailable} of {limit.replicas}, so at least {least} "
        f"{'stays' if least == 1 else 'stay'} ready; maxSurge {limit.max_surge}, so at most "
        f"{limit.burst} exist"
    )
