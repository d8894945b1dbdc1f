"""Operations on sets from the keyboard: the request that arrives, and what the watch shows."""

from __future__ import annotations

import asyncio

from lwstui.runtime.intents import SetImage
from tests.e2e.cli import demo
from tests.e2e.desk import KEY, SET, desk

SETS = "leaderworkersets.leaderworkerset.x-k8s.io"


async def test_scale(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        await at.opens("s", "SCALE SET")
        await at.press("up")
        await at.confirm("groups  2 → [ 3 ]")
        wanted = {"op": "replace", "path": "/spec/replicas", "value": 3}
        assert [body[-1] for body in at.tried("PATCH", f"{SET}/scale")] == [wanted]
        assert [body[-1] for body in await at.arrived("PATCH", f"{SET}/scale")] == [wanted]
        await at.serving(3)
        await at.see("3/3")
        await at.done("scale to 3 groups")


async def test_rolling_restart(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        before = at.uids
        await at.press("r")
        await at.confirm("RESTART")
        assert len(await at.arrived("PATCH", SET, "restarted-at")) == 1
        await at.see(lambda: not set(before.values()) & set(at.uids.values()))
        await at.serving(2)
        await at.done("rolling restart")


async def test_set_image(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        await at.opens("i", "SET IMAGE")
        at.app.screen.query_one("#image-0").value = "nginx:10"
        await at.confirm("nginx:10")
        assert len(await at.arrived("PATCH", SET, "nginx:10")) == 1
        await at.see(lambda: {p.containers[0].image for p in at.pods} == {"nginx:10"})
        await at.serving(2)
        await at.opens("i", "SET IMAGE")
        at.app.screen.query_one("#image-0").value = "nginx:12"
        uid = at.app.snapshot.sets[KEY].metadata.uid
        theirs = SetImage(KEY, uid, (("worker", "main", "nginx:11"),))
        assert (await asyncio.wrap_future(at.app.backend.submit(theirs))).ok
        await at.see("Set anyway")
        await at.confirm("from nginx:10 to nginx:11")
        ((*_, tested, _),) = await at.arrived("PATCH", SET, "nginx:12")
        assert (tested["op"], tested["value"]) == ("test", "nginx:11")
        await at.see(lambda: {p.containers[0].image for p in at.pods} == {"nginx:12"})
        await at.serving(2)
        await at.done("main=nginx:10")


async def test_edit_fields(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        await at.press("I")
        await at.see("FIELDS OF default/demo")
        at.app.screen.query_one("#form-value-0").value = "3"
        await at.confirm("FIELDS OF default/demo")
        await at.confirm("spec.replicas: 2 -> 3")
        assert len(await at.arrived("PATCH", SET, "/spec/replicas")) == 1
        await at.serving(3)
        await at.done("edit LeaderWorkerSet")


async def test_edit_yaml(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        at.app.edit_text = lambda text, command, *, name: text.replace("size: 2", "size: 3")
        await at.press("e")
        await at.confirm("spec.leaderWorkerTemplate.size: 2 -> 3")
        assert len(await at.arrived("PATCH", SET, "/spec/leaderWorkerTemplate/size")) == 1
        await at.serving(2, size=3)
        assert at.stored(SETS, *KEY)["spec"]["leaderWorkerTemplate"]["size"] == 3


async def test_one_more_group(tmp_path):
    async with desk(tmp_path, demo(3, partition=3)) as at:
        await at.serving(3)
        at.app.run_command("image demo worker nginx:2")
        await at.confirm("nginx:2")
        await at.see(lambda: len(at.app.snapshot.revisions) == 2)
        await at.press("full_stop")
        await at.confirm("MOVE PARTITION")
        assert len(await at.arrived("PATCH", SET, "'partition': 2")) == 1
        await at.see(
            lambda: {p.group for p in at.pods if p.containers[0].image == "nginx:2"} == {2}
        )
        await at.serving(3)
        rolling = at.stored(SETS, *KEY)["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]
        assert rolling["partition"] == 2


async def test_delete_a_set(tmp_path):
    async with desk(tmp_path, demo(1)) as at:
        await at.serving(1)
        await at.press("ctrl+d")
        await at.confirm("DELETE SET", typed="demo")
        (body,) = await at.arrived("DELETE", SET)
        assert body["preconditions"]["uid"]
        await at.see(lambda: KEY not in at.app.snapshot.sets and not at.pods)
        await at.see("no LeaderWorkerSet here yet")


async def test_freeze_and_thaw(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        at.app.run_command("freeze demo/1")
        await at.confirm("FREEZE")
        await at.see("group 1 fro")
        annotations = at.stored(SETS, *KEY)["metadata"]["annotations"]
        assert annotations["lwstui.dev/frozen"] == "1"
        at.app.run_command("thaw demo/1")
        await at.confirm("THAW")
        await at.see(lambda: "lwstui.dev/frozen" not in at.app.snapshot.sets[KEY].annotations)
        assert len(await at.arrived("PATCH", SET, "lwstui.dev/frozen", times=2)) == 2


async def test_the_controller_leaves_a_set_alone_while_it_is_paused_for_it(tmp_path):
    async with desk(tmp_path, demo(2)) as at:
        await at.serving(2)
        at.app.run_command("ctl")
        await at.see("DECISIONS")
        await at.press("x")
        await at.confirm("PAUSE CONTROLLER FOR A SET")
        await at.see("CTL ◆ leader ‖ 1 paused")
        (body,) = await at.arrived("PATCH", SET, "controller-paused")
        assert at.app.snapshot.cluster.user in str(body)
        sent = at.app.snapshot.controller.writes
        at.sandbox.store.delete("pods", "default", "demo-1-1")
        at.app.run_command("scale demo 3")
        await at.confirm("SCALE SET")
        await at.see("embedded, paused")
        await at.see(lambda: "demo-2" in at.app.snapshot.controller.waits[KEY][0][1])
        assert at.app.snapshot.controller.writes == sent
        assert "demo-2" not in at.uids
        at.app.run_command("ctl resume demo")
        await at.confirm("RESUME CONTROLLER FOR A SET")
        await at.serving(3)
        await at.done("resume the controller")
        told = [one.what for one in at.app.snapshot.activity if one.who == "controller"]
        assert "resumed: writes again" in told


async def test_create_from_an_example_by_form(tmp_path):
    async with desk(tmp_path) as at:
        await at.see("CTL ◆")
        at.app.run_command("create 02-leaderworkerset-sample.yaml")
        await at.see("3 groups of 4 pods")
        await at.press(*(["backspace"] * 30), *"demo", "enter")
        await at.see("create 1")
        await at.press("a")
        await at.confirm("1 object")
        await at.serving(3, size=4)
        assert at.stored(SETS, *KEY)["spec"]["replicas"] == 3
