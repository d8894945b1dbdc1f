"""An API server that answers from memory and can say a lot: the load under ``benchmarks.console``.

    python -m benchmarks.stubapi --pods 10000

It prints its address, lists in pages, and streams as many changes of pods a second as it is told
to (``POST /rate?per_second=5000``). Each change is another pod's restart count, encoded before.
It costs little, so that what is measured is the client.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

from aiohttp import web

GROUPS_A_SET = 10
SIZE = 8
GPUS_A_NODE = 8
STARTED = "2026-01-01T00:00:00Z"
TICK_S = 0.02
CHANGED = 5_000
"""Pods that changes are about."""
Place = tuple[int, int, int]
"""Number of the set, of the group in it, and of the pod in that."""
_DOMAIN = "leaderworkerset.sigs.k8s.io"


def pod(set_number: int, group: int, worker: int, restarts: int, version: int) -> dict[str, Any]:
    """Return a pod of the size and shape a real server returns."""
    name = f"model-{set_number:04}"
    leader = f"{name}-{group}"
    pod_name = leader if worker == 0 else f"{leader}-{worker}"
    condition = {"status": "True", "lastTransitionTime": STARTED}
    container = {
        "name": "engine",
        "image": "registry.example/vllm:v0.8.5",
        "args": ["--tensor-parallel-size=8", "--pipeline-parallel-size=2", "--port=8080"],
        "env": [{"name": f"SETTING_{n}", "value": "x" * 40} for n in range(20)],
        "resources": {"requests": {"cpu": "8", "nvidia.com/gpu": "1"}},
        "volumeMounts": [{"name": "models", "mountPath": "/models"}],
    }
    managed = {f"f:field-{n}": {f"f:part-{m}": {} for m in range(12)} for n in range(14)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod_name,
            "namespace": f"team-{set_number % 7}",
            "uid": f"uid-{pod_name}",
            "resourceVersion": str(version),
            "creationTimestamp": STARTED,
            "labels": {
                f"{_DOMAIN}/name": name,
                f"{_DOMAIN}/group-index": str(group),
                f"{_DOMAIN}/worker-index": str(worker),
                f"{_DOMAIN}/group-key": f"key-{leader}",
                f"{_DOMAIN}/template-revision-hash": "5f9c7d8a41",
                "app": name,
            },
            "annotations": {f"{_DOMAIN}/size": str(SIZE), f"{_DOMAIN}/leader-name": leader},
            "managedFields": [{"manager": "kubelet", "fieldsV1": managed}],
        },
        "spec": {
            "nodeName": f"gpu-{(set_number * GROUPS_A_SET + group):05}",
            "containers": [container],
            "volumes": [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}],
        },
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.1",
            "startTime": STARTED,
            "conditions": [
                {"type": kind, **condition}
                for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
            ],
            "containerStatuses": [
                {
                    "name": "engine",
                    "ready": True,
                    "started": True,
                    "restartCount": restarts,
                    "image": container["image"],
                    "state": {"running": {"startedAt": STARTED}},
                }
            ],
        },
    }


def lws(number: int) -> dict[str, Any]:
    """Return a set that is ready."""
    template = {"spec": {"containers": [{"name": "engine", "image": "registry.example/vllm:1"}]}}
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {
            "name": f"model-{number:04}",
            "namespace": f"team-{number % 7}",
            "uid": f"uid-set-{number}",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": STARTED,
        },
        "spec": {
            "replicas": GROUPS_A_SET,
            "leaderWorkerTemplate": {"size": SIZE, "workerTemplate": template},
        },
        "status": {
            "replicas": GROUPS_A_SET,
            "readyReplicas": GROUPS_A_SET,
            "updatedReplicas": GROUPS_A_SET,
            "observedGeneration": 1,
        },
    }


def node(number: int) -> dict[str, Any]:
    """Return a node with one group's accelerators."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"gpu-{number:05}", "uid": f"uid-node-{number}"},
        "status": {
            "allocatable": {"cpu": "192", "memory": "2Ti", "nvidia.com/gpu": str(GPUS_A_NODE)},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def changes(places: list[Place]) -> Iterator[tuple[Place, int, int]]:
    """Yield what changes: where, restarts and version.

    The second half is about the pods of the first, so that none is sent as it is held.
    """
    chosen = random.Random(1).sample(places, min(CHANGED, len(places)))
    for number, (restarts, place) in enumerate(itertools.product((1, 2), chosen)):
        yield place, restarts, number + 2


def everywhere(pods: int) -> list[Place]:
    """Return the places of so many pods, in whole sets."""
    sets = max(1, pods // (GROUPS_A_SET * SIZE))
    return [(s, g, w) for s in range(sets) for g in range(GROUPS_A_SET) for w in range(SIZE)]


class Stub:
    """The lists, encoded once, and the stream of changes.

    Args:
        pods: How many pods there are, in whole sets.
    """

    def __init__(self, pods: int) -> None:
        self._places = everywhere(pods)
        sets = self._places[-1][0] + 1
        self._lists = {
            "pods": [json.dumps(pod(*place, 0, 1)) for place in self._places],
            "leaderworkersets": [json.dumps(lws(number)) for number in range(sets)],
            "nodes": [json.dumps(node(number)) for number in range(sets * GROUPS_A_SET)],
        }
        self._changes = [line.encode() for line in self._encoded()]
        self.per_second = 0
        self.sent = 0
        self.requests = 0

    def _encoded(self) -> Iterator[str]:
        """Yield changes in the order in which they are sent, again and again."""
        for place, restarts, version in changes(self._places):
            changed = pod(*place, restarts, version)
            yield json.dumps({"type": "MODIFIED", "object": changed}) + "\n"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a list or a watch."""
        kind = request.path.rpartition("/")[2]
        self.requests += 1
        if request.method != "GET":
            return web.json_response({"status": {"allowed": True}}, status=201)
        if request.query.get("watch") in ("1", "true"):
            return await self._stream(request, kind)
        return self._page(request, self._lists.get(kind, []))

    def _page(self, request: web.Request, items: list[str]) -> web.Response:
        start, limit = int(request.query.get("continue") or 0), int(request.query.get("limit", 0))
        end = start + limit if limit else len(items)
        more = str(end) if end < len(items) else ""
        meta = json.dumps({"resourceVersion": "1", "continue": more})
        body = f'{{"kind":"List","metadata":{meta},"items":[{",".join(items[start:end])}]}}'
        return web.Response(text=body, content_type="application/json")

    async def _stream(self, request: web.Request, kind: str) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        changes = itertools.cycle(self._changes)
        loop = asyncio.get_running_loop()
        due, last = 0.0, loop.time()
        while True:
            await asyncio.sleep(TICK_S)
            now = loop.time()
            due, last = due + (now - last) * self.per_second, now
            if kind == "pods" and due >= 1:
                batch = [next(changes) for _ in range(int(due))]
                due -= len(batch)
                self.sent += len(batch)
                await answer.write(b"".join(batch))

    async def rate(self, request: web.Request) -> web.Response:
        """Change how many changes are sent a second, and tell what was sent so far."""
        self.per_second = int(request.query["per_second"])
        return web.json_response({"sent": self.sent, "requests": self.requests})


async def _run(pods: int) -> None:
    stub = Stub(pods)
    app = web.Application()
    app.router.add_post("/rate", stub.rate)
    app.router.add_route("*", "/{path:.*}", stub.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=10_000)
    asyncio.run(_run(parser.parse_args().pods))
