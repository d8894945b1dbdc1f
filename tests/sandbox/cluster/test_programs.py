"""Small programs are played as they are written; anything else is a process that stays."""

from typing import Any

import pytest

from lwstui.sandbox.engines.program import is_shell, program
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

FOREVER = float("inf")


@pytest.mark.parametrize(
    ("command", "run_s", "code", "printed"),
    [
        (["echo", "hi", "there"], 0, 0, ["hi there"]),
        (["/bin/echo", "-n", "$(WHO)"], 0, 0, ["me"]),
        (["true"], 0, 0, []),
        (["false"], 0, 1, []),
        (["sleep", "5"], 5, 0, []),
        (["sleep", "1m", "2s"], 62, 0, []),
        (["sleep", "infinity"], FOREVER, 0, []),
        (["sh", "-c", "echo a; sleep 2; echo b; exit 3; echo c"], 2, 3, ["a", "b"]),
        (["bash", "-c", "echo 'a  b' && false && echo no"], 0, 1, ["a  b"]),
        (["sh", "-c", "false || echo yes"], 0, 0, ["yes"]),
        (["sh", "-c", "true || echo no"], 0, 0, []),
        (["sh", "-ec", "false; echo no"], 0, 1, []),
        (["/bin/sh", "-c", "echo one\necho $WHO"], 0, 0, ["one", "me"]),
        (["sh", "-c", "exit"], 0, 0, []),
    ],
)
def test_small_programs(command: list[str], run_s: float, code: int, printed: list[str]) -> None:
    made = program({"command": command, "env": [{"name": "WHO", "value": "me"}]})
    assert made is not None
    assert made.run_s == pytest.approx(run_s, abs=0.1)
    assert made.exit_code == code
    assert [text for _, text in made.lines] == printed


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["vllm", "serve", "m"],
        ["--model", "m"],
        ["sh"],
        ["sh", "-c", "while true; do echo hi; sleep 1; done"],
        ["sh", "-c", "echo hi > /tmp/x"],
        ["sh", "-c", "echo a | cat"],
        ["sh", "-c", "echo $UNKNOWN"],
        ["sh", "-c", "echo 'open"],
        ["sh", "-c", "sleep soon"],
        ["sh", "-c", "server & wait"],
        ["sleep"],
    ],
)
def test_anything_else_is_no_small_program(command: list[str]) -> None:
    assert program({"command": command}) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"image": "busybox", "stdin": True}, True),
        ({"image": "docker.io/library/ubuntu:24.04", "stdin": True}, True),
        ({"image": "debian@sha256:0", "stdin": True}, True),
        ({"image": "x", "command": ["/bin/bash"], "stdin": True}, True),
        ({"image": "busybox"}, False),
        ({"image": "nginx", "stdin": True}, False),
        ({"image": "busybox", "command": ["sh", "-c", "true"], "stdin": True}, False),
    ],
)
def test_which_containers_are_shells(fields: dict[str, Any], expected: bool) -> None:
    assert is_shell(fields) is expected
    made = program(fields)
    if expected:
        assert made is not None
        assert (made.run_s, made.lines) == (FOREVER, [])


async def run(world: World, *command: str, **fields: Any) -> None:
    main = container(image="busybox:1.36", command=list(command))
    world.create(pod("p", containers=[main], restartPolicy="Never", **fields))


async def test_a_pod_of_a_small_program_ends_with_its_code(world: World) -> None:
    await run(world, "sh", "-c", "echo hi; sleep 3; exit 7")
    await eventually(lambda: world.status("p").get("phase") == "Failed")
    ended = world.container("p")["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (7, "Error")
    logs = world.behaviour.logs.open(
        world.pod("p") or {}, "main", follow=False, previous=False, tail_lines=None,
        since_s=None, timestamps=False, limit_bytes=None,
    )  # fmt: skip
    assert b"".join([piece async for piece in logs]) == b"hi\n"


async def test_a_pod_whose_program_ends_well_has_succeeded(world: World) -> None:
    await run(world, "true")
    await eventually(lambda: world.status("p").get("phase") == "Succeeded")


async def test_an_init_container_that_fails_holds_the_pod_up(world: World) -> None:
    first = container("first", image="busybox:1.36", command=["false"])
    await run(world, "sleep", "infinity", initContainers=[first])
    await eventually(lambda: world.status("p").get("phase") == "Failed")
    (status,) = world.status("p")["initContainerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 1
