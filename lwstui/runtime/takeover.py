"""Carrying out a takeover: native stopped, then one set after the other, each step verified."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from controller.api.meta import Key, format_time
from controller.api.names import CLAIMS, LEADERWORKERSETS, PODS, REVISIONS
from controller.errors import Conflict, NotFound
from controller.guard import STATEFUL_SETS
from controller.ports import Clock, Propagation
from controller.takeover.evidence import Json, SetEvidence, observed
from controller.takeover.native import Native, drop_webhooks, stop_controller
from controller.takeover.preflight import inspect
from controller.takeover.steps import Request, Stage
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.discovery import allowed
from lwstui.kube.rest import Rest
from lwstui.runtime.takeover_survey import Survey
from lwstui.runtime.takeover_terms import Moved, TakeoverError

_LOOK_S: Final = 0.5
_STUCK_S: Final = 60.0
# A Deployment's pods have 10 s of grace, its Lease lasts 15 s.
_STOPPED_WITHIN_S: Final = 120.0
_RIGHTS: Final = (
    ("patch", LEADERWORKERSETS),
    ("delete", STATEFUL_SETS),
    ("patch", PODS),
    ("patch", CLAIMS),
    ("delete", REVISIONS),
)


class Mover:
    """Moves sets.

    Args:
        rest: The client.
        clock: The time.
        report: Takes one sentence per stage.
        sleep: Waits between two looks.

    Attributes:
        clock: The time.
        survey: What the cluster holds.
    """

    def __init__(
        self,
        rest: Rest,
        clock: Clock,
        *,
        report: Callable[[str], None],
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self.clock = clock
        self.survey = Survey(rest, clock)
        self._rest = rest
        self._cluster = KubeCluster(rest)
        self._report = report
        self._sleep = sleep

    def say(self, text: str) -> None:
        """Tell of something that was done."""
        self._report(text)

    async def stop_native(self, native: Native) -> Native:
        """Scale the native controller to zero, wait until it is gone, remove its webhooks.

        Returns:
            What is left of it.

        Raises:
            TakeoverError: If it does not stop.
            ControllerError: If a request fails.
        """
        for request in stop_controller(native):
            self._report(str(request))
            await self._send(request)
        native = await self._until_stopped()
        for request in drop_webhooks(native):
            self._report(str(request))
            await self._send(request)
        return await self.survey.native()

    async def quiet(self, native: Native) -> Native:
        """Return the native installation after a Lease that only looks held had time to lapse.

        A first look cannot tell a Lease that is renewed from one left behind a moment ago.
        """
        if native.holder and not native.running:
            return await self._until_stopped()
        return native

    async def _until_stopped(self) -> Native:
        began = self.clock.monotonic()
        while True:
            native = await self.survey.native()
            if not native.running and not native.holder:
                return native
            if self.clock.monotonic() - began > _STOPPED_WITHIN_S:
                left = "; ".join(obstacle.what for obstacle in native.obstacles)
                raise TakeoverError(
                    f"the native controller has not stopped within {_STOPPED_WITHIN_S:.0f} s: "
                    f"{left}; see what starts it again, then run this once more"
                )
            await self._sleep(_LOOK_S)

    async def missing_rights(self, namespace: str) -> tuple[str, ...]:
        """Return what moving a set in a namespace takes and this user may not do."""
        missing = [
            f"{verb} {resource} in {namespace}"
            for verb, resource in _RIGHTS
            if not await allowed(self._rest, verb, resource, namespace)
        ]
        return tuple(missing)

    async def move(self, key: Key) -> Moved:
        """Move one set, or finish moving it.

        Raises:
            TakeoverError: If it may not be moved, is gone, or does not get on.
            ControllerError: If a request fails.
        """
        await self._require_stopped(key)
        first = evidence = await self._evidence(key)
        title, progress_at = "", self.clock.monotonic()
        while True:
            check = inspect(evidence, self.clock.now())
            if check.refusals:
                raise TakeoverError(f"{key}: {'; '.join(map(str, check.refusals))}")
            if not check.stages:
                return Moved(key, len(evidence.pods), _disturbed(first, evidence))
            stage = check.stages[0]
            if stage.title != title:
                title = stage.title
                self._report(f"{key}: {title}")
            if await self._carry_out(stage):
                progress_at = self.clock.monotonic()
            elif self.clock.monotonic() - progress_at > _STUCK_S:
                raise TakeoverError(_stuck(key, stage))
            else:
                await self._sleep(_LOOK_S)
            evidence = await self._evidence(key)

    async def _require_stopped(self, key: Key) -> None:
        native = await self.quiet(await self.survey.native())
        if not native.stopped:
            left = "; ".join(obstacle.what for obstacle in native.obstacles)
            raise TakeoverError(f"{key}: the native controller is in the way: {left}")

    async def _evidence(self, key: Key) -> SetEvidence:
        evidence = await self.survey.set(key)
        if evidence is None:
            raise TakeoverError(f"{key}: there is no such LeaderWorkerSet; see kubectl get lws -A")
        return evidence

    async def _carry_out(self, stage: Stage) -> bool:
        """Send a stage's requests side by side; tell whether any took effect."""
        results = await asyncio.gather(
            *(self._send(request) for request in stage.requests), return_exceptions=True
        )
        for result in results:
            # What changed meanwhile is read again and decided anew.
            if isinstance(result, BaseException) and not isinstance(result, Conflict):
                raise result
        return any(result is None for result in results)

    async def _send(self, request: Request) -> None:
        where = request.resource, request.namespace, request.name
        if request.verb == "patch":
            await self._cluster.patch(*where, request.body, subresource=request.subresource)
            return
        orphan = request.verb == "orphan"
        how = Propagation.ORPHAN if orphan else Propagation.BACKGROUND
        try:
            await self._cluster.delete(*where, uid=request.uid, propagation=how)
        except NotFound:
            return


def _stuck(key: Key, stage: Stage) -> str:
    if stage.pending:
        cause = f"{', '.join(stage.pending)} is still there; is the garbage collector running?"
    else:
        names = ", ".join(f"{request.resource} {request.name}" for request in stage.requests)
        cause = f"{names} changed whenever it was to be written; what else writes it?"
    return f"{key}: no progress for {_STUCK_S:.0f} s: {cause}"


def _disturbed(before: SetEvidence, after: SetEvidence) -> tuple[str, ...]:
    """Return the pods that are not the same or restarted, by name."""
    now = {pod.name: (pod.uid, pod.restarts) for pod in observed(after).pods}
    return tuple(
        sorted(
            pod.name
            for pod in observed(before).pods
            if not pod.terminating and now.get(pod.name) != (pod.uid, pod.restarts)
        )
    )


def backup(native: Native, sets: tuple[SetEvidence, ...]) -> bytes:
    """Return a Kubernetes List of what a takeover removes and changes, as JSON.

    It holds the native controller's Deployments and webhooks, and of each set itself, its
    StatefulSets and their revisions.
    """
    items: list[Json] = [*native.deployments, *native.mutating, *native.validating]
    for evidence in sets:
        items += [evidence.lws, *evidence.statefulsets, *evidence.revisions, *evidence.claims]
    body = {"apiVersion": "v1", "kind": "List", "items": items}
    return msgspec.json.format(msgspec.json.encode(body), indent=1)


def backup_name(context: str, now: float) -> str:
    """Return a file name for a backup, by cluster and time."""
    cluster = "".join(char if char.isalnum() or char in "-_." else "-" for char in context)
    return f"{cluster}-{format_time(now).replace(':', '')}.json"
