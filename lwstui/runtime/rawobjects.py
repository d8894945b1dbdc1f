"""Whole objects as the API server has them, for reading: cleaned, the usual fields first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import yaml

from controller.api.names import Resource
from controller.ports import Cluster
from lwstui.kube.decoders import safe

_FIRST: Final = ("apiVersion", "kind", "metadata", "spec")


async def read(
    cluster: Cluster, resource: Resource, namespace: str, name: str, *, managed: bool = False
) -> Mapping[str, Any]:
    """Read one object, managed fields only if they are wanted.

    Raises:
        ControllerError: If it cannot be read.
    """
    body = msgspec.json.decode(safe(await cluster.get(resource, namespace, name)))
    if not managed:
        body.get("metadata", {}).pop("managedFields", None)
    return ordered(body)


def ordered(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with the fields first that everybody looks for."""
    return {name: body[name] for name in (*_FIRST, *body) if name in body}


def as_yaml(body: Mapping[str, Any]) -> str:
    """Return an object as YAML."""
    text: str = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=100)
    return text
