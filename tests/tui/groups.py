"""Groups on their way for screen tests: one that pulls an image, one whose workers wait."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.state.model import GroupStart, Snapshot
from tests.tui.building import NOW, World

IMAGE = "registry.example/nemotron:25.05"
CREATED = NOW - 227


def _at(pod: Pod, node: str, *, scheduled: float, started: float = 0.0, ready: float = 0.0) -> Pod:
    """Return a pod placed and started so many seconds after its creation; 0 is not yet."""
    container = pod.containers[0]
    if started:
        container = msgspec.structs.replace(
            container,
            state="running",
            reason="",
            ready=bool(ready),
            started=True,
            started_at=CREATED + started,
        )
    else:
        container = msgspec.structs.replace(
            container, state="waiting", reason="ContainerCreating", started_at=None
        )
    return msgspec.structs.replace(
        pod,
        created_at=CREATED,
        node=node,
        scheduled=True,
        scheduled_at=CREATED + scheduled,
        initialized_at=CREATED + scheduled,
        phase="Running" if started else "Pending",
        ready=bool(ready),
        ready_changed_at=CREATED + (ready or scheduled),
        containers=(container,),
    )


def pulling() -> tuple[Snapshot, Key]:
    """Return a set of one group of eight in which two pods still pull their image."""
    world = World()
    world.add_nodes(10)
    key = world.add_set(
        "nemotron", "o", namespace="research", size=8, image=IMAGE, revision="d0d0f3", age=227
    )
    ways = (
        ("gpu-007", 1, 42, 121),
        ("gpu-007", 2, 42, 130),
        ("gpu-007", 2, 46, 131),
        ("gpu-008", 2, 93, 0),
        ("gpu-008", 2, 93, 0),
        ("gpu-008", 2, 95, 0),
        ("gpu-009", 3, 0, 0),
        ("gpu-009", 3, 0, 0),
    )
    members = sorted((p for p in world.pods.values() if p.set_key == key), key=lambda p: p.worker)
    for pod, (node, scheduled, started, ready) in zip(members, ways, strict=True):
        world.pods[pod.key] = _at(pod, node, scheduled=scheduled, started=started, ready=ready)
    namespace = "research"
    world.add_event("nemotron-0-6", "Pulling", f'Pulling image "{IMAGE}"', namespace=namespace)
    world.add_event(
        "nemotron-0-6", "Scheduled", "assigned to gpu-009", namespace=namespace, ago=220
    )
    starts = {key: tuple(GroupStart(IMAGE, second) for second in (350, 360, 370, 380, 580))}
    return world.snapshot(starts=starts), key


def waiting_for_leader() -> tuple[Snapshot, Key]:
    """Return a set with LeaderReady start-up whose leader is not ready."""
    world = World()
    world.add_nodes(4)
    key = world.add_set(
        "llama70b", "o", size=4, image=IMAGE, age=300, detail={0: "o___"}, revision="5f9c7d"
    )
    lws = world.sets[key]
    spec = {**lws.spec, "startupPolicy": "LeaderReady"}
    world.sets[key] = msgspec.structs.replace(lws, spec=spec)
    (leader,) = world.pods.values()
    world.pods[leader.key] = _at(leader, "gpu-001", scheduled=1, started=60)
    snapshot = world.snapshot()
    waits = {key: (("leader", "group 0: its workers wait until the leader is ready", 0),)}
    return replace(snapshot, controller=replace(snapshot.controller, waits=waits)), key
