"""Small worlds for rules: only what a rule looks at is spelled out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controller.api.core import Event
from lwstui.insight.world import World
from lwstui.state.deaths import Death
from lwstui.state.tails import Tail
from lwstui.state.telemetry import Telemetry
from tests.view.build import LLAMA, NOW, lws, node, snapshot


def event(reason: str, about: str, note: str = "", **changes: Any) -> Event:
    """Return an event about a pod of ``prod``, seen first a minute ago and just now."""
    base: dict[str, Any] = {
        "namespace": "prod",
        "name": f"{about}.{reason}",
        "uid": f"uid-{about}.{reason}",
        "type": "Warning",
        "reason": reason,
        "note": note,
        "regarding_kind": "Pod",
        "regarding_name": about,
        "first_at": NOW - 60,
        "last_at": NOW,
    }
    return Event(**{**base, **changes})


def death(**changes: Any) -> Death:
    """Return the end of the main container of worker 1 of group 0, a minute ago."""
    base: dict[str, Any] = {
        "at": NOW - 60,
        "namespace": "prod",
        "set_name": "llama",
        "group": 0,
        "worker": 1,
        "pod": "llama-0-1",
        "uid": "uid-llama-0-1",
        "container": "main",
        "generation": 1,
        "node": "node-0",
        "exit_code": 1,
        "reason": "Error",
        "ran_s": 90.0,
    }
    return Death(**{**base, **changes})


def world(
    *pods: Any,
    sets: Any = None,
    nodes: Any = None,
    events: tuple[Event, ...] = (),
    deaths: tuple[Death, ...] = (),
    tails: dict[Any, Tail] | None = None,
    telemetry: Telemetry | None = None,
    now: float = NOW,
    **more: Any,
) -> World:
    """Return a world with one set and the nodes that its pods are on, unless told otherwise."""
    if nodes is None:
        nodes = tuple(node(name) for name in sorted({p.node for p in pods if p.node}))
    known = snapshot(sets=(lws(),) if sets is None else sets, pods=pods, nodes=nodes)
    known = replace(known, events={e.uid: e for e in events}, deaths=deaths, **more)
    if telemetry is not None:
        known = replace(known, telemetry=telemetry)
    return World(known, now, tails or {})


__all__ = ["LLAMA", "NOW", "death", "event", "node", "world"]
