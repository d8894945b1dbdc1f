"""Reading a set's raw spec, which may be anything the API server once accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.api.lws import LeaderWorkerSet


def spec_int(spec: Mapping[str, Any], default: int, *path: str) -> int:
    """Return an integer deep in a raw spec, or the default if it is absent or malformed."""
    value: Any = spec
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def spec_text(spec: Mapping[str, Any], default: str, *path: str) -> str:
    """Return a text deep in a raw spec, or the default if it is absent or malformed."""
    value: Any = spec
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else default


def replicas_of(lws: LeaderWorkerSet) -> int:
    """Return ``spec.replicas``, in groups."""
    return max(0, spec_int(lws.spec, 1, "replicas"))


def size_of(lws: LeaderWorkerSet) -> int:
    """Return ``spec.leaderWorkerTemplate.size``, in pods, the leader included."""
    return max(1, spec_int(lws.spec, 1, "leaderWorkerTemplate", "size"))


def partition_of(lws: LeaderWorkerSet) -> int:
    """Return the user's partition: groups below it keep their revision."""
    path = ("rolloutStrategy", "rollingUpdateConfiguration", "partition")
    return max(0, spec_int(lws.spec, 0, *path))
