"""Commands in containers of the sandbox, over the console's own WebSocket."""

import asyncio

import pytest

from controller.errors import Invalid, NotFound
from lwstui.data import folder
from lwstui.kube.exec import Exec, ExecTarget
from lwstui.kube.manifests import load_manifests

SAMPLE = folder("examples") / "02-leaderworkerset-sample.yaml"
NAME = "leaderworkerset-sample"


@pytest.fixture
async def leader(world):
    """A set of one group whose leader runs; returns the world and the leader's name."""
    (sample,) = load_manifests([str(SAMPLE)])
    sample["spec"]["replicas"] = 1
    await world.apply([sample])
    await world.ready(NAME, 1)
    return world


async def talk(world, *command, typed=(), pod=f"{NAME}-0", container="nginx", tty=False):
    """Run a command and return how it ended and what it said."""
    said = bytearray()

    async def write(data):
        said.extend(data)

    running = Exec(
        world.connection.rest, ExecTarget("default", pod, container, tuple(command), tty=tty)
    )
    for text in typed:
        running.send(text.encode())
    running.resize(120, 40)
    if not tty:
        running.end_input()
    end = await asyncio.wait_for(running.run(write), 30)
    return end, said.decode()


async def test_output_and_exit_code(leader):
    end, said = await talk(leader, "sh", "-c", "echo group=$LWS_GROUP_SIZE; exit 4")
    assert (end.code, end.message) == (4, "")
    assert said == "group=4\n"


async def test_what_is_typed_is_read(leader):
    end, said = await talk(leader, "sh", typed=("echo a b\n",))
    assert end.code == 0
    assert said == "a b\n"


async def test_a_terminal_shows_a_prompt_and_echoes(leader):
    end, said = await talk(leader, "bash", typed=("exit 5\r",), tty=True)
    assert end.code == 5
    assert ":/# exit 5" in said


async def test_a_pod_that_is_not_there_is_told_by_the_server(leader):
    with pytest.raises(NotFound, match=r'pods "nobody" not found'):
        await talk(leader, "sh", pod="nobody")


async def test_a_container_that_is_not_there_is_told_by_the_server(leader):
    with pytest.raises(Invalid, match="container nobody is not valid"):
        await talk(leader, "sh", container="nobody")
