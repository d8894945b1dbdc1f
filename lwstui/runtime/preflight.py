"""What a cluster says about manifests that are not applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from controller.errors import ApiError, Forbidden
from lwstui.runtime.operator import SetOperator
from lwstui.runtime.rooms import watch_room
from lwstui.runtime.trials import UNDEFINED
from lwstui.view.advice import placement
from lwstui.view.preflight import Finding, as_set, is_set, room, title

Manifest = Mapping[str, Any]


async def refusals(operator: SetOperator, manifests: Sequence[Manifest]) -> tuple[Finding, ...]:
    """Return what the server would refuse, and what it could not be asked.

    Raises:
        ControllerError: If it does not answer.
    """
    made = {one["metadata"]["name"] for one in manifests if one["kind"] == "Namespace"}
    found = []
    for one in manifests:
        name = title(one, operator.namespace)
        if one["metadata"].get("namespace") in made:
            message = "the server was not asked: its namespace is among the manifests"
            found.append(Finding("note", name, message))
            continue
        try:
            await operator.try_out(one)
        except Forbidden as error:
            found.append(Finding("note", name, f"the server was not asked: {error}"))
        except ApiError as error:
            undefined = error.status == 404 and is_set(one)
            why = UNDEFINED if undefined else f"the server refuses it: {error}"
            found.append(Finding("error", name, why))
    return tuple(found)


async def rooms(operator: SetOperator, manifests: Sequence[Manifest]) -> tuple[Finding, ...]:
    """Return whether there is a place for sets; nodes and all pods must be readable.

    Raises:
        ControllerError: If the cluster does not answer.
    """
    sets = [one for one in manifests if is_set(one)]
    if not sets:
        return ()
    try:
        reader = await watch_room(operator)
    except Forbidden as error:
        return (Finding("note", "cluster", f"whether it fits is not known: {error}"),)
    snapshot = reader.snapshot()
    found: list[Finding | None] = [*placement(sets, snapshot, operator.namespace)]
    for one in sets:
        lws = as_set(one)
        if not isinstance(lws, str):
            meta = msgspec.structs.replace(
                lws.metadata, namespace=lws.metadata.namespace or operator.namespace
            )
            lws = msgspec.structs.replace(lws, metadata=meta)
            found.append(room(lws, title(one, operator.namespace), snapshot))
    return tuple(finding for finding in found if finding is not None)
