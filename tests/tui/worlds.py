"""Clusters made up for screen tests: something of everything, a rollout, many groups, hostility."""

from __future__ import annotations

import msgspec

from controller.api.meta import Key
from tests.tui.building import NOW, World, live

__all__ = ["NOW", "World", "busy", "hostile", "large", "live", "rolling"]


def busy() -> World:
    """Return the cluster of a busy fleet: one of everything worth seeing."""
    world = World()
    world.add_nodes(104)
    world.add_set("llama405b", "·······X", size=2, gpus=8, revision="c81f02")
    world.add_set("mixtral", "··PP", namespace="llm-stage", age=660, revision="09ab1e")
    world.add_set(
        "qwen72b",
        "::::·!······",
        size=8,
        revision="8a41be",
        old="3f0c11",
        partition=4,
        age=64 * 86400,
        detail={5: "·····!!!"},
    )
    world.add_set("deepseek-r1", "·o", namespace="research", gpus=8, age=120, revision="71e3c9")
    world.add_set(
        "gemma27b", "::::··", size=2, revision="44d0aa", old="11aa22", partition=4, age=10800
    )
    world.add_set("llama70b", "·" * 48, age=12 * 86400)
    world.add_set("phi4", "·" * 40, size=1, revision="e7710b", age=40 * 86400)
    world.add_set(
        "embed-bge", "·" * 24, namespace="batch", size=1, revision="0c2217", age=90 * 86400
    )
    world.add_set("nemotron", "·", namespace="research", size=8, revision="d0d0f3", age=17 * 86400)
    world.add_set(
        "old-falcon", "", namespace="research", size=8, revision="1f00d2", age=180 * 86400
    )
    world.break_node("gpu-101")
    world.break_node("gpu-102", cordoned=True)
    world.add_event(
        "llama405b-7",
        "BackOff",
        "Back-off restarting failed container vllm-leader",
        warning=True,
        ago=2,
        count=6,
    )
    world.add_event(
        "mixtral-2",
        "FailedScheduling",
        "0/104 nodes are available: 96 pod affinity, 8 cordoned",
        namespace="llm-stage",
        warning=True,
        ago=29,
        count=12,
    )
    world.add_event(
        "qwen72b", "GroupsProgressing", "11/12 groups ready", kind="LeaderWorkerSet", ago=118
    )
    world.add_event("deepseek-r1-1", "Pulling", "Pulling image", namespace="research", ago=140)
    return world


def rolling() -> tuple[World, Key]:
    """Return a set of 48 groups in the middle of a rollout that group 29 blocks."""
    world = World()
    world.add_nodes(30)
    key = world.add_set(
        "llama70b",
        ":" * 17 + "oo" + "·" * 10 + "X" + "·" * 18,
        revision="8a41be",
        old="5f9c7d",
        partition=17,
        detail={29: "ooXo", 18: "··oo"},
    )
    world.add_event(
        "llama70b-29-2", "BackOff", "Back-off restarting failed container", warning=True
    )
    return world, key


def large(groups: int = 2000, size: int = 8) -> tuple[World, Key]:
    """Return one set with very many groups, a few of them in trouble."""
    world = World()
    world.add_nodes(8)
    states = [":"] * (groups // 4) + ["·"] * (groups - groups // 4)
    for index, letter in ((5, "o"), (78, "P"), (413, "X"), (1201, "X"), (1202, "X"), (1777, "!")):
        if index < groups:
            states[index] = letter
    key = world.add_set(
        "embed-fleet",
        "".join(states),
        namespace="batch",
        size=size,
        gpus=0,
        revision="f02",
        old="e77",
        partition=groups // 4,
    )
    return world, key


def hostile() -> tuple[World, Key]:
    """Return a cluster whose every text tries to be markup, styling or very long."""
    world = World(context="[bold]ctx[/]")
    world.add_nodes(2)
    key = world.add_set(
        "x[/]" + "y" * 249,
        "·X",
        namespace="[red]ns",
        revision="[/]",
        image="[link=x]img[/foo]",
    )
    world.add_set("[@click=app.quit]", "o", namespace="[red]ns", image="漢字🔥")
    for pod in list(world.pods.values()):
        if not pod.ready:
            containers = tuple(
                msgspec.structs.replace(
                    c, reason="[/foo] failed", message="[red]x[/] 漢字🔥 [/foo]"
                )
                for c in pod.containers
            )
            world.pods[pod.key] = msgspec.structs.replace(pod, containers=containers)
    world.add_event(
        "x[/]", "[Bad", "image [/foo] failed [red] 漢字🔥", namespace="[red]ns", warning=True
    )
    world.add_event("", "", "", namespace="[red]ns")
    return world, key
