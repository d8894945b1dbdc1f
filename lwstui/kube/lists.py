"""Whole collections read once, for commands that run once."""

from __future__ import annotations

from typing import Any

import msgspec

from controller.api.names import Resource
from lwstui.kube.clean import clean_line
from lwstui.kube.reflector import PAGE
from lwstui.kube.rest import Rest, path_of


async def list_objects(
    rest: Rest,
    resource: Resource,
    namespace: str = "",
    *,
    field_selector: str = "",
    label_selector: str = "",
) -> list[dict[str, Any]]:
    """Return all objects of a kind as decoded JSON; an empty namespace means all.

    Raises:
        ControllerError: If they cannot be listed.
    """
    query: dict[str, str | int] = {"limit": PAGE}
    if field_selector:
        query["fieldSelector"] = field_selector
    if label_selector:
        query["labelSelector"] = label_selector
    found: list[dict[str, Any]] = []
    while True:
        path = path_of(resource, namespace)
        raw = await rest.request("GET", path, query=query, what=f"{resource} list")
        page = msgspec.json.decode(raw)
        found += page.get("items") or ()
        following = (page.get("metadata") or {}).get("continue")
        if not following:
            return found
        query["continue"] = following


async def names_of(rest: Rest, resource: Resource, namespace: str = "") -> tuple[str, ...]:
    """Return the names of all objects of a kind, sorted and cleaned.

    Raises:
        ControllerError: If they cannot be listed.
    """
    found = await list_objects(rest, resource, namespace)
    return tuple(sorted(clean_line(str(one["metadata"]["name"])) for one in found))
