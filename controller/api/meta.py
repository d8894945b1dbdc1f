"""Object metadata, owner references and the keys objects are stored under."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec


class Key(NamedTuple):
    """Identity of a namespaced object within its kind."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class OwnerReference(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One entry of ``metadata.ownerReferences``."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(msgspec.Struct, frozen=True, rename="camel"):
    """The metadata fields read of every kind; timestamps stay as the server spells them."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: list[str] | None = None
    owner_references: list[OwnerReference] | None = None

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return Key(self.namespace, self.name)

    @property
    def controller_owner(self) -> OwnerReference | None:
        """The owner reference with ``controller: true``, if any."""
        for owner in self.owner_references or ():
            if owner.controller:
                return owner
        return None

    @property
    def ownerless(self) -> bool:
        """Whether no owner at all is referred to, controlling or not."""
        return not self.owner_references


class Condition(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One ``metav1.Condition``; times as the server spells them."""

    type: str = ""
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    last_transition_time: str = ""
    observed_generation: int = 0


_FRACTION = re.compile(r"\.(\d{1,6})\d*")
_TIMES: Final = 8192
"""Timestamps remembered: those of a pod, of its group and of later versions are often equal."""


@lru_cache(_TIMES)
def parse_time(text: str | None) -> float | None:
    """Return an RFC 3339 timestamp as epoch seconds (UTC), or None if absent or malformed."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(
            _FRACTION.sub(r".\1", text.replace("Z", "+00:00"))
        ).timestamp()
    except ValueError:
        return None


def format_time(epoch_s: float) -> str:
    """Return epoch seconds as the API's timestamp: UTC, whole seconds, ``Z``."""
    return datetime.fromtimestamp(int(epoch_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_micro_time(epoch_s: float) -> str:
    """Return epoch seconds as the API's MicroTime: UTC, six decimals, ``Z``."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def owner_reference(api_version: str, kind: str, name: str, uid: str) -> dict[str, Any]:
    """Return a controlling owner reference that blocks the owner's foreground deletion."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
