"""``lwstui rollout`` on a sandbox with our controller: followed, stuck, paused, undone."""

import json
from pathlib import Path

import pytest
import yaml

from controller.api.meta import parse_time
from controller.api.names import CRDS, PAUSED
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Target, connect
from lwstui.runtime import rollouts
from lwstui.runtime.journal import Journal
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from lwstui.state.model import Activity
from tests.e2e.cli import demo, images, leaders, lwstui, ok, set_image
from tests.e2e.conftest import SPEED, World
from tests.e2e.native_world import NAME as NATIVE
from tests.e2e.native_world import SPACE, native_set, native_world
from tests.support.waiting import eventually

NAME = "leaderworkerset.leaderworkerset.x-k8s.io/demo"
DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
PATIENT = ("--timeout", "40s")


async def rolled_out(world: World) -> None:
    await ok(world, "rollout", "status", "demo", "--watch", *PATIENT)


async def test_a_rollout_is_followed_to_its_end(world: World) -> None:
    await world.apply([demo()])
    first = await ok(world, "rollout", "status", "lws/demo", "-w", *PATIENT)
    assert first.lines[-1].startswith("lws/demo rolled out: 3 of 3 groups updated and ready")
    await set_image(world, "nginx:2")
    ran = await ok(world, "rollout", "status", "demo", "--watch", *PATIENT)
    assert images(world) == ["nginx:2"] * 3
    assert "revision 2 (" in ran.lines[-1]
    assert [line for line in ran.lines if "rolled out" in line] == [ran.lines[-1]]
    still = await ok(world, "rollout", "status", "demo")
    assert still.lines[0] == NAME
    assert "Rollout:   complete: 3 of 3 groups updated and ready" in still.out


async def test_a_stuck_rollout_ends_with_the_group_and_the_reason(world: World) -> None:
    await world.apply([demo()])
    await rolled_out(world)
    await set_image(world, "nginx:typo")
    ran = await lwstui(world, "rollout", "status", "demo", "-w", "--progress-deadline", "2s")
    assert ran.code == 5
    assert "no progress for" in ran.err
    assert "group 2 is not ready" in ran.err
    assert "ImagePull" in ran.err
    assert ran.err.count("\n") == 1
    timed = await lwstui(world, "rollout", "status", "demo", "--timeout", "1s")
    assert timed.code == 3
    assert "not complete after" in timed.err
    now = await ok(world, "rollout", "status", "demo")
    assert "at most 1 of 3 groups may be unavailable" in now.out


async def test_the_controller_writes_nothing_for_a_set_that_it_is_paused_for(world: World) -> None:
    await world.apply([demo(2)])
    await rolled_out(world)
    await ok(world, "controller", "pause", "demo", "--dry-run")
    assert PAUSED not in world.set("demo")["metadata"]["annotations"]
    ran = await ok(world, "controller", "pause", "demo")
    assert ran.lines == [
        f"{NAME} paused: the controller writes nothing for it",
        "  to let it act again: lwstui controller resume demo",
    ]
    assert " by " in world.set("demo")["metadata"]["annotations"][PAUSED]
    assert (await lwstui(world, "controller", "pause", "demo")).code == 1
    await set_image(world, "nginx:2")
    seen = await ok(world, "rollout", "status", "demo")
    assert "the controller is paused for this set by " in seen.out
    assert "create revision" in seen.out
    assert "to resume it: lwstui controller resume demo" in seen.out
    await ok(world, "controller", "resume", "demo")
    await rolled_out(world)
    assert images(world) == ["nginx:2"] * 2


async def test_a_paused_rollout_stands_still_until_it_is_resumed(world: World) -> None:
    await world.apply([demo(4)])
    await rolled_out(world)
    await set_image(world, "nginx:2")
    await eventually(lambda: images(world)[3:] == ["nginx:2"])
    assert (await ok(world, "rollout", "pause", "demo")).out == f"{NAME} paused\n"
    paused = await lwstui(world, "rollout", "status", "demo", "-w", *PATIENT)
    held = leaders(world)
    assert paused.code == 4
    assert "keep their revision until the rollout is resumed" in paused.err
    assert "to resume it: lwstui rollout resume demo" in paused.err
    await world.ready("demo", 4)
    old = [index for index, (_, image) in leaders(world).items() if image == "nginx:1"]
    assert old
    await set_image(world, "nginx:3")
    generation = world.set("demo")["metadata"]["generation"]
    await eventually(lambda: world.set("demo")["status"]["observedGeneration"] == generation)
    await world.ready("demo", 4)
    assert {index: leaders(world)[index] for index in old} == {index: held[index] for index in old}
    again = await lwstui(world, "rollout", "pause", "demo")
    assert (again.code, "paused already" in again.err) == (1, True)
    await ok(world, "rollout", "resume", "demo")
    await rolled_out(world)
    assert images(world) == ["nginx:3"] * 4
    assert "lwstui.dev/paused-partition" not in world.set("demo")["metadata"]["annotations"]
    assert (await lwstui(world, "rollout", "resume", "demo")).code == 1


def partition_of(world: World, name: str = "demo", namespace: str = "default") -> object:
    """Return the partition in the spec of a set, and what is remembered of the one before."""
    stored = world.set(name, namespace)
    strategy = stored["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]
    remembered = stored["metadata"].get("annotations", {}).get("lwstui.dev/paused-partition")
    return strategy["partition"], remembered


async def test_a_held_rollout_stays_where_it_is_and_goes_on_from_there(world: World) -> None:
    await world.apply([demo(4)])
    await rolled_out(world)
    nothing = await lwstui(world, "rollout", "hold", "demo")
    assert (nothing.code, "no group is left to hold back" in nothing.err) == (1, True)
    await set_image(world, "nginx:typo")
    await eventually(lambda: images(world)[3:] == ["nginx:typo"])
    held = await ok(world, "rollout", "hold", "demo")
    assert held.lines == [f"{NAME} held", "  at partition 3"]
    assert partition_of(world) == (3, "0")
    assert (await lwstui(world, "rollout", "status", "demo", "-w", *PATIENT)).code == 4
    # A further change updates the same groups, and no other.
    await set_image(world, "nginx:2")
    await eventually(lambda: images(world) == ["nginx:1"] * 3 + ["nginx:2"])
    await world.ready("demo", 4)
    await ok(world, "rollout", "partition", "demo", "--next")
    assert partition_of(world) == (2, "0")
    await eventually(lambda: images(world) == ["nginx:1"] * 2 + ["nginx:2"] * 2)
    await ok(world, "rollout", "resume", "demo")
    await rolled_out(world)
    assert (images(world), partition_of(world)) == (["nginx:2"] * 4, (0, None))


async def test_a_native_rollout_is_held_where_its_stateful_set_is() -> None:
    async with native_world() as world:
        await native_set(world)
        at, place = ("statefulsets.apps", SPACE, NATIVE), ("-n", SPACE)

        def go_to(partition: int) -> None:
            update = {"rollingUpdate": {"partition": partition}, "type": "RollingUpdate"}
            world.sandbox.store.update(*at, lambda sts: sts["spec"].update(updateStrategy=update))

        go_to(0)
        nothing = await lwstui(world, "rollout", "hold", NATIVE, *place)
        assert (nothing.code, "no group is left" in nothing.err) == (1, True)
        go_to(1)
        held = await ok(world, "rollout", "hold", NATIVE, *place)
        assert held.lines[1:] == ["  at partition 1"]
        assert partition_of(world, NATIVE, SPACE) == (1, "0")
        await ok(world, "rollout", "resume", NATIVE, *place)
        assert partition_of(world, NATIVE, SPACE) == (0, None)


async def test_undo_after_a_rollout_is_finished(world: World) -> None:
    await world.apply([demo()])
    await rolled_out(world)
    await set_image(world, "nginx:2")
    await rolled_out(world)
    asked = await ok(world, "rollout", "undo", "demo", "--dry-run=server")
    assert "(server dry run)" in asked.lines[0]
    assert images(world) == ["nginx:2"] * 3
    ran = await ok(world, "rollout", "undo", "demo")
    assert ran.lines[0].startswith(f"{NAME} rolled back to the template of revision 1 (")
    assert ran.lines[1].endswith("containers[main].image: nginx:2 -> nginx:1")
    await rolled_out(world)
    assert images(world) == ["nginx:1"] * 3
    for number, says in ((None, ""), (1, "that of revision 1 already"), (9, "kept are 1, 2")):
        if number is not None:
            refused = await lwstui(world, "rollout", "undo", "demo", "--to-revision", str(number))
            assert (refused.code, says in refused.err) == (1, True), refused.err
    await ok(world, "rollout", "undo", "demo")
    await rolled_out(world)
    assert images(world) == ["nginx:2"] * 3


async def test_undo_of_a_stuck_rollout_touches_only_what_had_changed(world: World) -> None:
    await world.apply([demo()])
    await rolled_out(world)
    before = leaders(world)
    await set_image(world, "nginx:typo")
    await eventually(lambda: images(world)[2:] == ["nginx:typo"])
    await ok(world, "rollout", "undo", "demo")
    await rolled_out(world)
    after = leaders(world)
    assert [after[index] for index in (0, 1)] == [before[index] for index in (0, 1)]
    assert after[2][1] == "nginx:1"


async def test_one_more_group_at_a_time(world: World) -> None:
    await world.apply([demo(partition=3)])
    await rolled_out(world)
    await set_image(world, "nginx:2")
    for step, expected in enumerate((["nginx:1"] * 2 + ["nginx:2"], ["nginx:1", *["nginx:2"] * 2])):
        ran = await ok(world, "rollout", "partition", "demo", "--next")
        assert ran.out == f"{NAME} partition set to {2 - step}\n"
        await rolled_out(world)
        assert images(world) == expected
    await ok(world, "rollout", "partition", "demo", "0")
    await rolled_out(world)
    assert images(world) == ["nginx:2"] * 3
    over = await lwstui(world, "rollout", "partition", "demo", "--next")
    assert (over.code, "holds no group back" in over.err) == (1, True)


async def test_history_as_a_table_as_data_and_one_template(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LWSTUI_STATE_DIR", str(tmp_path))
    await world.apply([demo()])
    await rolled_out(world)
    await set_image(world, "nginx:2")
    await rolled_out(world)
    table = (await ok(world, "rollout", "history", "demo")).lines
    assert table[0] == NAME
    assert [line.split()[0] for line in table[1:]] == ["REVISION", "2", "1"]
    assert table[2].endswith("containers[main].image: nginx:1 -> nginx:2")
    data = json.loads((await ok(world, "rollout", "history", "demo", "-o", "json")).out)
    assert [(one["revision"], one["groups"], one["target"]) for one in data] == [
        (2, [0, 1, 2], True),
        (1, [], False),
    ]
    listed = yaml.safe_load((await ok(world, "rollout", "history", "demo", "-o", "yaml")).out)
    assert listed == data
    assert [one["who"] for one in data] == ["lwstui", "lwstui"]
    made = parse_time(data[0]["createdAt"]) or 0.0
    did = Activity(
        made, "you", "set image", "default/demo", "accepted", kind="asked", context="lwstui-sandbox"
    )
    journal = Journal(tmp_path)
    journal.add(did)
    await journal.flush()
    table = (await ok(world, "rollout", "history", "demo")).lines
    assert [line.split()[4] for line in table[1:]] == ["WHO", "you", "you"]
    shown = yaml.safe_load((await ok(world, "rollout", "history", "demo", "--revision", "1")).out)
    container = shown["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0]
    assert container["image"] == "nginx:1"
    missing = await lwstui(world, "rollout", "history", "demo", "--revision", "5")
    assert (missing.code, missing.err) == (
        1,
        "lwstui: demo: there is no revision 5; kept are 1, 2\n",
    )


async def test_a_rolling_restart_by_both_names(world: World) -> None:
    await world.apply([demo()])
    await rolled_out(world)
    before = leaders(world)
    assert (await ok(world, "rollout", "restart", "demo")).out == f"{NAME} restarted\n"
    await rolled_out(world)
    after = leaders(world)
    assert all(after[index][0] != before[index][0] for index in before)


async def test_without_a_controller_that_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollouts, "UNATTENDED_S", 0.5)
    async with running_sandbox(SandboxOptions(speed=SPEED)) as sandbox:
        connection = await connect(Target(str(sandbox.kubeconfig)))
        world = World(sandbox, connection)
        await world.apply([demo()])
        ran = await lwstui(world, "rollout", "status", "demo", "-w", *PATIENT)
        await connection.close()
    assert ran.code == 5
    assert ran.err.startswith("lwstui: demo: no controller acts on this set")


async def test_a_cluster_without_the_kind_says_how_to_define_it() -> None:
    async with running_sandbox(SandboxOptions(speed=SPEED)) as sandbox:
        connection = await connect(Target(str(sandbox.kubeconfig)))
        world = World(sandbox, connection)
        cluster = KubeCluster(connection.rest)
        for crd in sandbox.store.items(DEFINITIONS, ""):
            await cluster.delete(CRDS, "", crd["metadata"]["name"], uid=crd["metadata"]["uid"])
        await eventually(lambda: not sandbox.store.items(DEFINITIONS, ""))
        missing = await lwstui(world, "rollout", "status", "demo")
        await connection.close()
    assert missing.code == 1
    assert "does not serve LeaderWorkerSets; define them with: lwstui crd" in missing.err
    gone = await lwstui(world, "rollout", "status", "demo")
    assert (gone.code, gone.err.count("\n")) == (1, 1)
