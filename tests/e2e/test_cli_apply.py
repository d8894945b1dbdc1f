"""``lwstui apply`` on a sandbox: the plan, the order, conflicts, refusals, data for scripts."""

import io
import json
import shutil
from pathlib import Path

import pytest
import yaml

from controller.api.names import CRDS, LEADERWORKERSETS
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Target, connect
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from tests.e2e.cli import demo, lwstui, ok
from tests.e2e.conftest import World
from tests.support.waiting import eventually

NAME = "leaderworkerset.leaderworkerset.x-k8s.io/demo"
FLAGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags"}, "data": {"a": "1"}}


def written(path: Path, *bodies: object) -> str:
    path.write_text(yaml.safe_dump_all(bodies))
    return str(path)


async def test_the_plan_comes_first_and_objects_go_in_order(world: World, tmp_path: Path) -> None:
    await world.apply([])
    file = written(tmp_path / "all.yaml", demo(2), FLAGS)
    trial = await ok(world, "apply", "-f", file, "--dry-run")
    assert "create" in trial.out
    assert trial.lines[-1] == "plan  create 2"
    assert not world.set("demo")
    ran = await ok(world, "apply", "-f", file, "--yes", "--wait", "--timeout", "40s")
    assert f"configmap/flags serverside-applied\n{NAME} serverside-applied\n" in ran.out
    assert "2 of 2 groups updated and ready" in ran.lines[-1]
    again = await ok(world, "apply", "-f", file)
    assert again.lines[-1] == "plan  same 2"
    assert "serverside-applied" not in again.out


async def test_the_plan_says_what_rolls_and_shows_fields(world: World, tmp_path: Path) -> None:
    await world.apply([demo(3)])
    await world.ready("demo", 3)
    file = written(tmp_path / "new.yaml", demo(3, image="nginx:2"))
    ran = await ok(world, "apply", "-f", file, "--dry-run", "--diff")
    assert "new revision, 3 groups roll" in ran.out
    assert "-   image: nginx:1\n+   image: nginx:2   new revision" in ran.out
    assert ran.lines[-1] == "plan  change 1     rolls 3 groups (6 pods)"
    data = json.loads((await ok(world, "apply", "-f", file, "--dry-run", "-o", "json")).out)
    (item,) = data["items"]
    assert (item["plan"], item["groupsThatRoll"]) == ("change", [0, 1, 2])
    names = await ok(world, "apply", "-f", file, "--dry-run", "-o", "name")
    assert names.out == f"{NAME}\n"


async def test_fields_of_others_are_taken_over_on_demand_only(world: World, tmp_path: Path) -> None:
    await world.apply([demo(2)])
    cluster = KubeCluster(world.connection.rest)
    await cluster.patch(LEADERWORKERSETS, "default", "demo", {"spec": {"replicas": 4}})
    file = written(tmp_path / "demo.yaml", demo(2))
    refused = await lwstui(world, "apply", "-f", file)
    assert refused.code == 1
    assert "spec.replicas belongs to lwstui" in refused.err
    assert "--force-conflicts takes it over" in refused.err
    assert world.set("demo")["spec"]["replicas"] == 4
    await ok(world, "apply", "-f", file, "--force-conflicts")
    assert world.set("demo")["spec"]["replicas"] == 2


async def test_nothing_is_sent_when_something_is_refused(world: World, tmp_path: Path) -> None:
    await world.apply([])
    bad = demo(2)
    bad["spec"]["leaderWorkerTemplate"]["size"] = 0
    ran = await lwstui(world, "apply", "-f", written(tmp_path / "bad.yaml", FLAGS, bad))
    assert ran.code == 1
    assert "nothing is done" in ran.err
    assert world.sandbox.store.get("configmaps", "default", "flags") is None


async def test_places_are_filled_in(world: World, tmp_path: Path) -> None:
    await world.apply([])
    body = {**FLAGS, "data": {"a": "${MODE}", "b": "${HOME}"}}
    await ok(world, "apply", "-f", written(tmp_path / "x.yaml", body), "--set", "MODE=fast")
    stored = world.sandbox.store.get("configmaps", "default", "flags")
    assert stored is not None
    assert stored["data"] == {"a": "fast", "b": "${HOME}"}


async def test_read_only_applies_nothing(world: World, tmp_path: Path) -> None:
    file = written(tmp_path / "x.yaml", FLAGS)
    ran = await lwstui(world, "--read-only", "apply", "-f", file)
    assert (ran.code, "read-only" in ran.err) == (1, True)
    assert (await lwstui(world, "--read-only", "apply", "-f", file, "--dry-run")).code == 0


@pytest.mark.parametrize("flag", ["--dry-run", "--yes"])
async def test_the_definition_is_created_first_where_it_is_missing(
    flag: str, tmp_path: Path
) -> None:
    async with running_sandbox(SandboxOptions(nodes=2, speed=200)) as sandbox:
        connection = await connect(Target(str(sandbox.kubeconfig)))
        world = World(sandbox, connection)
        (definition,) = sandbox.store.items(str(CRDS))
        meta = definition["metadata"]
        await KubeCluster(connection.rest).delete(CRDS, "", meta["name"], uid=meta["uid"])
        await eventually(lambda: not sandbox.store.items(str(CRDS)))
        ran = await ok(world, "apply", "-f", written(tmp_path / "d.yaml", demo(1)), flag)
        assert "is missing and would be created first" in ran.out
        assert bool(sandbox.store.items(str(CRDS))) == (flag == "--yes")
        await connection.close()


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.kubectl
async def test_a_kustomization_and_standard_input_are_applied(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.apply([])
    overlay = tmp_path / "prod"
    overlay.mkdir()
    written(overlay / "set.yaml", demo(1))
    (overlay / "kustomization.yaml").write_text("nameSuffix: -prod\nresources: [set.yaml]\n")
    checked = await ok(world, "check", "-k", str(overlay))
    assert "1 object" in checked.lines[-1]
    await ok(world, "apply", "-k", str(overlay), "--yes")
    assert world.set("demo-prod")["spec"]["replicas"] == 1
    monkeypatch.setattr("sys.stdin", io.StringIO(yaml.safe_dump(demo(2))))
    await ok(world, "apply", "-f", "-")
    assert world.set("demo")["spec"]["replicas"] == 2
    for words, said in (
        (("apply",), "name what to apply: -f FILE, -f - for standard input, or -k DIR"),
        (("apply", "-k", str(tmp_path)), f"{tmp_path} is no kustomization"),
    ):
        assert said in (await lwstui(world, *words)).err


async def test_the_last_apply_of_a_file_is_taken_back(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.apply([demo(2)])
    await world.ready("demo", 2)
    file = written(tmp_path / "prod.yaml", FLAGS, demo(2, image="nginx:2"))
    none = await lwstui(world, "apply", "-f", file, "--undo")
    assert (none.code, none.out) == (1, "")
    assert f"no apply of {file} to context lwstui-sandbox is kept" in none.err
    await ok(world, "apply", "-f", file, "--yes")
    monkeypatch.chdir(tmp_path)
    plan = await ok(world, "apply", "-f", "prod.yaml", "--undo", "--dry-run", "--diff")
    assert plan.lines[0].startswith(f"undo of {file} as applied ")
    assert "-   image: nginx:2\n+   image: nginx:1" in plan.out
    assert "! ConfigMap default/flags was created by it and stays" in plan.out
    assert image_of(world) == "nginx:2"
    data = json.loads(
        (await ok(world, "apply", "-f", file, "--undo", "--dry-run", "-o", "json")).out
    )
    assert (data["undoes"]["source"], len(data["notes"])) == (file, 1)
    assert [one["plan"] for one in data["items"]] == ["change"]
    assert f"{NAME} serverside-applied" in (await ok(world, "apply", "-f", file, "--undo")).out
    assert image_of(world) == "nginx:1"
    await ok(world, "apply", "-f", file, "--undo")
    assert image_of(world) == "nginx:2"
    assert (await lwstui(world, "apply", "-f", file, "--undo", "--set", "A=1")).code == 2


def image_of(world: World) -> str:
    worker = world.set("demo")["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    return str(worker["spec"]["containers"][0]["image"])
