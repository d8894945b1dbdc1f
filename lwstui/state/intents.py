"""Intents: what the operator asked for. Every write of the console is one of these."""

from __future__ import annotations

from dataclasses import dataclass

from controller.api.meta import Key


@dataclass(frozen=True, slots=True)
class Scale:
    """Set ``spec.replicas`` through the scale subresource."""

    target: Key
    uid: str
    replicas: int


@dataclass(frozen=True, slots=True)
class RecreateGroup:
    """Delete a group's leader with foreground propagation; its workers go with it."""

    target: Key
    group: int
    leader: str
    leader_uid: str


@dataclass(frozen=True, slots=True)
class RollingRestart:
    """Stamp both templates, which makes a new revision that rolls through all groups."""

    target: Key
    uid: str
    stamp: str


@dataclass(frozen=True, slots=True)
class SetImage:
    """Set container images; ``changes`` holds (role, container, image), role leader or worker."""

    target: Key
    uid: str
    changes: tuple[tuple[str, str, str], ...]


Intent = Scale | RecreateGroup | RollingRestart | SetImage
