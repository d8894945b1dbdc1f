"""Who holds a node's accelerators: one cell per device, and owners in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from controller.api.pods import Pod
from lwstui.capacity.free import Devices
from lwstui.view.ages import count
from lwstui.view.phrases import runs
from lwstui.view.pods import role
from lwstui.view.types import Cell, Span

MAX_CELLS: Final = 16
MAP_CELLS: Final = 8
MOST_OWNERS: Final = 3
HELD: Final = ("█", "▒")
"""Devices of neighbouring groups, in turn."""
STRANGER: Final = "░"
"""Devices of pods outside sets."""


def device_map(devices: Sequence[Devices], held_by: Sequence[Pod], *, usable: bool) -> Cell:
    """Return one cell per device: held, free, cordoned or unhealthy; a bar above 16.

    Neighbouring groups are drawn in turn so that each can be told from the next.
    """
    if len(devices) != 1:
        return Cell("")
    only = devices[0]
    if only.capacity > MAX_CELLS:
        held = MAP_CELLS * min(only.allocated, only.capacity) // only.capacity
        return Cell(HELD[0] * held + "_" * (MAP_CELLS - held))
    spans = [*_holders(only, held_by)]
    spans.append(Span(("_" if usable else "x") * only.free, "dim"))
    unhealthy = max(0, only.capacity - max(only.allocatable, only.allocated))
    spans.append(Span("!" * unhealthy, "warn"))
    line = tuple(span for span in spans if span.text)
    return Cell("".join(span.text for span in line), spans=line)


def _holders(devices: Devices, held_by: Sequence[Pod]) -> Iterable[Span]:
    """Yield the held cells, one span per group; pods outside sets come last."""
    left = devices.capacity
    turn = 0
    for owner, pods in groupby(_by_owner(held_by), key=_owner):
        amount = sum(dict(pod.accelerators).get(devices.resource, 0) for pod in pods)
        if not amount:
            continue
        shade = HELD[turn % 2] if owner[1] else STRANGER
        yield Span(shade * min(amount, left), "busy" if owner[1] else "info")
        left = max(0, left - amount)
        turn += 1


def _owner(pod: Pod) -> tuple[str, str, int]:
    return (pod.namespace, pod.set_name, pod.group)


def _by_owner(pods: Iterable[Pod]) -> list[Pod]:
    present = [pod for pod in pods if pod.phase not in ("Succeeded", "Failed")]
    return sorted(present, key=lambda pod: (not pod.set_name, *_owner(pod), pod.worker))


def ranks(pods: Sequence[Pod]) -> str:
    """Return which group and rank hold a node: ``llama405b-2 w1``, ``qwen72b-0 8 pods``."""
    parts: list[str] = []
    for owner, found in groupby(_by_owner(pods), key=_owner):
        members = list(found)
        if owner[1]:
            rank = role(members[0]) if len(members) == 1 else count(len(members), "pod")
            parts.append(f"{owner[1]}-{owner[2]} {rank}")
    others = sum(not pod.set_name for pod in _by_owner(pods))
    beyond = len(parts) - MOST_OWNERS
    parts = parts[:MOST_OWNERS] + ([f"+{count(beyond, 'group')}"] if beyond > 0 else [])
    if others:
        parts.append(_strangers(others))
    return ", ".join(parts)


def _strangers(pods: int) -> str:
    return f"{pods} other {'pod' if pods == 1 else 'pods'}"


def owners(pods: Sequence[Pod]) -> str:
    """Return who holds a node's devices: ``llama70b 3-4, other pods 2``."""
    groups: dict[str, set[int]] = {}
    others = 0
    for pod in pods:
        if pod.set_name:
            groups.setdefault(pod.set_name, set()).add(pod.group)
        else:
            others += 1
    parts = [f"{name} {runs(sorted(found))}" for name, found in sorted(groups.items())]
    if others:
        parts.append(_strangers(others))
    return ", ".join(parts)
