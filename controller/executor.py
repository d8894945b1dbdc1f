"""Performs a plan: the only place of the controller that writes sets and their children.

Actions run in the plan's order, neighbours of one kind side by side; creations start slowly, so
that a quota or an admission policy that refuses them costs one request, not hundreds. The first
failure ends the pass. Deletes name the UID, so a late decision never hits the next incarnation.
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
from controller.bodies import controller_of, metadata, record_patch, reference, status_patch
from controller.cache import Cache
from controller.errors import (
    AlreadyExists,
    Conflict,
    ControllerError,
    LeaseLost,
    NotFound,
    TooManyRequests,
)
from controller.plan.actions import (
    Action,
    CreateClaim,
    CreatePod,
    CreateRevision,
    CreateService,
    DeletePod,
    DeleteRevision,
    EventNote,
    Plan,
    RecordRollout,
    Wait,
)
from controller.plan.draft import clip
from controller.plan.observed import Observed
from controller.ports import Clock, Cluster, EventSink, Propagation

IN_FLIGHT: Final = 16
FAILED_CREATE: Final = "FailedCreate"
CREATING_REVISION: Final = "CreatingRevision"
_NAMED: Final = 3

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
    """One execution under way; ``version`` follows our own writes to the set."""

    lws: LeaderWorkerSet
    version: str
    done: list[Action] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    failures: list[tuple[Action, ControllerError]] = field(default_factory=list)
    notes: list[EventNote] = field(default_factory=list)
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


def _phase(action: Action) -> int:
    """Return a number that is equal for actions that may run side by side."""
    match action:
        case CreateRevision() | RecordRollout():
            return id(action)
        case CreateService() | CreateClaim():
            return 0
        case CreatePod():
            return 1
        case DeletePod() | DeleteRevision():
            return 2


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

    async def execute(self, observed: Observed, plan: Plan) -> Outcome:
        """Perform a plan made from ``observed``: actions, then status, then events.

        Errors of the API are not raised, they are in the outcome.
        """
        run = _Pass(observed.lws, observed.lws.metadata.resource_version)
        for _, actions in groupby(plan.actions, key=_phase):
            skipped = await self._side_by_side(run, list(actions))
            if run.failures:
                run.notes.extend(_failure_notes(run.failures, skipped))
                break
        error = run.error
        if _prepared(run) and not isinstance(error, LeaseLost | TooManyRequests):
            error = await self._write_status(run, plan.status) or error
        if run.done or not isinstance(error, Conflict):
            self._emit(run.lws, [*_true_events(run, plan.events), *run.notes])
        performed = {id(action) for action in run.done}
        done = tuple(action for action in plan.actions if id(action) in performed)
        return Outcome(done, tuple(run.waits), error, run.requests)

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
            run.notes.append(EventNote("Warning", FAILED_CREATE, "Create", reason))
        return False

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
        self._cache.expect_written(run.key, run.version, self._clock.monotonic())

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


def _true_events(run: _Pass, events: Iterable[EventNote]) -> list[EventNote]:
    """Return the events that are true after what failed: none that tell of creations then."""
    if not run.failures:
        return list(events)
    made_revision = any(isinstance(action, CreateRevision) for action in run.done)
    return [
        event
        for event in events
        if _prepared(run)
        and (event.action != "Create" or (event.reason == CREATING_REVISION and made_revision))
    ]


def _failure_notes(
    failures: Sequence[tuple[Action, ControllerError]], skipped: int
) -> list[EventNote]:
    """Return one Warning for each kind of object and server's answer."""
    refused: dict[tuple[str, str], list[str]] = {}
    for action, error in failures:
        quiet = isinstance(error, LeaseLost | TooManyRequests | Conflict)
        if isinstance(action, Create) and not quiet:
            refused.setdefault((_CREATES[type(action)].kind, str(error)), []).append(action.name)
    rest = f" ({skipped} more not tried)" if skipped else ""
    notes: list[EventNote] = []
    for (kind, error_text), names in refused.items():
        what = ", ".join(names[:_NAMED])
        if len(names) > _NAMED:
            what += f" and {len(names) - _NAMED} more"
        text = f"Failed to create {kind} {what}: {error_text}{rest}"
        notes.append(EventNote("Warning", FAILED_CREATE, "Create", text))
    return notes
