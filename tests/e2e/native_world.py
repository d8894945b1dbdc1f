"""A sandbox with sets of the native controller in it, and the takeover command run on it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from controller.api import names
from controller.api.meta import format_micro_time
from lwstui.cli.main import main
from lwstui.data import crd
from lwstui.kube.apply import apply_objects
from lwstui.kube.cluster import KubeCluster
from lwstui.kube.connect import Target, connect
from lwstui.runtime.headless import HeadlessOptions, work
from lwstui.sandbox.cluster import SandboxOptions, running_sandbox
from tests.e2e.conftest import SETS, World
from tests.support import native
from tests.support.waiting import eventually

NAME, SPACE = "leaderworkerset-sample", native.NAMESPACE
WATCHED = (
    SETS,
    "statefulsets.apps",
    "controllerrevisions.apps",
    "deployments.apps",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
)


@asynccontextmanager
async def native_world() -> AsyncIterator[World]:
    """Run a sandbox with no controller of ours yet."""
    async with running_sandbox(SandboxOptions(speed=200)) as sandbox:
        connection = await connect(Target(str(sandbox.kubeconfig)))
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
        try:
            await apply_objects(
                connection, [crd(), space], namespace=SPACE, crd=None, report=lambda _: None
            )
            yield World(sandbox, connection)
        finally:
            await connection.close()


@asynccontextmanager
async def controller(world: World) -> AsyncIterator[None]:
    """Our controller at work for the length of the block."""
    task = asyncio.create_task(work(world.connection, HeadlessOptions(Target())))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def native_set(world: World, case: str = "sample") -> dict[str, tuple[str, int]]:
    """Put a native set there, wait until its pods are ready, return who they are."""
    made = native.native_set(case)
    await native.put(KubeCluster(world.connection.rest), made)
    await eventually(lambda: all(map(is_ready, world.pods(made.name, SPACE))), what="pods ready")
    return identities(world, made.name)


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def identities(world: World, name: str = NAME) -> dict[str, tuple[str, int]]:
    """UID and restarts by name of pod."""
    return {
        pod["metadata"]["name"]: (
            pod["metadata"]["uid"],
            sum(c["restartCount"] for c in pod["status"].get("containerStatuses", [])),
        )
        for pod in world.pods(name, SPACE)
    }


async def takeover(world: World, *arguments: str) -> int:
    """Run the command as a user would, on another thread."""
    argv = ["takeover", "--kubeconfig", str(world.sandbox.kubeconfig), "-n", SPACE, *arguments]
    return await asyncio.to_thread(main, argv)


def deployments_follow(world: World) -> None:
    """Let Deployments have as many pods as they ask for, at once."""

    def follow(change: Any) -> None:
        if change.key == "deployments.apps" and change.type == "MODIFIED":
            meta, wanted = change.object["metadata"], change.object["spec"]["replicas"]
            world.sandbox.store.update(
                change.key,
                meta["namespace"],
                meta["name"],
                lambda obj: obj["status"].update(replicas=wanted),
            )

    world.sandbox.store.subscribe(follow)


async def install(world: World, **options: Any) -> None:
    renewed = format_micro_time(time.time())
    await native.install(KubeCluster(world.connection.rest), renewed=renewed, **options)


async def scale(world: World, replicas: int) -> None:
    await KubeCluster(world.connection.rest).patch(
        names.LEADERWORKERSETS, SPACE, NAME, {"spec": {"replicas": replicas}}, subresource="scale"
    )


async def roll(world: World, image: str) -> None:
    lws = world.set(NAME, SPACE)
    template = json.loads(json.dumps(lws["spec"]["leaderWorkerTemplate"]["workerTemplate"]))
    template["spec"]["containers"][0]["image"] = image
    change = {"spec": {"leaderWorkerTemplate": {"workerTemplate": template}}}
    await KubeCluster(world.connection.rest).patch(names.LEADERWORKERSETS, SPACE, NAME, change)


def images(world: World) -> set[str]:
    return {pod["spec"]["containers"][0]["image"] for pod in world.pods(NAME, SPACE)}


def changes_of(world: World) -> list[str]:
    """What happens to objects that only a takeover or a controller changes, from now on."""
    noted: list[str] = []

    def note(change: Any) -> None:
        if change.key in WATCHED:
            noted.append(f"{change.type} {change.key} {change.object['metadata']['name']}")

    world.sandbox.store.subscribe(note)
    return noted
