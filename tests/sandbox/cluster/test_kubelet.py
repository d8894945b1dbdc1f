from itertools import groupby
from typing import Any

import pytest

from tests.sandbox.cluster.builders import LWS, container, pod
from tests.sandbox.cluster.conftest import World
from tests.support.waiting import eventually

WISH = "sandbox.lwstui.dev/"


def _member(index: int) -> dict[str, Any]:
    """Return a pod of a two-pod vLLM group."""
    part = "leader" if index == 0 else "worker"
    command = f"multi-node-serving.sh {part}; vllm serve --model x/Small-8B"
    made = container(
        image="vllm/vllm-openai:v0.11", command=["sh", "-c", command], gpu=8,
        readinessProbe={"tcpSocket": {"port": 8080}, "periodSeconds": 1},
    )  # fmt: skip
    labels = {f"{LWS}name": "llm", f"{LWS}group-index": "0", f"{LWS}worker-index": str(index)}
    return pod(f"llm-0-{index}", labels=labels, annotations={f"{LWS}size": "2"}, containers=[made])


async def test_a_pod_passes_through_the_states_a_watcher_knows(world: World) -> None:
    world.create(pod("p"))
    await world.ready("p")
    seen = [
        change.object.get("status") or {}
        for change in world.changes
        if change.key == "pods" and change.object["metadata"]["name"] == "p"
    ]
    phases = [status.get("phase") for status in seen]
    assert [phase for phase, _ in groupby(phases)] == [None, "Pending", "Running"]
    waiting = [
        status["containerStatuses"][0]["state"]["waiting"]["reason"]
        for status in seen
        if status.get("phase") == "Pending"
    ]
    assert set(waiting) == {"ContainerCreating"}
    reasons = [reason for reason, _ in world.events("p")]
    assert reasons == ["Scheduled", "Pulling", "Pulled", "Created", "Started"]


async def test_the_status_has_its_real_shape(world: World) -> None:
    world.create(pod("p", containers=[container(gpu=2)]))
    await world.ready("p")
    status, one = world.status("p"), world.container("p")
    assert status["podIPs"] == [{"ip": status["podIP"]}]
    assert status["hostIPs"] == [{"ip": status["hostIP"]}]
    assert status["qosClass"] == "BestEffort"
    assert [each["type"] for each in status["conditions"]] == [
        "PodScheduled", "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady",
    ]  # fmt: skip
    assert one["containerID"].startswith("containerd://")
    assert one["imageID"].startswith("docker.io/library/nginx@sha256:")
    assert (one["ready"], one["started"], one["restartCount"]) == (True, True, 0)
    held = one["allocatedResourcesStatus"][0]
    assert held["name"] == "nvidia.com/gpu"
    assert len({each["resourceID"] for each in held["resources"]}) == 2


async def test_two_pods_on_a_node_hold_different_devices(world: World) -> None:
    where = {"nodeSelector": {"kubernetes.io/hostname": "h100-01"}}
    for name in ("a", "b"):
        world.create(pod(name, containers=[container(gpu=4)], **where))
    await world.ready("a", "b")
    ids = [
        each["resourceID"]
        for name in ("a", "b")
        for each in world.container(name)["allocatedResourcesStatus"][0]["resources"]
    ]
    assert len(set(ids)) == 8
    assert world.status("a")["podIP"] != world.status("b")["podIP"]


async def test_a_pod_put_on_a_full_node_is_refused(world: World) -> None:
    for name in ("a", "b"):
        world.create(pod(name, nodeName="h100-01", containers=[container(gpu=8)]))
    await world.ready("a")
    await eventually(lambda: world.status("b").get("phase") == "Failed")
    assert world.status("b")["reason"] == "UnexpectedAdmissionError"
    assert "Requested: 8, Available: 0" in world.status("b")["message"]


@pytest.mark.parametrize("image", ["nginx:typo", "registry.example/does-not-exist:1"])
async def test_an_image_that_cannot_be_pulled(world: World, image: str) -> None:
    world.create(pod("p", containers=[container(image=image)]))
    await eventually(
        lambda: (
            world.container("p").get("state", {}).get("waiting", {}).get("reason")
            == "ImagePullBackOff"
        )
    )
    assert world.status("p")["phase"] == "Pending"
    assert ("Failed", "Error: ErrImagePull") in world.events("p")
    assert ("BackOff", f'Back-off pulling image "{image}"') in world.events("p")


async def test_a_crashing_container_backs_off(world: World) -> None:
    wishes = {f"{WISH}crash-after": "1s", f"{WISH}exit-code": "137"}
    world.create(pod("p", annotations=wishes))
    await eventually(
        lambda: (
            world.container("p").get("state", {}).get("waiting", {}).get("reason")
            == "CrashLoopBackOff"
        )
    )
    one = world.container("p")
    assert one["restartCount"] == 1
    assert one["lastState"]["terminated"]["reason"] == "OOMKilled"
    assert one["state"]["waiting"]["message"].startswith("back-off 10s restarting failed")


async def test_a_wish_for_one_container_spares_the_others(world: World) -> None:
    both = [container("a"), container("b")]
    world.create(pod("p", annotations={f"{WISH}never-ready.b": "true"}, containers=both))
    await eventually(lambda: world.container("p").get("ready"))
    await eventually(lambda: [r for r, _ in world.events("p") if r == "Unhealthy"])
    assert world.condition("p", "Ready")["message"] == "containers with unready status: [b]"


async def test_a_container_restarts_once_per_wish(world: World) -> None:
    world.create(pod("p"))
    await world.ready("p")
    for count, wish in ((1, "main"), (2, "main#again")):
        world.store.update(
            "pods", "default", "p",
            lambda it, wish=wish: it["metadata"].setdefault("annotations", {}).update(
                {f"{WISH}restart-container": wish}
            ),
        )  # fmt: skip
        await eventually(
            lambda count=count: (
                world.container("p")["restartCount"] == count and world.is_ready("p")
            )
        )
    assert ("Killing", "Stopping container main") in world.events("p")


async def test_a_leader_is_ready_only_after_its_worker_runs(world: World) -> None:
    world.create(_member(0))
    await eventually(lambda: world.status("llm-0-0").get("phase") == "Running")
    await eventually(lambda: [r for r, _ in world.events("llm-0-0") if r == "Unhealthy"])
    assert not world.is_ready("llm-0-0")
    world.create(_member(1))
    await world.ready("llm-0-0", "llm-0-1")


async def test_deletion_is_graceful(world: World) -> None:
    world.create(pod("p", annotations={f"{WISH}shutdown": "5s"}))
    await world.ready("p")
    started = world.clock.now()
    world.store.delete("pods", "default", "p")
    await world.gone("p")
    assert world.clock.now() - started >= 5 / world.clock.speed
    last = [change for change in world.changes if change.key == "pods"][-1]
    assert last.type == "DELETED"
    ended = last.object["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == 0
    assert ("Killing", "Stopping container main") in world.events("p")


async def test_a_forced_deletion_frees_the_devices(world: World) -> None:
    where = {"nodeSelector": {"kubernetes.io/hostname": "h100-01"}}
    world.create(pod("a", containers=[container(gpu=8)], **where))
    await world.ready("a")
    world.store.delete("pods", "default", "a", grace_s=0)
    assert world.pod("a") is None
    world.create(pod("b", containers=[container(gpu=8)], **where))
    await world.ready("b")


async def test_a_finalizer_keeps_a_stopped_pod(world: World) -> None:
    held = pod("p")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    world.create(held)
    await world.ready("p")
    world.store.delete("pods", "default", "p")
    await eventually(lambda: "terminated" in world.container("p").get("state", {}))
    assert world.pod("p") is not None
    world.store.update("pods", "default", "p", lambda it: it["metadata"].pop("finalizers"))
    await world.gone("p")


async def test_pods_of_a_removed_node_go_with_it(world: World) -> None:
    world.create(pod("p", nodeSelector={"kubernetes.io/hostname": "h100-03"}))
    await world.ready("p")
    world.store.delete("nodes", "", "h100-03")
    await world.gone("p")


async def test_a_container_that_hangs_is_restarted_and_says_why(world: World) -> None:
    live = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5, "failureThreshold": 2}
    made = container(ports=[{"containerPort": 80}], livenessProbe=live)
    world.create(
        pod(
            "p", annotations={f"{WISH}hang-after": "30s"}, containers=[made],
            terminationGracePeriodSeconds=5,
        )
    )  # fmt: skip
    await eventually(lambda: world.container("p").get("restartCount", 0) >= 1)
    ended = world.container("p")["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "Error")
    events = world.events("p")
    assert ("Killing", "Container main failed liveness probe, will be restarted") in events
    assert any(
        reason == "Unhealthy" and message.startswith("Liveness probe failed: Get")
        for reason, message in events
    )


async def test_containers_are_listed_by_name_and_init_containers_in_order(world: World) -> None:
    init = [container("z-first"), container("a-second")]
    world.create(pod("p", initContainers=init, containers=[container("web"), container("app")]))
    await world.ready("p")
    status = world.status("p")
    assert [each["name"] for each in status["initContainerStatuses"]] == ["z-first", "a-second"]
    assert [each["name"] for each in status["containerStatuses"]] == ["app", "web"]
    assert [each["state"]["terminated"]["reason"] for each in status["initContainerStatuses"]] == [
        "Completed", "Completed",
    ]  # fmt: skip
