"""A client that plays the node: what it writes into a pod's status stays and is taken up."""

from typing import Any

import pytest

from lwstui.sandbox.objects import Json
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

SLOW = {"sandbox.lwstui.dev/startup": "10000s"}


def write(world: World, name: str, **status: Any) -> None:
    """Write fields of a pod's status, as a client's patch would."""
    world.store.update(
        "pods", "default", name, lambda it: it["status"].update(status), subresource="status"
    )


def restarted(world: World, name: str, count: int) -> list[Json]:
    statuses = [dict(each) for each in world.status(name)["containerStatuses"]]
    statuses[0]["restartCount"] = count
    return statuses


def ready_is(world: World, name: str, value: str) -> list[Json]:
    others = [c for c in world.status(name).get("conditions", ()) if c["type"] != "Ready"]
    return [*others, {"type": "Ready", "status": value}]


async def settled(world: World, name: str) -> None:
    """Wait until the kubelet has written after the client: times are its own again."""
    await eventually(lambda: "lastTransitionTime" in world.condition(name, "Ready"))


async def test_a_raised_restart_count_is_a_restart_that_happened(world: World) -> None:
    world.create(pod("p", containers=[container("a"), container("b")]))
    await world.ready("p")
    write(world, "p", containerStatuses=restarted(world, "p", 3))
    await eventually(lambda: world.container("p").get("lastState", {}).get("terminated"))
    counts = [each["restartCount"] for each in world.status("p")["containerStatuses"]]
    assert counts == [3, 0]
    assert world.is_ready("p")
    world.store.update(
        "pods", "default", "p",
        lambda it: it["metadata"].setdefault("annotations", {}).update(
            {"sandbox.lwstui.dev/restart-container": "a"}
        ),
    )  # fmt: skip
    await eventually(lambda: world.container("p")["restartCount"] == 4)


async def test_a_restart_of_a_probed_container_makes_it_unready_until_it_serves(
    world: World,
) -> None:
    world.create(pod("p", annotations={"sandbox.lwstui.dev/startup": "20s"}))
    await world.ready("p")
    write(world, "p", containerStatuses=restarted(world, "p", 1))
    await eventually(lambda: not world.is_ready("p"))
    await world.ready("p")
    assert world.container("p")["restartCount"] == 1


async def test_restarts_before_the_first_start_are_counted_and_start_nothing(
    world: World,
) -> None:
    world.create(pod("p", annotations={"sandbox.lwstui.dev/pull": "100s"}))
    await eventually(lambda: world.status("p").get("containerStatuses"))
    write(world, "p", containerStatuses=restarted(world, "p", 2))
    world.create(pod("another"))
    await world.ready("another")
    assert (world.status("p")["phase"], world.container("p")["restartCount"]) == ("Pending", 2)
    await world.ready("p")
    assert world.container("p")["restartCount"] == 2


async def test_readiness_taken_away_stays_away_until_it_is_given_back_or_a_restart(
    world: World,
) -> None:
    world.create(pod("p"))
    await world.ready("p")
    write(world, "p", conditions=ready_is(world, "p", "False"))
    await settled(world, "p")
    assert not world.is_ready("p")
    assert world.container("p")["ready"] is False
    world.create(pod("another"))
    await world.ready("another")
    assert not world.is_ready("p")
    write(world, "p", conditions=ready_is(world, "p", "True"))
    await settled(world, "p")
    assert world.container("p")["ready"] is True
    write(world, "p", conditions=ready_is(world, "p", "False"))
    await settled(world, "p")
    write(world, "p", containerStatuses=restarted(world, "p", 1))
    await world.ready("p")


async def test_a_pod_said_to_run_and_to_be_ready_is(world: World) -> None:
    made = pod("p", annotations=SLOW, initContainers=[container("first")])
    world.create(made)
    await eventually(lambda: world.status("p").get("containerStatuses"))
    assert world.status("p")["phase"] == "Pending"
    write(world, "p", phase="Running", conditions=ready_is(world, "p", "True"))
    await settled(world, "p")
    assert world.status("p")["phase"] == "Running"
    assert world.is_ready("p")
    assert world.condition("p", "Initialized")["status"] == "True"


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
async def test_a_finished_pod_stays_finished(world: World, phase: str) -> None:
    world.create(pod("p"))
    await world.ready("p")
    write(world, "p", phase=phase)
    await eventually(lambda: not world.is_ready("p"))
    assert world.status("p")["phase"] == phase
    ended = world.container("p")["state"]["terminated"]
    assert (ended["exitCode"] == 0) == (phase == "Succeeded")


async def test_a_lowered_restart_count_is_written_again(world: World) -> None:
    world.create(pod("p"))
    await world.ready("p")
    write(world, "p", containerStatuses=restarted(world, "p", 2))
    await eventually(lambda: world.container("p").get("lastState"))
    write(world, "p", containerStatuses=restarted(world, "p", 0))
    await eventually(lambda: world.container("p")["restartCount"] == 2)


async def test_what_no_kubelet_writes_is_left_to_its_writer(world: World) -> None:
    world.create(pod("p"))
    await world.ready("p")
    before = len(world.changes)
    write(world, "p", message="seen by a client", nominatedNodeName="n1")
    write(world, "p", message="seen again", podIP="1.2.3.4")
    await eventually(lambda: world.status("p")["podIP"] != "1.2.3.4")
    assert world.status("p")["message"] == "seen again"
    assert world.status("p")["nominatedNodeName"] == "n1"
    answers = [c for c in world.changes[before:] if c.key == "pods"]
    assert len(answers) == 3  # two writes, and the address taken back
    write(world, "p", message="and again")
    write(world, "p", conditions=ready_is(world, "p", "False"))
    await settled(world, "p")
    assert not world.is_ready("p")


async def test_timers_go_on_under_writes_that_concern_no_kubelet(world: World) -> None:
    world.create(pod("p", annotations={"sandbox.lwstui.dev/startup": "20s"}))
    await eventually(lambda: world.status("p").get("containerStatuses"))

    def write_and_look() -> bool:
        write(world, "p", message=f"write {len(world.changes)}")
        return world.is_ready("p")

    await eventually(write_and_look)
