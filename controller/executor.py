"""Performs a plan: the only place of the controller that writes sets and their children.

Actions run in the plan's order, neighbours of one kind side by side; creations start slowly, so
that a quota or an admission policy that refuses them costs one request, not hundreds. The first
failure ends the pass. Deletes name the UID, and changes of owners the version, so a late decision
never hits the next incarnation.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from controller.api.lws import LeaderWorkerSet, LwsStatus
from controller.api.meta import Key, OwnerReference
from controller.api.names import CLAIMS, LEADERWORKERSETS, PODS, REVISIONS, SERVICES, Resource
from controller.bodies import (
    controller_of,
    metadata,
    owners_patch,
    record_patch,
    reference,
    status_patch,
)
from controller.cache import Cache
from controller.errors import (
    AlreadyExists,
    Conflict,
    ControllerError,
    LeaseLost,
    NotFound,
    TooManyRequests,
)
from controller.notices import FAILED_CREATE, WARNING, Standing, failures, still_true
from controller.plan.actions import (
    Action,
    Adopt,
    CreateClaim,
    CreatePod,
    CreateRevision,
    CreateService,
    DeletePod,
    DeleteRevision,
    EventNote,
    OwnClaim,
    Plan,
    RecordRollout,
    Wait,
)
from controller.plan.draft import clip
from controller.plan.observed import Observed
from controller.ports import Clock, Cluster, EventSink, Propagation

IN_FLIGHT: Final = 16

Create = CreateRevision | CreateService | CreateClaim | CreatePod
_CREATES: Final[dict[type[Any], Resource]] = {
    CreateRevision: REVISIONS,
    CreateService: SERVICES,
    CreateClaim: CLAIMS,
    CreatePod: PODS,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan.

    Attributes:
        done: Actions performed, or found performed already, in the plan's order.
        waits: Names that were not free: the object there is ending, or another's.
        error: The failure that ended the pass, or None.
        requests: Requests sent.
    """

    done: tuple[Action, ...] = ()
    waits: tuple[Wait, ...] = ()
    error: ControllerError | None = None
    requests: int = 0


@dataclass(slots=True)
class _Pass:
    """One execution under way.

    Attributes:
        version: resourceVersion of the set; follows our own writes to it.
        problems: Warnings about what stands in the way, for as long as it does.
        notes: Other events that execution itself gives rise to.
        living: Whether owners, by UID, exist and are not on their way out.
        looking: Held while an owner is looked at.
    """

    lws: LeaderWorkerSet
    version: str
    done: list[Action] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    failures: list[tuple[Action, ControllerError]] = field(default_factory=list)
    problems: list[EventNote] = field(default_factory=list)
    notes: list[EventNote] = field(default_factory=list)
    living: dict[str, bool] = field(default_factory=dict)
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    requests: int = 0

    @property
    def key(self) -> Key:
        return self.lws.key

    @property
    def error(self) -> ControllerError | None:
        """The failure to report: a lost lease explains all others."""
        errors = [error for _, error in self.failures]
        lost = (error for error in errors if isinstance(error, LeaseLost))
        return next(lost, errors[0] if errors else None)


def _phase(action: Action) -> object:
    """Return a value that is equal for actions that may run side by side."""
    match action:
        case CreateRevision() | RecordRollout():
            return id(action)
        case Adopt(resource=resource, owner=owner):
            return resource, owner.kind
        case CreateService() | CreateClaim():
            return 0
        case OwnClaim():
            return 1
        case CreatePod():
            return 2
        case DeletePod() | DeleteRevision():
            return 3


class Executor:
    """Performs plans against a cluster.

    Attributes:
        requests: Requests sent since the start.
    """

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock,
        events: EventSink,
        cache: Cache,
        *,
        leading: Callable[[], bool],
    ) -> None:
        self.requests = 0
        self._cluster = cluster
        self._clock = clock
        self._events = events
        self._cache = cache
        self._leading = leading
        self._standing = Standing(cache.get)

    async def execute(self, observed: Observed, plan: Plan) -> Outcome:
        """Perform a plan made from ``observed``: actions, then status, then events.

        Errors of the API are not raised, they are in the outcome.
        """
        run = _Pass(observed.lws, observed.lws.metadata.resource_version)
        for _, actions in groupby(plan.actions, key=_phase):
            skipped = await self._side_by_side(run, list(actions))
            if run.failures:
                run.notes.extend(failures(run.failures, skipped))
                break
        error = run.error
        if _prepared(run) and not isinstance(error, LeaseLost | TooManyRequests):
            error = await self._write_status(run, plan.status) or error
        if run.done or not isinstance(error, Conflict):
            self._emit(run.lws, self._notices(run, plan))
        performed = {id(action) for action in run.done}
        done = tuple(action for action in plan.actions if id(action) in performed)
        return Outcome(done, tuple(run.waits), error, run.requests)

    def _notices(self, run: _Pass, plan: Plan) -> list[EventNote]:
        """Return the events of a pass, a problem that was told before left out."""
        failed = bool(run.failures)
        news = still_true(plan.events, failed=failed, prepared=_prepared(run), done=run.done)
        problems = [event for event in plan.events if event.type == WARNING]
        problems += run.problems
        return [
            *news,
            *self._standing.news(run.lws, problems, complete=not failed),
            *run.notes,
        ]

    async def _side_by_side(self, run: _Pass, actions: Sequence[Action]) -> int:
        """Perform actions concurrently until one fails; return how many were not begun."""
        waiting = deque(actions)
        limit = 1 if isinstance(actions[0], Create) else IN_FLIGHT
        tasks: dict[asyncio.Task[bool], Action] = {}
        try:
            while tasks or (waiting and not run.failures):
                while waiting and len(tasks) < limit and not run.failures:
                    action = waiting.popleft()
                    tasks[asyncio.create_task(self._perform(run, action))] = action
                finished, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in tasks if task in finished]:
                    limit = min(limit + 1, IN_FLIGHT)
                    self._settle(run, tasks.pop(task), task)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return len(waiting)

    def _settle(self, run: _Pass, action: Action, task: asyncio.Task[bool]) -> None:
        try:
            if task.result():
                run.done.append(action)
        except ControllerError as error:
            run.failures.append((action, error))

    async def _perform(self, run: _Pass, action: Action) -> bool:
        """Perform one action; False if it has to wait."""
        match action:
            case RecordRollout(record=record):
                await self._patch_set(run, record_patch(record, run.version))
            case DeletePod(name=name, uid=uid, foreground=foreground):
                how = Propagation.FOREGROUND if foreground else Propagation.BACKGROUND
                await self._delete(run, PODS, name, uid, how)
            case DeleteRevision(name=name, uid=uid):
                await self._delete(run, REVISIONS, name, uid, Propagation.BACKGROUND)
            case Adopt():
                return await self._adopt(run, action)
            case OwnClaim(name=name, uid=uid, version=version, owners=owners):
                await self._patch_child(run, CLAIMS, name, owners_patch(uid, version, owners))
            case CreateRevision() | CreateService() | CreateClaim() | CreatePod():
                return await self._create(run, action)
        return True

    def _begin(self, run: _Pass) -> None:
        """Count a write that is about to be sent.

        Raises:
            LeaseLost: If this process may not write any more.
        """
        if not self._leading():
            raise LeaseLost("the lease is not held any more")
        run.requests += 1
        self.requests += 1

    # Creating

    async def _create(self, run: _Pass, action: Create) -> bool:
        resource = _CREATES[type(action)]
        expectations = self._cache.expectations
        self._begin(run)
        if self._cache.synced(resource):
            expectations.created(run.key, resource, action.name, self._clock.monotonic())
        try:
            await self._cluster.create(resource, run.key.namespace, action.body)
        except AlreadyExists:
            if self._cache.knows(resource, Key(run.key.namespace, action.name)):
                expectations.cancel_created(run.key, resource, action.name)
            exists = await self._examine(run, resource, action)
            if not exists:
                expectations.cancel_created(run.key, resource, action.name)
            return exists
        except BaseException:
            expectations.cancel_created(run.key, resource, action.name)
            raise
        return True

    async def _examine(self, run: _Pass, resource: Resource, action: Create) -> bool:
        """Look at the object that holds the name; True if it is the one wanted."""
        group = action.group if isinstance(action, CreatePod) else None
        what = f"{resource.kind} {action.name}"
        self._begin(run)
        try:
            live = metadata(await self._cluster.get(resource, run.key.namespace, action.name))
        except NotFound:
            run.waits.append(Wait("terminating", f"{what} was just removed", group))
            return False
        wanted, owner = controller_of(action.body), live.controller_owner or OwnerReference()
        if live.deletion_timestamp is not None:
            run.waits.append(Wait("terminating", f"{what} is still terminating", group))
        elif resource == CLAIMS or owner.uid == wanted.uid:
            return True
        elif (owner.kind, owner.name) == (wanted.kind, wanted.name):
            reason = f"{what} belongs to an earlier {owner.kind} {owner.name} and is about to go"
            run.waits.append(Wait("terminating", reason, group))
        else:
            holder = f"{owner.kind} {owner.name}".strip() or "no controller"
            reason = f"{what} exists and is controlled by {holder}; it is left alone"
            run.waits.append(Wait("collision", reason, group))
            run.problems.append(EventNote(WARNING, FAILED_CREATE, "Create", reason))
        return False

    # Owning

    async def _adopt(self, run: _Pass, action: Adopt) -> bool:
        """Give an object its owner; False if the owner is not there to have it."""
        if not await self._lives(run, action.owner):
            what = f"{action.resource.kind} {action.name}"
            owner = f"{action.owner.kind} {action.owner.name}"
            reason = f"{what} is not adopted, because {owner} is gone or about to go"
            run.waits.append(Wait("adoption", reason))
            return False
        body = owners_patch(action.uid, action.version, (action.owner,), action.annotations)
        await self._patch_child(run, action.resource, action.name, body)
        return True

    async def _lives(self, run: _Pass, owner: OwnerReference) -> bool:
        """Look at an owner: what is given to one that is gone is collected as garbage."""
        async with run.looking:
            if owner.uid not in run.living:
                resource = PODS if owner.kind == PODS.kind else LEADERWORKERSETS
                self._begin(run)
                try:
                    raw = await self._cluster.get(resource, run.key.namespace, owner.name)
                except NotFound:
                    run.living[owner.uid] = False
                else:
                    live = metadata(raw)
                    run.living[owner.uid] = (
                        live.uid == owner.uid and live.deletion_timestamp is None
                    )
        return run.living[owner.uid]

    async def _patch_child(
        self, run: _Pass, resource: Resource, name: str, body: dict[str, Any]
    ) -> None:
        """Change a child that is still as the plan saw it; one that is gone needs no change."""
        self._begin(run)
        try:
            raw = await self._cluster.patch(resource, run.key.namespace, name, body)
        except NotFound:
            return
        version = metadata(raw).resource_version
        self._cache.expect_written(run.key, resource, name, version, self._clock.monotonic())

    # Deleting and writing

    async def _delete(
        self, run: _Pass, resource: Resource, name: str, uid: str, how: Propagation
    ) -> None:
        key = run.key
        self._begin(run)
        self._cache.expect_deleted(key, resource, name, uid, self._clock.monotonic())
        try:
            await self._cluster.delete(resource, key.namespace, name, uid=uid, propagation=how)
        except (NotFound, Conflict):
            return  # this incarnation is gone, which is what was wanted
        except BaseException:
            self._cache.expectations.cancel_deleted(key, resource, uid)
            raise

    async def _write_status(self, run: _Pass, status: LwsStatus | None) -> ControllerError | None:
        if status is None or status == run.lws.status:
            return None
        try:
            await self._patch_set(run, status_patch(status, run.version), subresource="status")
        except ControllerError as error:
            return error
        return None

    async def _patch_set(self, run: _Pass, body: dict[str, Any], *, subresource: str = "") -> None:
        namespace, name = run.key
        self._begin(run)
        raw = await self._cluster.patch(
            LEADERWORKERSETS, namespace, name, body, subresource=subresource
        )
        run.version = metadata(raw).resource_version
        self._cache.expect_written(
            run.key, LEADERWORKERSETS, name, run.version, self._clock.monotonic()
        )

    def _emit(self, lws: LeaderWorkerSet, notes: Iterable[EventNote]) -> None:
        regarding = reference(lws)
        for note in notes:
            self._events.emit(
                regarding=regarding,
                type_=note.type,
                reason=note.reason,
                action=note.action,
                note=clip(note.note),
                related=note.related,
            )


def _prepared(run: _Pass) -> bool:
    """Tell whether nothing failed that the rest of the plan, its status included, rests on."""
    return not any(isinstance(a, CreateRevision | RecordRollout) for a, _ in run.failures)
