"""All rules in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lwstui.insight import devices, ends, logs, measuring, nodes, pods, serving, sets, starting
from lwstui.insight.world import World
from lwstui.state.insights import Finding

FAMILIES: Final[tuple[Callable[[World], Iterator[Finding]], ...]] = (
    nodes.findings,
    devices.findings,
    sets.findings,
    pods.findings,
    ends.findings,
    logs.findings,
    starting.findings,
    serving.findings,
    measuring.findings,
)


def findings(world: World) -> Iterator[Finding]:
    """Yield everything that the rules find."""
    for family in FAMILIES:
        yield from family(world)
