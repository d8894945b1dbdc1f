"""Port-forwards to pods of the sandbox, over real sockets."""

import asyncio

import pytest

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, PODS
from controller.api.pods import decode_pod
from controller.errors import Unavailable
from lwstui.data import folder
from lwstui.kube.manifests import load_manifests
from lwstui.runtime.backend import ForwardRequest
from lwstui.runtime.forwards import Forwards
from lwstui.runtime.kubelink import KubeLink
from lwstui.state.store import Store
from tests.support.waiting import eventually

FILE = folder("examples") / "13-vllm-gpu.yaml"


async def get(port, path="/health"):
    """Ask over HTTP and return the status line; empty if the connection was closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
    try:
        line = await asyncio.wait_for(reader.readline(), 30)
    except ConnectionResetError:
        line = b""
    writer.close()
    return line.decode().strip()


@pytest.fixture
async def served(world):
    """A set of one vLLM group that serves; returns its key, a store of its pods, and forwards."""
    objects = load_manifests([str(FILE)])
    sample = next(one for one in objects if one["kind"] == LEADERWORKERSETS.kind)
    sample["spec"]["replicas"] = 1
    name = sample["metadata"]["name"]
    await world.apply([sample])
    await world.ready(name, 1)
    store = Store()

    def look():
        import json

        pods = [decode_pod(json.dumps(pod).encode()) for pod in world.pods(name)]
        store.replace(PODS, pods)
        return pods

    look()
    link = KubeLink(world.connection, "test")
    forwards = Forwards(store, lambda: link)
    yield world, Key("default", name), look, forwards
    forwards.end()


async def test_a_leader_answers_on_a_port_of_this_machine(served):
    _, key, _, forwards = served
    opened = await forwards.open(ForwardRequest(key, f"{key.name}-0", 8080, group=0))
    assert opened.request.local > 0
    assert await get(opened.request.local) == "HTTP/1.1 200 OK"
    assert await get(opened.request.local, "/nothing") == "HTTP/1.1 404 Not Found"
    await eventually(lambda: forwards.shown[0].open == 0, 30, what="the connections to end")
    (shown,) = forwards.shown
    assert (shown.connections, shown.pod, shown.problem) == (2, f"{key.name}-0", "")
    assert shown.sent > 0
    assert shown.received > 0


async def test_it_goes_on_to_the_next_leader(served):
    world, key, look, forwards = served
    opened = await forwards.open(ForwardRequest(key, f"{key.name}-0", 8080, group=0))
    assert await get(opened.request.local) == "HTTP/1.1 200 OK"

    def leader():
        return next((pod for pod in look() if pod.worker == 0), None)

    before = leader()
    world.sandbox.store.delete("pods", *before.key)

    def replaced():
        found = leader()
        return found is not None and found.uid != before.uid and found.ready

    await eventually(replaced, 20, what="a new leader")
    assert await get(opened.request.local) == "HTTP/1.1 200 OK"


async def test_a_port_nobody_listens_on_and_a_leader_that_is_gone_are_told(served):
    _, key, _, forwards = served
    opened = await forwards.open(ForwardRequest(key, f"{key.name}-0", 9999, group=0))
    assert await get(opened.request.local) == ""
    await eventually(lambda: forwards.shown[0].problem, 30, what="the problem to be told")
    assert "9999" in forwards.shown[0].problem
    gone = await forwards.open(ForwardRequest(key, f"{key.name}-7", 8080, group=7))
    assert await get(gone.request.local) == ""
    assert "group 7 is not there at the moment" in forwards.shown[1].problem


async def test_a_port_that_is_taken_is_told_and_a_stopped_one_is_free_again(served):
    _, key, _, forwards = served
    request = ForwardRequest(key, f"{key.name}-0", 8080, group=0)
    opened = await forwards.open(request)
    with pytest.raises(Unavailable, match=f"port {opened.request.local} of this machine"):
        await forwards.open(opened.request)
    forwards.stop(opened.number)
    assert forwards.shown == ()
    again = await forwards.open(opened.request)
    assert again.request.local == opened.request.local
