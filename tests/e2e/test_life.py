"""A set's life on the sandbox with our controller: what the native one would do, over HTTP."""

from typing import Any

from controller.api.names import LEADERWORKERSETS, PODS
from controller.ports import Propagation
from lwstui.kube.cluster import KubeCluster
from tests.e2e.conftest import World
from tests.support.waiting import eventually


def lws(name: str = "demo", **spec: Any) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "main", "image": "nginx:1"}]}}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": name},
        "spec": {
            "replicas": 3,
            **{k: v for k, v in spec.items() if k != "template"},
            "leaderWorkerTemplate": {
                "size": 3,
                "workerTemplate": template,
                **spec.get("template", {}),
            },
        },
    }


def uids(world: World, name: str = "demo") -> dict[str, str]:
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in world.pods(name)}


def images(world: World) -> set[str]:
    return {pod["spec"]["containers"][0]["image"] for pod in world.pods("demo")}


async def scale(world: World, replicas: int) -> None:
    await KubeCluster(world.connection.rest).patch(
        LEADERWORKERSETS, "default", "demo", {"spec": {"replicas": replicas}}, subresource="scale"
    )


async def test_scale_up_and_down_touches_the_highest_groups_only(world: World) -> None:
    await world.apply([lws()])
    await world.ready("demo", 3)
    before = uids(world)
    await scale(world, 4)
    await world.ready("demo", 4)
    assert before.items() <= uids(world).items()
    await scale(world, 1)
    await eventually(lambda: len(world.pods("demo")) == 3)
    assert set(uids(world)) == {"demo-0", "demo-0-1", "demo-0-2"}
    assert uids(world).items() <= before.items()
    await world.ready("demo", 1)


async def test_a_rolling_update_goes_group_by_group_from_the_highest(world: World) -> None:
    await world.apply([lws()])
    await world.ready("demo", 3)
    created: list[str] = []

    def note(change: Any) -> None:
        if change.key == "pods" and change.type == "ADDED":
            labels = change.object["metadata"]["labels"]
            if labels["leaderworkerset.sigs.k8s.io/worker-index"] == "0":
                created.append(change.object["metadata"]["name"])

    stop = world.sandbox.store.subscribe(note)
    containers = [{"name": "main", "image": "nginx:2"}]
    await world.apply([lws(template={"workerTemplate": {"spec": {"containers": containers}}})])
    await eventually(lambda: images(world) == {"nginx:2"} and len(world.pods("demo")) == 9)
    await world.ready("demo", 3)
    stop()
    assert created == ["demo-2", "demo-1", "demo-0"]


async def test_a_deleted_worker_recreates_its_group_and_no_other(world: World) -> None:
    await world.apply([lws()])
    await world.ready("demo", 3)
    before = uids(world)
    await KubeCluster(world.connection.rest).delete(
        PODS, "default", "demo-1-2", uid=before["demo-1-2"], propagation=Propagation.BACKGROUND
    )
    others = {name: uid for name, uid in before.items() if not name.startswith("demo-1")}

    def recreated() -> bool:
        now = uids(world)
        return len(now) == 9 and not set(before.values()) - set(others.values()) & set(now.values())

    await eventually(recreated)
    assert others.items() <= uids(world).items()
    await world.ready("demo", 3)


async def test_a_restarted_container_recreates_its_group(world: World) -> None:
    await world.apply([lws()])
    await world.ready("demo", 3)
    before = uids(world)
    restart = {"metadata": {"annotations": {"sandbox.lwstui.dev/restart-container": "main"}}}
    await KubeCluster(world.connection.rest).patch(PODS, "default", "demo-0-1", restart)
    await eventually(lambda: uids(world).get("demo-0") not in ("", None, before["demo-0"]))
    await world.ready("demo", 3)
    assert uids(world)["demo-2"] == before["demo-2"]


async def test_none_replaces_the_worker_alone(world: World) -> None:
    await world.apply([lws(template={"restartPolicy": "None"})])
    await world.ready("demo", 3)
    before = uids(world)
    await KubeCluster(world.connection.rest).delete(
        PODS, "default", "demo-1-2", uid=before["demo-1-2"]
    )
    await eventually(lambda: uids(world).get("demo-1-2") not in (None, before["demo-1-2"]))
    await world.ready("demo", 3)
    del before["demo-1-2"]
    assert before.items() <= uids(world).items()


async def test_an_invalid_change_is_refused_at_once_and_changes_nothing(world: World) -> None:
    await world.apply([lws()])
    await world.ready("demo", 3)
    before = uids(world)
    (said,) = await world.apply([lws(replicas=-1)])
    assert "spec.replicas" in said
    assert "greater than or equal to 0" in said
    assert uids(world) == before


async def test_a_spec_from_a_laxer_definition_is_not_acted_on(world: World) -> None:
    bad = lws("lax", replicas=2)
    bad["metadata"]["namespace"] = "default"
    bad["spec"]["leaderWorkerTemplate"]["size"] = 0
    world.sandbox.store.create("leaderworkersets.leaderworkerset.x-k8s.io", bad)

    def warned() -> bool:
        return any(
            event.get("type") == "Warning"
            and "size" in str(event.get("note", event.get("message")))
            for event in world.sandbox.store.items("events", "default")
        )

    await eventually(warned)
    assert world.pods("lax") == []
    assert "conditions" not in world.set("lax").get("status", {})


async def test_deleting_the_set_removes_everything(world: World) -> None:
    await world.apply([lws()])
    await world.ready("demo", 3)
    uid = world.set("demo")["metadata"]["uid"]
    await KubeCluster(world.connection.rest).delete(
        LEADERWORKERSETS, "default", "demo", uid=uid, propagation=Propagation.FOREGROUND
    )
    store = world.sandbox.store
    await eventually(lambda: not world.set("demo") and not world.pods("demo"))
    await eventually(
        lambda: (
            not store.items("services", "default")
            and not store.items("controllerrevisions.apps", "default")
        )
    )
