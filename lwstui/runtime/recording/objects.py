"""What a recording holds of whole objects: sets and revisions, without values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, Resource
from controller.errors import Unavailable
from lwstui.runtime.rawobjects import ordered
from lwstui.state.store import Store


def raw_object(store: Store, resource: Resource, namespace: str, name: str) -> Mapping[str, Any]:
    """Return an object as far as it was recorded.

    Raises:
        Unavailable: If it was not, as is so with everything but sets.
    """
    found = store.get(LEADERWORKERSETS, Key(namespace, name))
    if resource != LEADERWORKERSETS or found is None:
        raise Unavailable(
            f"this is a recording: {resource.kind} {name} is not in it as the API server has it"
        )
    body = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        **msgspec.to_builtins(found),
    }
    body["metadata"] = {name: part for name, part in body["metadata"].items() if part}
    return ordered(body)
