"""The cluster of the recorded session: its nodes and namespaces, our controller, real kubectl."""

import asyncio
import json
import os
import shlex
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lwstui.sandbox import exporter
from lwstui.sandbox.clock import rfc3339
from lwstui.sandbox.cluster import SandboxOptions
from lwstui.sandbox.objects import Store
from tests.e2e.conftest import World, world_of
from tests.support.waiting import eventually

RECORDINGS = Path(__file__).parents[2] / "data" / "recordings"
SPEED = 20
_NODES = 8
_RESOURCES = {
    "cpu": "192",
    "ephemeral-storage": "8Ti",
    "google.com/tpu": "4",
    "memory": "2Ti",
    "nvidia.com/gpu": "8",
    "pods": "250",
}


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    exit: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Recorded(Outcome):
    """A command of the recording, as it was typed."""

    command: str


def recorded() -> list[Recorded]:
    """Return the recorded commands in order."""
    text = (RECORDINGS / "commands.json").read_text(encoding="utf-8")
    return [Recorded(**each) for each in json.loads(text)]


@dataclass(frozen=True)
class Session:
    """kubectl in a cluster that looks as the recorded one did."""

    world: World
    home: Path

    async def kubectl(self, words: list[str], **more: str) -> asyncio.subprocess.Process:
        """Return kubectl, running in the folder of the manifests."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "KUBECONFIG": str(self.world.sandbox.kubeconfig),
            **more,
        }
        return await asyncio.create_subprocess_exec(
            *words,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=RECORDINGS,
            env=environment,
        )

    async def run(self, command: str, **environment: str) -> Outcome:
        """Return how a command ended."""
        async with asyncio.timeout(30):
            process = await self.kubectl(shlex.split(command), **environment)
            out, err = await process.communicate()
        return Outcome(process.returncode or 0, out.decode(), err.decode())

    async def run_until(
        self, command: str, enough: Callable[[str], bool], within_s: float
    ) -> Outcome:
        """Return what a command printed until it was enough or its time was up.

        Its exit code is then that of ``timeout``.
        """
        process = await self.kubectl(shlex.split(command))
        assert process.stdout is not None
        printed = ""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not enough(printed):
                    piece = await process.stdout.readline()
                    if not piece:
                        break
                    printed += piece.decode()
        has_ended = process.stdout.at_eof()
        if not has_ended:
            process.terminate()
        _, err = await process.communicate()
        code = (process.returncode or 0) if has_ended else 124
        return Outcome(code, printed, err.decode())

    async def prepare(self, command: str) -> None:
        """Hold what the next commands must meet unfinished, as the recorded ones did by chance.

        The logs of a leader were asked for while its group was coming back.
        """
        store = self.world.sandbox.store
        if command.startswith("kubectl delete pod demo-1-1 "):
            for node in store.items("nodes"):
                store.update("nodes", "", node["metadata"]["name"], _cordon)
        if command == "kubectl logs demo-0":
            await eventually(lambda: store.get("pods", "default", "demo-0"))


def _cordon(node: dict[str, Any]) -> None:
    node["spec"]["unschedulable"] = True


def _node(index: int, now: str) -> dict[str, Any]:
    name = f"gpu-{index:03}"
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    labels = {
        "cloud.google.com/gke-nodepool": f"pool-{index // 4}",
        "kubernetes.io/hostname": name,
        "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
        "rack": f"rack-{index // 2}",
        "topology.kubernetes.io/zone": f"z{index // 4}",
    }
    return {
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
        },
        "spec": {},
        "status": {"capacity": _RESOURCES, "allocatable": _RESOURCES, "conditions": [ready]},
    }


async def _as_recorded(store: Store) -> None:
    """Make the sandbox's machines the recorded ones, without the operator of their GPUs."""
    store.delete("daemonsets.apps", exporter.NAMESPACE, exporter.NAME)
    store.delete("namespaces", "", exporter.NAMESPACE)
    for node in store.items("nodes"):
        store.delete("nodes", "", node["metadata"]["name"])
    for index in range(_NODES):
        store.create("nodes", _node(index, rfc3339(store.clock.now())))
    labels = {"kubernetes.io/metadata.name": "golden"}
    golden = {"metadata": {"name": "golden", "labels": labels}, "status": {"phase": "Active"}}
    store.create("namespaces", golden)
    await eventually(lambda: store.get("namespaces", "", exporter.NAMESPACE) is None)


@asynccontextmanager
async def recorded_session(home: Path) -> AsyncIterator[Session]:
    """Run the cluster for the length of the block."""
    async with world_of(SandboxOptions(nodes=0, speed=SPEED)) as world:
        await _as_recorded(world.sandbox.store)
        yield Session(world, home)
