"""Containers added to a running pod: they begin at once, end once, and nothing waits for them."""

from typing import Any

from lwstui.sandbox.ephemeral import FIELD
from tests.sandbox.cluster.builders import container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually


def add(world: World, name: str, **fields: Any) -> None:
    def change(body: dict[str, Any]) -> None:
        made = container(name, "busybox:1.37", **fields)
        body["spec"].setdefault(FIELD, []).append(made)

    world.store.update("pods", "default", "p", change)


def state(world: World, name: str) -> dict[str, Any]:
    told = world.status("p").get("ephemeralContainerStatuses") or ()
    return next((each for each in told if each["name"] == name), {})


async def test_they_run_beside_the_others(world: World) -> None:
    world.create(pod(restartPolicy="Always"))
    await world.ready("p")
    add(world, "sh", stdin=True)
    add(world, "once", command=["sh", "-c", "exit 3"])
    add(world, "silent", command=["sh"])
    await eventually(lambda: "running" in state(world, "sh").get("state", {}))
    told = await eventually(lambda: state(world, "once").get("state", {}).get("terminated"))
    assert (told["exitCode"], told["reason"]) == (3, "Error")
    told = await eventually(lambda: state(world, "silent").get("state", {}).get("terminated"))
    assert (told["exitCode"], told["reason"]) == (0, "Completed")
    running = state(world, "sh")
    assert (running["ready"], running["restartCount"], "started" in running) == (False, 0, False)
    assert world.is_ready("p")
    assert len(world.status("p")["containerStatuses"]) == 1
    assert ("Pulling", 'Pulling image "busybox:1.37"') in world.events("p")
    made = world.pod("p")
    assert made is not None
    assert world.behaviour.processes.find(made, "sh") is not None
    world.behaviour.processes.end(made, "sh", 7)
    told = await eventually(lambda: state(world, "sh").get("state", {}).get("terminated"))
    assert (told["exitCode"], state(world, "sh")["restartCount"]) == (7, 0)


async def test_they_look_into_a_pod_that_does_not_start(world: World) -> None:
    pull_error = {"sandbox.lwstui.dev/pull-error.init": "not found"}
    broken = pod(annotations=pull_error, initContainers=[container("init")])
    world.create(broken)
    await eventually(lambda: world.status("p").get("initContainerStatuses"))
    add(world, "sh", stdin=True)
    await eventually(lambda: "running" in state(world, "sh").get("state", {}))
    assert world.status("p")["phase"] == "Pending"
    assert not world.is_ready("p")
    world.store.delete("pods", "default", "p")
    await eventually(lambda: world.pod("p") is None)
