"""One apply from reading files to the last answer: what a screen of it shows and asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final, Literal

from controller.errors import ControllerError
from lwstui.config.statefiles import StateFiles
from lwstui.runtime import sources
from lwstui.runtime.intents import Apply, Outcome
from lwstui.runtime.releases import Release, keep
from lwstui.runtime.sources import ManifestError, Texts
from lwstui.state.manifests import FieldConflict, Manifest, Trial, without_fields
from lwstui.state.model import Snapshot
from lwstui.tui.host import Host
from lwstui.tui.rested import Rested
from lwstui.view.plans import ObjectPlan, Stage, object_id, plan_object

Decision = Literal["", "leave", "take"]
"""What to do about fields of others: undecided, leave them out, take them over."""

_NEXT: Final[dict[Decision, Decision]] = {"": "leave", "leave": "take", "take": ""}


class Applying:
    """The objects of a path on their way into the cluster.

    Args:
        host: The application.
        path: File or folder.

    Attributes:
        texts: The files as they were read, None before.
        problem: Why there is no plan, empty if there is one.
        left_out: Objects that shall not be sent, by id.
        stages: How far each has got once sending has begun, by id, and what was said.
        planning: Whether the server is being asked.
    """

    def __init__(self, host: Host, path: str) -> None:
        self.path = path
        self.texts: Texts | None = None
        self.problem = ""
        self.left_out: set[str] = set()
        self.stages: dict[str, tuple[Stage, str]] = {}
        self.planning = False
        self._host = host
        self._values: dict[str, str] = {}
        self._trials: tuple[Trial, ...] = ()
        self._decisions: dict[str, Decision] = {}
        self._contested: dict[str, tuple[FieldConflict, ...]] = {}
        self._wanted: dict[str, Manifest] = {}
        self._plans: Rested[tuple[ObjectPlan, ...]] = Rested(())

    # Planning.

    async def read(self) -> None:
        """Read the files; ``problem`` says why not."""
        try:
            self.texts = await asyncio.to_thread(sources.read, self.path)
            self.problem = ""
        except ManifestError as error:
            self.texts, self.problem = None, str(error)

    async def plan(self, values: dict[str, str] | None = None) -> None:
        """Ask the server about every object; decisions that were made stand.

        Args:
            values: What to put in the place of placeholders; those of before if left out.
        """
        if values is not None:
            self._values = values
        if self.texts is None:
            return
        try:
            manifests = sources.manifests_in(self.texts, self._values)
        except ManifestError as error:
            self.problem = str(error)
            return
        await self._ask(manifests)

    async def plan_manifests(self, manifests: Sequence[Manifest]) -> None:
        """Ask the server about objects that are in no file."""
        await self._ask(manifests)

    async def _ask(self, manifests: Sequence[Manifest]) -> None:
        self.planning, self.problem, self.stages = True, "", {}
        try:
            asked = [self._as_decided(one) for one in manifests]
            trials = await asyncio.wrap_future(self._host.backend.try_manifests(asked))
        except ControllerError as error:
            self.problem = f"the server could not be asked: {error}"
            return
        finally:
            self.planning = False
        self._trials = trials
        for one, trial in zip(manifests, trials, strict=True):
            self._wanted[object_id(trial)] = one
            if trial.conflicts:
                self._contested[object_id(trial)] = trial.conflicts

    def _as_decided(self, manifest: Manifest) -> Manifest:
        """Return a manifest without the fields that were decided to be left out."""
        for id_, decision in self._decisions.items():
            if decision == "leave" and self._wanted[id_].body == manifest.body:
                fields = [conflict.field for conflict in self._contested[id_]]
                return replace(manifest, body=without_fields(manifest.body, fields))
        return manifest

    # What there is to see.

    def plans(self, snapshot: Snapshot, now: float) -> tuple[ObjectPlan, ...]:
        """Return what would become of each object; a busy cluster changes it now and then."""

        def derive() -> tuple[ObjectPlan, ...]:
            return tuple(
                plan_object(
                    trial, snapshot, now, take_over=self.decision(object_id(trial)) == "take"
                )
                for trial in self._trials
            )

        shown = (
            snapshot.sets,
            snapshot.by_set,
            snapshot.nodes,
            snapshot.node_pods,
            snapshot.controller,
        )
        return self._plans.get((self._trials, self._decisions), shown, now, derive)

    def chosen(self, snapshot: Snapshot, now: float) -> tuple[ObjectPlan, ...]:
        """Return the objects that would be sent."""
        return tuple(
            plan
            for plan in self.plans(snapshot, now)
            if plan.sendable and plan.id not in self.left_out
        )

    @property
    def title(self) -> str:
        """What is applied, in words."""
        return self.path

    @property
    def files(self) -> str:
        """The file or folder that kubectl would apply, empty if there is none."""
        return self.path

    @property
    def source(self) -> str:
        """Where it comes from, as releases tell it."""
        return sources.source_of(self.path)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know before besides what each object does."""
        return ()

    @property
    def trials(self) -> tuple[Trial, ...]:
        """What the server said, in the order in which objects are sent."""
        return self._trials

    @property
    def namespace(self) -> str:
        """Namespace of objects that name none."""
        spaces = [t.key.namespace for t in self._trials if not t.manifest.namespace]
        return next(filter(None, spaces), "default")

    @property
    def sent(self) -> bool:
        """Whether sending has begun."""
        return bool(self.stages)

    def decision(self, id_: str) -> Decision:
        """Return what was decided about the conflicts of an object."""
        return self._decisions.get(id_, "")

    def left_fields(self, id_: str) -> tuple[FieldConflict, ...]:
        """Return the fields of an object that are left out."""
        return self._contested.get(id_, ()) if self.decision(id_) == "leave" else ()

    # Deciding.

    def toggle(self, id_: str) -> None:
        """Choose an object, or leave it out."""
        self.left_out ^= {id_}

    async def decide(self, id_: str) -> None:
        """Go to the next decision about an object's conflicts and ask the server again."""
        if id_ not in self._contested:
            return
        self._decisions = {**self._decisions, id_: _NEXT[self.decision(id_)]}
        await self._ask([self._wanted[object_id(trial)] for trial in self._trials])

    def verdict(self, plans: Sequence[ObjectPlan]) -> Future[Outcome]:
        """Ask the server once more, for the dialog."""
        answer: Future[Outcome] = Future()
        asked = self._host.backend.try_manifests([plan.trial.manifest for plan in plans])
        taken = {plan.id for plan in plans if plan.taken}

        def done(future: Future[tuple[Trial, ...]]) -> None:
            try:
                answer.set_result(judged(future.result(), taken))
            except ControllerError as error:
                answer.set_result(Outcome(False, str(error)))

        asked.add_done_callback(done)
        return answer

    async def send(self, plans: Sequence[ObjectPlan], changed: Callable[[], None]) -> bool:
        """Send objects one by one, stopping at the first that is refused.

        Args:
            plans: What was confirmed, in order.
            changed: Called whenever a stage changes.

        Returns:
            Whether all were accepted.
        """
        self.stages = {plan.id: ("waiting", "") for plan in plans}
        for plan in plans:
            self.stages[plan.id] = ("sent", "")
            changed()
            intent = Apply(plan.trial, take_over=bool(plan.taken))
            outcome = await asyncio.wrap_future(self._host.backend.submit(intent))
            stage: Stage = "done" if outcome.ok else "failed"
            self.stages[plan.id] = (stage, "" if outcome.ok else outcome.message)
            changed()
            if not outcome.ok:
                return False
        return True

    async def keep(self, files: StateFiles, plans: Sequence[ObjectPlan]) -> str:
        """Keep what was accepted as a release; return the problem, empty if there is none."""
        accepted = tuple(
            plan.trial for plan in plans if self.stages.get(plan.id, ("", ""))[0] == "done"
        )
        if not accepted:
            return ""
        digest = self.texts.hash if self.texts is not None else ""
        user = self._host.snapshot.cluster.user
        release = Release(self.source, digest, user, self._host.now(), accepted)
        return await asyncio.to_thread(keep, files, release)


def judged(trials: Sequence[Trial], taken: set[str]) -> Outcome:
    """Return whether a server accepts all of what it was asked about. Pure."""
    for trial in trials:
        if trial.refusal:
            return Outcome(False, f"{trial.manifest.kind} {trial.key}: {trial.refusal}")
        if trial.conflicts and object_id(trial) not in taken:
            owner = trial.conflicts[0].manager
            return Outcome(False, f"{trial.manifest.kind} {trial.key}: {owner} owns fields of it")
    unasked = [trial for trial in trials if trial.unasked]
    if unasked:
        return Outcome(True, f"{len(unasked)} of {len(trials)} could not be asked about")
    return Outcome(True, "accepted")
