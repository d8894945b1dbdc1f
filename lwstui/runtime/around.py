"""Reading what stands around a set and is not watched, when somebody asks for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from controller.api.meta import Key
from controller.api.names import Resource
from controller.errors import ControllerError
from lwstui.kube.decoders import safe
from lwstui.runtime.autoscalers import AUTOSCALERS, of_set
from lwstui.state.around import Around

SLICES: Final = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")
Lister = Callable[[Resource, str], Awaitable[list[dict[str, Any]]]]
"""Returns all objects of a kind in a namespace; fails with a ``ControllerError``."""


async def around(lister: Lister, key: Key, now: float) -> Around:
    """Return what stands around a set, cleaned; what cannot be read says why.

    Args:
        lister: Lists objects.
        key: The set.
        now: Epoch seconds.
    """
    scalers, no_scalers = await _listed(lister, AUTOSCALERS, key.namespace)
    slices, no_slices = await _listed(lister, SLICES, key.namespace)
    return Around(now, tuple(of_set(scalers, key.name)), no_scalers, slices, no_slices)


async def _listed(
    lister: Lister, resource: Resource, namespace: str
) -> tuple[tuple[Mapping[str, Any], ...], str]:
    try:
        found = await lister(resource, namespace)
    except ControllerError as error:
        return (), str(error)
    return tuple(msgspec.json.decode(safe(msgspec.json.encode(found)))), ""
