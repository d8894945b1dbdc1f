"""Rules about nodes: lost, under pressure, being emptied, or offering less than they have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from controller.api.core import Node
from controller.api.meta import Key
from lwstui.capacity.free import node_devices
from lwstui.insight.world import World, groups_of, seen_event
from lwstui.state.insights import Advice, Evidence, Finding, Severity, Subject

UNHEALTHY_S: Final = 120.0
GONE_S: Final = 300.0
"""A device plugin that restarts is back before that."""
REBOOT_S: Final = 3600.0
DRIVER_LABELS: Final = (
    "nvidia.com/cuda.driver-version.full",
    "nvidia.com/cuda.driver.rev",
    "amd.com/gpu.driver-version",
)
PRODUCT_LABELS: Final = ("nvidia.com/gpu.product", "amd.com/gpu.product-name")

_PRESSURES: Final = {
    "MemoryPressure": "memory",
    "DiskPressure": "disk",
    "PIDPressure": "process ids",
}
_BENIGN: Final = frozenset({"NetworkUnavailable"}) | _PRESSURES.keys()
_LOST: Final = frozenset(
    {f"P{n}" for n in range(1, 19)}
    | {f"E{n}" for n in range(1, 16)}
    | {"G1", "G3", "G5", "G6", "G7", "N3", "P20", "D1", "D13", "D14"}
)


def findings(world: World) -> Iterator[Finding]:
    """Yield what is wrong with nodes that have accelerators or hold pods of sets."""
    for node in world.snapshot.nodes.values():
        if node.capacity or node.name in world.on_node:
            for rule in RULES:
                yield from rule(world, node)
    yield from drivers(world)


def _finding(
    about: tuple[World, Node],
    rule: str,
    severity: Severity,
    diagnosis: str,
    evidence: Iterable[Evidence],
    *advice: Advice,
    hold_s: float = 0.0,
    explains: Iterable[str] = (),
) -> Finding:
    world, node = about
    return Finding(
        rule,
        severity,
        Subject("node", name=node.name),
        diagnosis,
        tuple(evidence),
        advice,
        groups_of(*world.on_node.get(node.name, ())),
        frozenset(explains),
        hold_s,
    )


def _cost(world: World, node: Node) -> str:
    """Say how many groups a node takes with it."""
    number = len(groups_of(*world.on_node.get(node.name, ())))
    if not number:
        return "no group has a pod there"
    groups = f"{number} group{'s' if number > 1 else ''}"
    return f"unless it recovers, {groups} with a pod there will be recreated as a whole"


def lost(world: World, node: Node) -> Iterator[Finding]:
    """N1: the node does not answer, or says that it is not well."""
    if node.ready:
        return
    silent = node.ready_reason == "NodeStatusUnknown" or not node.ready_reason
    what = "does not answer any more" if silent else f"is not ready: {node.ready_reason}"
    yield _finding(
        (world, node),
        "N1",
        Severity.CRITICAL,
        f"it {what}; {_cost(world, node)}",
        (Evidence(f"Ready is not True ({node.ready_reason or 'unknown'})", node.ready_changed_at),),
        Advice(
            "once it is known to be off, remove its pods by force"
            if silent
            else "see its conditions and events: its kubelet still answers, it may recover",
            "node.open",
        ),
        explains=_LOST,
    )


def pressure(world: World, node: Node) -> Iterator[Finding]:
    """N2: it runs out of something."""
    short = [_PRESSURES[kind] for kind, _ in node.troubles if kind in _PRESSURES]
    if short:
        yield _finding(
            (world, node),
            "N2",
            Severity.WARNING,
            f"it runs out of {' and '.join(short)}: pods may be evicted",
            (Evidence(", ".join(kind for kind, _ in node.troubles), world.snapshot.taken_at),),
            Advice("free what is cached on its disk, or drain it", "node.drain"),
            explains=("P9",),
        )


def emptied(world: World, node: Node) -> Iterator[Finding]:
    """N3: no new pods may come while groups are on it."""
    if node.unschedulable and node.name in world.on_node and node.ready:
        number = len(groups_of(*world.on_node[node.name]))
        yield _finding(
            (world, node),
            "N3",
            Severity.WARNING,
            f"it is cordoned and still holds pods of {number} "
            f"group{'s' if number > 1 else ''}: recreated, they go elsewhere or wait",
            (Evidence("spec.unschedulable is true", world.snapshot.taken_at),),
            Advice("uncordon it if it is fit", "node.uncordon"),
            Advice("drain it group by group", "node.drain"),
        )


def host(world: World, node: Node) -> Iterator[Finding]:
    """N4: something watches the host and has found trouble."""
    found = [(kind, reason) for kind, reason in node.troubles if kind not in _BENIGN]
    if found:
        kinds = ", ".join(kind for kind, _ in found)
        yield _finding(
            (world, node),
            "N4",
            Severity.WARNING,
            f"it reports trouble with its host: {kinds}",
            tuple(Evidence(f"{kind}: {reason}", world.snapshot.taken_at) for kind, reason in found),
            Advice("drain it", "node.drain"),
            explains=("E1", "E3", "G5", "P7"),
        )


def rebooted(world: World, node: Node) -> Iterator[Finding]:
    """N5: it was started again lately, which explains what happened to its pods."""
    for event in world.events_of.get(("Node", "", node.name), ()):
        if event.reason == "Rebooted" and world.now - event.last_at <= REBOOT_S:
            yield _finding(
                (world, node),
                "N5",
                Severity.INFO,
                "it was started again within the last hour",
                (seen_event(event),),
                explains=("G5", "P8"),
            )
            return


def unhealthy(world: World, node: Node) -> Iterator[Finding]:
    """D13 and D14: some or all devices are held back."""
    for devices in node_devices(node, world.snapshot.node_pods.get(node.name, ())):
        if not devices.unhealthy or not node.ready:
            continue
        seen = Evidence(
            f"{devices.resource}: {devices.allocatable} of {devices.capacity} allocatable",
            world.snapshot.taken_at,
        )
        if not devices.allocatable:
            yield _finding(
                (world, node),
                "D14",
                Severity.CRITICAL,
                f"it offers none of its {devices.capacity} {devices.resource}: "
                "its device plugin is down, or its driver does not load",
                (seen,),
                Advice("look at the plugin's pod on it", "node.open"),
                hold_s=GONE_S,
                explains=("D13", "P1", "P6", "G5"),
            )
            continue
        yield _finding(
            (world, node),
            "D13",
            Severity.WARNING,
            f"it holds {devices.unhealthy} of its {devices.capacity} "
            f"{devices.resource} back as unhealthy; they stay out until the plugin restarts",
            (seen,),
            Advice("cordon it before the next group lands there", "node.cordon"),
            hold_s=UNHEALTHY_S,
            explains=("P6",),
        )


def layout(world: World, node: Node) -> Iterator[Finding]:
    """D15: its partitions make no sense, or its devices are of several models."""
    product = next((node.labels[x] for x in PRODUCT_LABELS if x in node.labels), "")
    models = {
        view.reading.model
        for view in world.snapshot.telemetry.by_node.get(node.name, ())
        if view.reading.model
    }
    if product.endswith("MIG-INVALID"):
        what, seen = "is partitioned in a way that offers nothing", f"product {product}"
    elif len(models) > 1:
        what, seen = "has devices of several models", ", ".join(sorted(models))
    else:
        return
    yield _finding(
        (world, node),
        "D15",
        Severity.INFO,
        f"it {what}",
        (Evidence(seen, world.snapshot.taken_at),),
    )


RULES: Final[tuple[Callable[[World, Node], Iterator[Finding]], ...]] = (
    lost,
    pressure,
    emptied,
    host,
    rebooted,
    unhealthy,
    layout,
)


def drivers(world: World) -> Iterator[Finding]:
    """N6: the nodes of one group run different drivers."""
    told = {name: _driver(node) for name, node in world.snapshot.nodes.items()}
    if len(set(told.values()) - {""}) < 2:
        return
    for (key, index), pods in world.groups.items():
        versions: dict[str, str] = {}
        for pod in pods:
            if version := told.get(pod.node, ""):
                versions.setdefault(version, pod.node)
        if len(versions) > 1:
            yield _mixed(key, index, versions, world.snapshot.taken_at)


def _driver(node: Node) -> str:
    """Return the version of a node's driver, empty if it does not say."""
    return next((node.labels[x] for x in DRIVER_LABELS if x in node.labels), "")


def _mixed(key: Key, index: int, versions: dict[str, str], at: float) -> Finding:
    seen = ", ".join(f"{node} {version}" for version, node in sorted(versions.items()))
    return Finding(
        "N6",
        Severity.WARNING,
        Subject("group", key.namespace, key.name, index),
        f"its nodes run {len(versions)} versions of the driver",
        (Evidence(seen, at),),
        (Advice("bring the nodes of a pool to one version"),),
        frozenset({(key, index)}),
        frozenset({"E6"}),
    )
