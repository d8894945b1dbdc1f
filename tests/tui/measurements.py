"""What exporters and engines would say of a small world, for tests of screens."""

from __future__ import annotations

from typing import Final

from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.state.telemetry import DeviceView, Source, Telemetry
from lwstui.state.trends import STEP_S, Track, Trends
from tests.tui.building import NOW, World
from tests.view.measuring import FRESH, device, engine, measured

SERVING: Final = Key("prod", "llama405b")
_MEASURED_NODES: Final = 12
"""Nodes whose exporter answers; the others have none."""
_STEP: Final = int(NOW // STEP_S)
_OWN: Final = Trends(
    Track(_STEP - 19, (4.0,) * 8 + (3.0,) * 4 + (4.0,) * 8),
    Track(_STEP - 19, tuple(0.3 + 0.03 * minute for minute in range(20))),
    Track(_STEP - 19, tuple(900.0 + 40.0 * minute for minute in range(20))),
)
"""Twenty minutes that the console saw."""
_PAST: Final = Trends(Track(_STEP - 59, (4.0,) * 40), Track(_STEP - 59, (0.2, 0.6) * 20))
"""What was before them."""
_WORKS: Final = (0.97, 0.8, 0.62, 0.3, 0.02)


def serving(age_s: float = FRESH) -> Snapshot:
    """Return two serving sets on sixteen nodes, measured so many seconds ago."""
    world = World()
    world.add_nodes(16)
    world.add_set(SERVING.name, "····", namespace="prod", size=2, gpus=8)
    world.add_set("qwen72b", "··", namespace="prod", size=2, gpus=4)
    world.break_node("gpu-010", cordoned=True)
    bare = world.snapshot()
    return world.snapshot(telemetry=_telemetry(bare, age_s))


def unmeasured() -> Snapshot:
    """Return the same world in which nobody may be asked."""
    world = World()
    world.add_nodes(16)
    world.add_set(SERVING.name, "····", namespace="prod", size=2, gpus=8)
    refused = Source("exporters of devices", 16, 0, "not allowed: get pods/proxy in gpu-operator")
    return world.snapshot(telemetry=Telemetry(NOW, sources=(refused,)))


def _telemetry(snapshot: Snapshot, age_s: float) -> Telemetry:
    devices = [
        view
        for name in sorted(snapshot.nodes)[:_MEASURED_NODES]
        for view in _of_node(snapshot, name, age_s)
    ]
    engines = {
        f"{SERVING.name}-{group}": engine(age_s, (0.84, 2.5), waiting=waiting, kv=kv)
        for group, (waiting, kv) in enumerate(((0.0, 0.41), (3.0, 0.62), (40.0, 0.97)))
    }
    return measured(devices, engines, trends={SERVING: _OWN}, past={SERVING: _PAST}, whole=_OWN)


def _of_node(snapshot: Snapshot, name: str, age_s: float) -> list[DeviceView]:
    pods = snapshot.node_pods.get(name, ())
    holders = [pod.name for pod in pods for _, amount in pod.accelerators for _ in range(amount)]
    return [
        _device(name, index, holders[index] if index < len(holders) else "", age_s)
        for index in range(8)
    ]


def _device(node: str, index: int, holder: str, age_s: float) -> DeviceView:
    number = int(node[-3:])
    works = _WORKS[(number + index // 5) % len(_WORKS)] if holder else 0.0
    silent = number == 3 and index == 0
    return device(
        index,
        None if silent else works,
        node=node,
        holder=holder,
        age_s=age_s,
        memory=0.88 if holder else 0.0,
        watts=120.0 + 520.0 * works,
        celsius=35.0 + 45.0 * works,
        idle_since=NOW - 1320 if works < 0.05 else None,
    )
