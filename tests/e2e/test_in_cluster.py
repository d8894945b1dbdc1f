"""The controller with exactly the rights its manifest gives it, and two replicas with probes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from controller.api.names import CLAIMS, LEADERWORKERSETS, PODS
from controller.ports import Propagation
from lwstui.cli.main import main
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Target, connect
from lwstui.runtime.headless import HeadlessOptions, work
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from tests.e2e.conftest import World
from tests.e2e.test_life import lws, uids
from tests.support.rbac import Gate, gate
from tests.support.waiting import eventually

LWS = "leaderworkerset.x-k8s.io"
ENFORCED = "asked for by the admission plugin OwnerReferencesPermissionEnforcement"
RACE = "read only when a creation meets an object that the watch has not shown"
# Rights that no request of these scenarios takes, and why the controller has them.
UNASKED = {
    (LWS, "leaderworkersets/finalizers", "update"): ENFORCED,
    ("", "pods/finalizers", "update"): ENFORCED,
    ("", "services", "delete"): ENFORCED,
    ("", "persistentvolumeclaims", "delete"): ENFORCED,
    ("", "services", "get"): RACE,
    ("apps", "controllerrevisions", "get"): RACE,
}


def manifests(capsys: pytest.CaptureFixture[str], *flags: str) -> list[dict[str, Any]]:
    assert main(["manifest", "controller", *flags]) == 0
    return list(yaml.safe_load_all(capsys.readouterr().out))


@asynccontextmanager
async def controller(kubeconfig: Path, **options: Any) -> AsyncIterator[None]:
    """Run a controller with the rights of a kubeconfig."""
    connection = await connect(Target(str(kubeconfig)))
    task = asyncio.create_task(work(connection, HeadlessOptions(Target(), **options)))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await connection.close()


@asynccontextmanager
async def gated(documents: list[dict[str, Any]], folder: Path) -> AsyncIterator[tuple[World, Gate]]:
    """A sandbox 200 times as fast as life, seen without limits and through a gate."""
    async with (
        running_sandbox(SandboxOptions(speed=200)) as sandbox,
        gate(sandbox, documents, folder) as made,
    ):
        connection = await connect(Target(str(sandbox.kubeconfig)))
        try:
            yield World(sandbox, connection), made
        finally:
            await connection.close()


def with_claims(image: str = "nginx:1", **policy: str) -> dict[str, Any]:
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    pod = {"spec": {"containers": [{"name": "main", "image": image}]}}
    return lws(
        replicas=2,
        template={
            "size": 2,
            "workerTemplate": pod,
            "volumeClaimTemplates": [claim],
            "persistentVolumeClaimRetentionPolicy": policy,
        },
    )


def foreign(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


async def create_roll_scale(world: World) -> None:
    await world.apply([with_claims()])
    await world.ready("demo", 2)
    for image in ("nginx:2", "nginx:3"):
        await world.apply([with_claims(image)])
        await eventually(lambda image=image: images(world) == {image})
        await world.ready("demo", 2)
    for replicas in (3, 1, 2):
        await scale(world, replicas)
        await eventually(lambda replicas=replicas: len(world.pods("demo")) == 2 * replicas)
        await world.ready("demo", replicas)


async def lose_a_worker(world: World) -> None:
    before = uids(world)
    await KubeCluster(world.connection.rest).delete(
        PODS, "default", "demo-0-1", uid=before["demo-0-1"]
    )
    await eventually(lambda: uids(world).get("demo-0") not in (None, before["demo-0"]))
    await world.ready("demo", 2)


async def change_who_owns_claims(world: World) -> None:
    await world.apply([with_claims("nginx:3", whenDeleted="Delete")])

    def owned() -> bool:
        claims = world.sandbox.store.items(str(CLAIMS), "default")
        mine = [c for c in claims if c["metadata"]["name"] in ("data-demo-0", "data-demo-1")]
        return len(mine) == 2 and all(c["metadata"].get("ownerReferences") for c in mine)

    await eventually(owned)
    await world.ready("demo", 2)


async def orphan_and_adopt(world: World) -> None:
    before = uids(world)
    uid = world.set("demo")["metadata"]["uid"]
    await KubeCluster(world.connection.rest).delete(
        LEADERWORKERSETS, "default", "demo", uid=uid, propagation=Propagation.ORPHAN
    )
    await eventually(lambda: not world.set("demo"))
    await world.apply([with_claims("nginx:3", whenDeleted="Delete")])
    await world.ready("demo", 2)
    assert uids(world) == before


async def meet_foreign_objects(world: World) -> None:
    containers = {"containers": [{"name": "main", "image": "nginx:1"}]}
    world.sandbox.store.create("pods", foreign("Pod", "taken-0", containers))
    size = {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce"]}
    world.sandbox.store.create(str(CLAIMS), foreign("PersistentVolumeClaim", "data-taken-0", size))
    taken = with_claims()
    taken["metadata"]["name"] = "taken"
    await world.apply([taken])

    def told() -> bool:
        events = world.sandbox.store.items("events", "default")
        return any(e["reason"] == "FailedCreate" and "taken-0" in str(e) for e in events)

    await eventually(told)


async def scale(world: World, replicas: int) -> None:
    await KubeCluster(world.connection.rest).patch(
        LEADERWORKERSETS, "default", "demo", {"spec": {"replicas": replicas}}, subresource="scale"
    )


def images(world: World) -> set[str]:
    return {pod["spec"]["containers"][0]["image"] for pod in world.pods("demo")}


async def test_the_role_is_what_the_controller_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with gated(manifests(capsys), tmp_path) as (world, made):
        async with controller(made.kubeconfig, history_limit=0):
            await create_roll_scale(world)
            await lose_a_worker(world)
            await change_who_owns_claims(world)
        async with controller(made.kubeconfig):
            await orphan_and_adopt(world)
            await meet_foreign_objects(world)
    assert made.refused == []
    unused = {(g.group, g.resource, g.verb) for g in made.grants - made.used}
    assert unused <= UNASKED.keys()
    assert {right for right, why in UNASKED.items() if why == ENFORCED} <= unused


async def test_one_namespace_needs_no_rights_in_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = manifests(capsys, "--watch-namespace", "llm")
    async with gated(documents, tmp_path) as (world, made):
        world.sandbox.store.create(
            "namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "llm"}}
        )
        async with controller(made.kubeconfig, namespace="llm"):
            await world.apply([lws()])
            await world.apply([lws()], "llm")
            await world.ready("demo", 3, "llm")
    assert made.refused == []
    assert world.pods("demo") == []


class Replica:
    """``lwstui controller`` as a process, with its probes on a port of its own."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as http, http.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def leads(self) -> bool:
        lease = 'leader_election_master_status{name="lwstui-controller"} 1'
        return lease in (await self.get("/metrics"))[1]

    async def ready(self) -> bool:
        return (await self.get("/readyz"))[0] == 200


@asynccontextmanager
async def replica(kubeconfig: Path) -> AsyncIterator[Replica]:
    """Run a controller as a process; it is killed if it is still there at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lwstui", "controller", "--kubeconfig", str(kubeconfig)),
        *("--http-bind-address", "127.0.0.1:0", "--log-format", "json"),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async for line in process.stderr:
            said = json.loads(line)
            if said["msg"] == "serving probes and metrics":
                break
        yield Replica(process, f"http://{said['address']}")
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_two_replicas_one_leads_the_other_is_ready_and_takes_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        gated(manifests(capsys), tmp_path) as (world, made),
        replica(made.kubeconfig) as one,
        replica(made.kubeconfig) as two,
    ):
        await eventually(one.ready)
        await eventually(two.ready)
        assert await one.get("/healthz") == (200, "[+]watches ok\nhealthz check passed\n")
        leader, other = await eventually(lambda: leading(one, two), what="one to lead")
        assert not await other.leads()
        await world.apply([lws()])
        await world.ready("demo", 3)
        metrics = (await leader.get("/metrics"))[1]
        assert "lwstui_pods_created_total 9\n" in metrics
        assert 'lwstui_set_groups_desired{namespace="default",name="demo"} 3\n' in metrics
        assert "lwstui_set_groups_desired" not in (await other.get("/metrics"))[1]
        leader.process.terminate()
        await leader.process.communicate()
        assert leader.process.returncode == 0
        await eventually(other.leads, what="the other to take over")
        await eventually(lambda: told_ready(other), what="it to tell of the set")


async def leading(one: Replica, two: Replica) -> tuple[Replica, Replica] | None:
    for each, other in ((one, two), (two, one)):
        if await each.leads():
            return each, other
    return None


async def told_ready(one: Replica) -> bool:
    text = (await one.get("/metrics"))[1]
    return 'lwstui_set_groups_ready{namespace="default",name="demo"} 3\n' in text


async def test_a_port_in_use_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        gated(manifests(capsys), tmp_path) as (_, made),
        replica(made.kubeconfig) as one,
    ):
        address = one.url.removeprefix("http://")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lwstui", "controller"),
            *("--kubeconfig", str(made.kubeconfig), "--http-bind-address", address),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
        assert process.returncode == 1
        last = said.decode().splitlines()[-1]
        assert last == (
            f"lwstui: cannot serve probes and metrics on {address}: address already in use; "
            "choose another --http-bind-address"
        )
        assert b"Traceback" not in said
