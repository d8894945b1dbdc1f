import asyncio
import re
from typing import Any

import pytest

from lwstui.sandbox.clock import parse_time
from lwstui.sandbox.status import StatusError
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

WISH = "sandbox.lwstui.dev/"
STAMP = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ")


async def _read(world: World, name: str, *, container: str = "main", **asked: Any) -> bytes:
    found = world.pod(name)
    assert found is not None
    options: dict[str, Any] = {
        "follow": False, "previous": False, "tail_lines": None, "since_s": None,
        "timestamps": False, "limit_bytes": None,
    }  # fmt: skip
    chunks = world.behaviour.logs.open(found, container, **options | asked)
    return b"".join([chunk async for chunk in chunks])


async def _serving(world: World, rate: str = "20") -> None:
    world.create(pod("p", annotations={f"{WISH}log-rate": rate}))
    await world.ready("p")
    await eventually(lambda: _has_lines(world, 40))


async def _has_lines(world: World, count: int) -> bool:
    return (await _read(world, "p")).count(b"\n") >= count


async def test_the_same_lines_are_told_again(world: World) -> None:
    await _serving(world)
    first = await _read(world, "p")
    second = await _read(world, "p")
    assert second.startswith(first)


async def test_tail_is_the_end(world: World) -> None:
    await _serving(world)
    whole = (await _read(world, "p")).splitlines()
    assert len((await _read(world, "p", tail_lines=5)).splitlines()) == 5
    assert (await _read(world, "p", tail_lines=10**6)).splitlines()[: len(whole)] == whole
    assert await _read(world, "p", tail_lines=0) == b""


async def test_time_stamps_come_first_and_grow(world: World) -> None:
    await _serving(world)
    lines = (await _read(world, "p", timestamps=True)).splitlines()
    assert all(STAMP.match(line) for line in lines)
    stamps = [line.split(b" ", 1)[0] for line in lines]
    assert stamps == sorted(stamps)


async def test_since_leaves_out_what_is_older(world: World) -> None:
    await _serving(world)
    lines = (await _read(world, "p", timestamps=True)).splitlines()
    stamp = lines[len(lines) // 2].split(b" ", 1)[0].decode()
    age_s = world.clock.now() - parse_time(stamp)
    recent = (await _read(world, "p", since_s=age_s, timestamps=True)).splitlines()
    assert recent
    assert min(recent) > lines[len(lines) // 2]


async def test_a_limit_cuts_in_the_middle_of_a_line(world: World) -> None:
    await _serving(world)
    whole = await _read(world, "p")
    assert await _read(world, "p", limit_bytes=33) == whole[:33]


async def test_follow_ends_with_the_container(world: World) -> None:
    world.create(pod("p", annotations={f"{WISH}log-rate": "50"}))
    await world.ready("p")
    following = asyncio.create_task(_read(world, "p", follow=True))
    await eventually(lambda: _has_lines(world, 30))
    assert not following.done()
    world.store.delete("pods", "default", "p")
    told = (await asyncio.wait_for(following, 30)).splitlines()
    assert told[-1].endswith(b"exit")
    assert len(told) == len(set(enumerate(told)))
    numbers = [int(line.split()[1]) for line in told if line.startswith(b"request ")]
    assert numbers == list(range(len(numbers)))


async def test_previous_is_the_run_before(world: World) -> None:
    world.create(pod("p", containers=[container(image="busybox", command=["serve"])]))
    await world.ready("p")
    with pytest.raises(StatusError) as refused:
        await _read(world, "p", previous=True)
    assert (refused.value.code, refused.value.message) == (
        400, 'previous terminated container "main" in pod "p" not found',
    )  # fmt: skip
    world.store.update(
        "pods", "default", "p",
        lambda it: it["metadata"].update(annotations={f"{WISH}restart-container": "main"}),
    )  # fmt: skip
    await eventually(lambda: world.container("p")["restartCount"] == 1)
    first = await _read(world, "p", previous=True)
    assert first.startswith(b"starting in pod p")
    assert first == await _read(world, "p", previous=True)


async def test_a_container_that_has_not_started_says_why(world: World) -> None:
    slow = {f"{WISH}pull": "1h"}
    world.create(pod("p", annotations=slow))
    assert await _read(world, "p") == b""
    await eventually(lambda: world.container("p").get("state"))
    with pytest.raises(StatusError) as refused:
        await _read(world, "p")
    assert refused.value.message == (
        'container "main" in pod "p" is waiting to start: ContainerCreating'
    )
    found = world.pod("p")
    assert found is not None
    with pytest.raises(StatusError) as unknown:
        world.behaviour.logs.open(
            found, "nope", follow=False, previous=False, tail_lines=None, since_s=None,
            timestamps=False, limit_bytes=None,
        )  # fmt: skip
    assert unknown.value.message == "container nope is not valid for pod p"


async def test_an_image_that_cannot_be_pulled_has_no_log(world: World) -> None:
    world.create(pod("p", containers=[container(image="nginx:typo")]))
    await eventually(lambda: ("Failed", "Error: ErrImagePull") in world.events("p"))
    with pytest.raises(StatusError, match="trying and failing to pull image"):
        await _read(world, "p")


async def test_a_flood_is_bounded(world: World) -> None:
    await _serving(world, rate="5000")
    await eventually(lambda: _has_lines(world, 20_000))
    assert (await _read(world, "p")).count(b"\n") == 20_000


async def test_follow_ends_with_a_crash_and_begins_again_with_the_next_run(world: World) -> None:
    crashing = {f"{WISH}crash-after": "30s", f"{WISH}exit-code": "3"}
    made = [container(image="busybox", command=["serve"])]
    world.create(pod("p", annotations=crashing, containers=made))
    await world.ready("p")
    first = (await asyncio.wait_for(_read(world, "p", follow=True), 30)).splitlines()
    assert first[-1] == b"failed with exit code 3"
    await eventually(lambda: world.container("p")["restartCount"] == 1 and world.is_ready("p"))
    again = (await asyncio.wait_for(_read(world, "p", follow=True), 30)).splitlines()
    assert again[-1] == b"failed with exit code 3"
    assert (await _read(world, "p", previous=True)).splitlines() in (first, again)


async def test_each_container_has_a_log_of_its_own(world: World) -> None:
    init = [container("init", image="busybox", command=["prepare"])]
    main = container(image="busybox", command=["serve"])
    both = [main, container("web", image="nginx:1.27")]
    world.create(pod("p", containers=both, initContainers=init))
    await world.ready("p")
    told = {name: await _read(world, "p", container=name) for name in ("init", "main", "web")}
    assert b"command: prepare" in told["init"]
    assert b"start worker processes" in told["web"]
    assert len(set(told.values())) == 3
