"""Every shipped scenario against a sandbox with our controller: what it promises comes true."""

import asyncio

import pytest

from lwstui.sandbox.cluster import SandboxOptions
from lwstui.sandbox.scenarios.files import load, shipped_names
from lwstui.sandbox.scenarios.runner import Line
from tests.e2e.cli import lwstui
from tests.e2e.conftest import World, world_of
from tests.support.waiting import eventually

# A client waits real seconds between its attempts; the faults of the API must not outrun them.
CLIENT_SPEED = 60
SPEED = 100


async def play(world: World, name: str) -> list[Line]:
    world.sandbox.control.start(load(name))
    async with asyncio.timeout(40):
        return [line async for line in world.sandbox.control.lines()]


@pytest.mark.parametrize("name", shipped_names())
async def test_what_a_scenario_promises_comes_true(name: str) -> None:
    speed = CLIENT_SPEED if name.startswith(("api-", "watches-")) else SPEED
    async with world_of(SandboxOptions(speed=speed)) as world:
        lines = await play(world, name)
    told = "\n".join(f"{line.at_s} {line.kind} {line.text}" for line in lines)
    scenario = load(name)
    assert (lines[-1].kind, lines[-1].good) == ("end", True), told
    checked = [each.say for each in scenario.expectations if each.check is not None]
    assert [line.text for line in lines if line.kind == "seen"] == checked
    assert len([line for line in lines if line.kind == "step"]) == len(scenario.steps)


@pytest.mark.parametrize(
    ("name", "code"), [("api-down", "503"), ("api-throttled", "429"), ("watches-expired", "200")]
)
async def test_our_client_meets_the_faults_and_gets_over_them(name: str, code: str) -> None:
    async with world_of(SandboxOptions(speed=CLIENT_SPEED)) as world:
        control, rest = world.sandbox.control, world.connection.rest
        lists = rest.requests["GET pods list"]
        assert (await play(world, name))[-1].good
        told = sum(count for (_, _, got), count in rest.answers.items() if got == code)
        assert told > 0
        assert control.faults.hits > 0
        if name == "watches-expired":
            assert rest.requests["GET pods list"] > max(1, lists)


async def test_the_command_plays_a_scenario_and_tells_of_it(world: World) -> None:
    ran = await lwstui(world, "scenario", "run", "worker-killed")
    assert ran.code == 0, ran.out + ran.err
    assert "delete llm-1-1" in ran.out
    assert ran.lines[-1].endswith("all came as expected")


async def test_stop_takes_back_what_is_broken(world: World) -> None:
    world.sandbox.control.start(load("node-blip"))
    store = world.sandbox.store

    def broken() -> list[str]:
        return [
            str(node["metadata"]["name"])
            for node in store.items("nodes")
            if any(
                c["type"] == "Ready" and c["status"] != "True" for c in node["status"]["conditions"]
            )
        ]

    await eventually(broken)
    ran = await lwstui(world, "scenario", "stop")
    assert ran.out == "stopped; faults taken back: 1\n"
    assert broken() == []
    await world.ready("llm", 3)


async def test_a_scenario_is_refused_while_another_is_played(world: World) -> None:
    world.sandbox.control.start(load("node-lost"))
    ran = await lwstui(world, "scenario", "run", "worker-killed")
    assert ran.code == 1
    assert "scenario node-lost is being played; stop it first" in ran.err
