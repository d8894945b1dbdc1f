"""Processes of simulated containers: when they are there, and how busy their group is."""

import asyncio

from tests.sandbox.cluster.builders import LWS, container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

COMMAND = ["sh", "-c", "multi-node-serving.sh; vllm serve x/Big-8B --port 8080"]


def member(index: int) -> dict:
    return pod(
        "llm-0" if index == 0 else f"llm-0-{index}",
        labels={f"{LWS}name": "llm", f"{LWS}group-index": "0", f"{LWS}worker-index": str(index)},
        annotations={f"{LWS}size": "2"},
        containers=[container(image="vllm/vllm-openai:v1", gpu=8, command=COMMAND)],
    )


async def test_a_worker_is_as_busy_as_the_engine_it_is_a_part_of(world: World) -> None:
    processes = world.behaviour.processes
    worker = world.create(member(1))
    found = await eventually(lambda: processes.find(worker, "main"))
    assert (found.load, len(found.gpus)) == (None, 8)
    leader = world.create(member(0))
    busy = await eventually(lambda: (p := processes.find(leader, "main")) and p.serves and p)
    assert busy.ports == {8080, 6379}

    def same() -> bool:
        """Both are looked at in one turn of the loop, but the clock goes on in between."""
        one, other = processes.find(worker, "main"), processes.find(leader, "main")
        return bool(one and other and one.load is not None and one.load == other.load)

    await eventually(same)


async def test_who_waits_learns_of_the_end_of_a_run(world: World) -> None:
    processes = world.behaviour.processes
    made = world.create(pod(annotations={"sandbox.lwstui.dev/crash-after": "20s"}))
    await eventually(lambda: processes.find(made, "main"))
    async with asyncio.timeout(30):
        await processes.ended(made, "main")
    assert processes.find(made, "main") is None
    assert list(processes.listed(made)) == []


async def test_who_waits_learns_that_a_pod_has_gone(world: World) -> None:
    processes = world.behaviour.processes
    made = world.create(pod())
    await eventually(lambda: processes.find(made, "main"))
    waiting = asyncio.ensure_future(processes.gone(made))
    world.store.delete("pods", "default", "p", grace_s=0)
    async with asyncio.timeout(30):
        await waiting
    assert processes.find(made, "main") is None
    await processes.ended(made, "main")
