"""Server-side apply of objects in order, with the definition of LeaderWorkerSet first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from controller.api.names import LEADERWORKERSETS, LWS_GROUP, Resource
from controller.errors import ApiError, Conflict, ControllerError
from controller.ports import Patch
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Connection
from lwstui.kube.discovery import resource_for, serves_sets

_FIRST: Final = ("Namespace", "CustomResourceDefinition", "ServiceAccount", "ConfigMap", "Secret")
_SERVED_WITHIN_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.1


async def apply_objects(
    connection: Connection,
    objects: Sequence[dict[str, Any]],
    *,
    namespace: str,
    crd: dict[str, Any] | None,
    report: Callable[[str], None],
    dry_run: bool = False,
    force: bool = False,
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
) -> int:
    """Apply objects server-side and return how many were refused.

    Args:
        connection: The cluster.
        objects: In any order; namespaces and definitions go first.
        namespace: For objects that name none.
        crd: Definition of LeaderWorkerSet to create first if the cluster lacks it and one of
            the objects is one.
        report: Takes one sentence per object.
        dry_run: Ask the server, change nothing.
        force: Take over fields that other managers own.
        sleep: Waits.

    Raises:
        ControllerError: If the cluster does not answer.
    """
    cluster = KubeCluster(connection.rest)
    wants_sets = any(str(o["apiVersion"]).startswith(f"{LWS_GROUP}/") for o in objects)
    if crd is not None and wants_sets and not await serves_sets(connection.rest):
        if dry_run:
            report(f"{crd['metadata']['name']} is missing and would be created first")
            return len(objects)
        await define_sets(connection, crd, report=report, sleep=sleep)
    refused = 0
    for one in sorted(objects, key=lambda o: o["kind"] not in _FIRST):
        try:
            await _apply(connection, cluster, one, namespace, report, dry_run=dry_run, force=force)
        except ApiError as error:
            refused += 1
            report(_refusal(one, error))
    return refused


async def define_sets(
    connection: Connection,
    crd: dict[str, Any],
    *,
    report: Callable[[str], None],
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
) -> None:
    """Apply the definition of LeaderWorkerSet and wait until it is served.

    Args:
        connection: The cluster.
        crd: The definition.
        report: Takes one sentence about it.
        sleep: Waits.

    Raises:
        ControllerError: If the cluster does not answer, refuses it, or does not serve it.
    """
    cluster = KubeCluster(connection.rest)
    await _apply(connection, cluster, crd, "", report, dry_run=False, force=True)
    await _until_served(connection, sleep)


async def _apply(
    connection: Connection,
    cluster: KubeCluster,
    one: dict[str, Any],
    namespace: str,
    report: Callable[[str], None],
    *,
    dry_run: bool,
    force: bool,
) -> None:
    resource = await resource_for(connection.rest, one["apiVersion"], one["kind"])
    where = one["metadata"].get("namespace") or namespace if resource.namespaced else ""
    name = one["metadata"]["name"]
    await cluster.patch(resource, where, name, one, kind=Patch.APPLY, force=force, dry_run=dry_run)
    suffix = " (server dry run)" if dry_run else ""
    report(f"{_label(resource)}/{name} serverside-applied{suffix}")


def _label(resource: Resource) -> str:
    singular = resource.kind.lower()
    return f"{singular}.{resource.group}" if resource.group else singular


def _refusal(one: dict[str, Any], error: ControllerError) -> str:
    hint = "; --force-conflicts takes the fields over" if type(error) is Conflict else ""
    return f"{one['kind'].lower()}/{one['metadata']['name']} refused: {error}{hint}"


async def _until_served(connection: Connection, sleep: Callable[[float], Awaitable[Any]]) -> None:
    """Wait until a definition just created is served."""
    for _ in range(int(_SERVED_WITHIN_S / _LOOK_EVERY_S)):
        if await serves_sets(connection.rest):
            return
        await sleep(_LOOK_EVERY_S)
    raise ApiError(
        503,
        "NotServed",
        f"{LEADERWORKERSETS} is defined but not served after {_SERVED_WITHIN_S:.0f} s; try again",
    )
