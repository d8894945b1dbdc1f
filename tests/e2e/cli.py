"""Running the command line against a sandbox that lives on the test's own loop."""

import asyncio
import contextlib
import io
import os
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from controller.api.names import LEADERWORKERSETS
from lwstui.cli.main import main
from lwstui.kube.cluster import KubeCluster
from tests.e2e.conftest import World


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


async def lwstui(world: World, *words: str) -> Ran:
    """Run a command in a thread of its own and return how it ended."""
    argv = [*words, "--kubeconfig", str(world.sandbox.kubeconfig)]
    out, err = io.StringIO(), io.StringIO()

    def run() -> int:
        return main(argv)

    # Redirection and environment are the process's; one command runs at a time.
    state = os.environ.get("LWSTUI_STATE_DIR", str(world.sandbox.kubeconfig.parent / "state"))
    environ = patch.dict(os.environ, {"LWSTUI_STATE_DIR": state})
    with environ, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = await asyncio.to_thread(run)
    return Ran(code, out.getvalue(), err.getvalue())


async def ok(world: World, *words: str) -> Ran:
    """Run a command that succeeds."""
    ran = await lwstui(world, *words)
    assert ran.code == 0, ran.out + ran.err
    return ran


def demo(
    replicas: int = 3, *, image: str = "nginx:1", size: int = 2, **rollout: Any
) -> dict[str, Any]:
    """Return a set of nginx groups."""
    spec = {"containers": [{"name": "main", "image": image}]}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "demo"},
        "spec": {
            "replicas": replicas,
            "rolloutStrategy": {
                "type": "RollingUpdate",
                "rollingUpdateConfiguration": {"maxUnavailable": 1, **rollout},
            },
            "leaderWorkerTemplate": {"size": size, "workerTemplate": {"spec": spec}},
        },
    }


def leaders(world: World) -> dict[int, tuple[str, str]]:
    """Return UID and image of the leader of each group."""
    found = {}
    for pod in world.pods("demo"):
        labels = pod["metadata"]["labels"]
        if labels["leaderworkerset.sigs.k8s.io/worker-index"] == "0":
            index = int(labels["leaderworkerset.sigs.k8s.io/group-index"])
            found[index] = pod["metadata"]["uid"], pod["spec"]["containers"][0]["image"]
    return found


def images(world: World) -> list[str]:
    """Return the image of each group's leader, by index."""
    return [image for _, (_, image) in sorted(leaders(world).items())]


async def set_image(world: World, image: str) -> None:
    """Change the image as ``kubectl patch`` does."""
    containers = [{"name": "main", "image": image}]
    worker = {"workerTemplate": {"spec": {"containers": containers}}}
    await KubeCluster(world.connection.rest).patch(
        LEADERWORKERSETS, "default", "demo", {"spec": {"leaderWorkerTemplate": worker}}
    )
