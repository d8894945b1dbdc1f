"""Asking a server what manifests would do; nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, Resource
from controller.errors import ApiError, Conflict, ControllerError, Forbidden, NotFound
from controller.ports import Cluster, Patch
from lwstui.kube.decoders import safe
from lwstui.state.manifests import FieldConflict, Manifest, Trial

_AT_ONCE: Final = 8
UNDEFINED: Final = (
    "this cluster does not serve LeaderWorkerSets; define them with: "
    "lwstui crd | kubectl apply --server-side -f -"
)


class Server(Protocol):
    """What is asked."""

    @property
    def cluster(self) -> Cluster:
        """Single reads and writes."""
        ...

    async def resource(self, api_version: str, kind: str) -> Resource:
        """Return the resource that holds objects of a kind.

        Raises:
            Invalid: If the server does not serve it.
        """
        ...


async def try_manifests(
    server: Server, manifests: Sequence[Manifest], namespace: str
) -> tuple[Trial, ...]:
    """Return what a server says to manifests, several at a time, in their order.

    Args:
        server: Who is asked.
        manifests: What is asked about.
        namespace: Of objects that name none.

    Raises:
        ControllerError: If it does not answer.
    """
    made = {one.name for one in manifests if one.kind == "Namespace"}
    resources: dict[tuple[str, str], Resource | str] = {}
    for one in manifests:
        kind = _kind(one)
        if kind not in resources:
            resources[kind] = await _resource(server, *kind)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def tried(one: Manifest) -> Trial:
        resource = resources[_kind(one)]
        if isinstance(resource, str):
            key = Key(one.namespace or namespace, one.name)
            return Trial(one, key, refusal=UNDEFINED if one.is_set else resource)
        where = (one.namespace or namespace) if resource.namespaced else ""
        async with slots:
            return await _try(server.cluster, Trial(one, Key(where, one.name), resource), made)

    return tuple(await asyncio.gather(*map(tried, manifests)))


def _kind(one: Manifest) -> tuple[str, str]:
    return str(one.body["apiVersion"]), str(one.body["kind"])


async def _resource(server: Server, api_version: str, kind: str) -> Resource | str:
    try:
        return await server.resource(api_version, kind)
    except ApiError as error:
        return error.message


async def _try(cluster: Cluster, trial: Trial, made: set[str]) -> Trial:
    """Ask about one manifest; ``made`` are namespaces that would be there by then."""
    resource, key = trial.resource, trial.key
    if resource is None:
        return trial
    try:
        live = _decoded(await cluster.get(resource, *key))
    except NotFound:
        live = None
    except Forbidden as error:
        return replace(trial, unasked=f"it may not be read: {error.message}", forbidden=True)
    trial = replace(trial, live=live)
    try:
        return replace(trial, after=await _dry_run(cluster, trial, force=False))
    except NotFound as error:
        if key.namespace in made:
            return replace(trial, unasked="its namespace is made first, so nobody could be asked")
        missing = resource == LEADERWORKERSETS and "namespace" not in error.message
        return replace(trial, refusal=UNDEFINED if missing else error.message)
    except Conflict as error:
        return await _contested(cluster, trial, error)
    except Forbidden as error:
        return replace(trial, unasked=f"not allowed: {error.message}", forbidden=True)
    except ApiError as error:
        return replace(trial, refusal=error.message)


async def _contested(cluster: Cluster, trial: Trial, error: Conflict) -> Trial:
    """Return the trial of an object whose fields belong to others, as if they were taken over."""
    conflicts = tuple(
        FieldConflict(manager_in(cause.message), cause.field)
        for cause in error.causes
        if cause.field
    )
    if not conflicts:
        return replace(trial, refusal=error.message)
    try:
        after = await _dry_run(cluster, trial, force=True)
    except ControllerError:
        after = None
    return replace(trial, after=after, conflicts=conflicts)


async def _dry_run(cluster: Cluster, trial: Trial, *, force: bool) -> dict[str, Any]:
    resource = trial.resource
    if resource is None:
        raise ValueError("there is no resource to ask about")
    raw = await cluster.patch(
        resource, *trial.key, trial.manifest.body, kind=Patch.APPLY, force=force, dry_run=True
    )
    return _decoded(raw)


def _decoded(raw: bytes) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(safe(raw))
    return body


def manager_in(message: str) -> str:
    """Return who owns a field, from ``conflict with "NAME" using VERSION``."""
    parts = message.split('"')
    return parts[1] if len(parts) > 2 else message.removeprefix("conflict with ").strip()
