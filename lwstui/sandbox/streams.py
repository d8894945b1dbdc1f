"""exec, attach and port-forward over HTTP: what is asked for, and the WebSocket it goes on over."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from aiohttp import web

from lwstui.sandbox import channels, portforward, status
from lwstui.sandbox.engines.program import is_shell
from lwstui.sandbox.execs import ExecSession, Streams
from lwstui.sandbox.network import Network
from lwstui.sandbox.objects import Json, StatusError, Store
from lwstui.sandbox.podconnection import PodConnection, refusal
from lwstui.sandbox.podverbs import container_name
from lwstui.sandbox.processes import Process
from lwstui.sandbox.requests import Target, flag
from lwstui.sandbox.shell import commands
from lwstui.sandbox.shell.disk import Disk
from lwstui.sandbox.sources import LogSource, ProcessSource

SUBRESOURCES = ("attach", "exec", "portforward")
_MESSAGE_BYTES = 1 << 22
_MOST_DISKS = 64


class PodStreams:
    """Serves the subresources of pods that are conversations.

    Args:
        store: The cluster's objects.
        logs: What containers print.
        processes: What runs in them.
    """

    def __init__(self, store: Store, logs: LogSource, processes: ProcessSource) -> None:
        self._store = store
        self._logs = logs
        self._processes = processes
        self._network = Network(store, processes)
        self._open: set[asyncio.Task[web.WebSocketResponse]] = set()
        self._disks: OrderedDict[tuple[str, str, float], Disk] = OrderedDict()

    def close(self) -> None:
        """End every conversation, so that the server can stop."""
        for task in self._open:
            task.cancel()

    async def serve(self, request: web.Request, target: Target) -> web.StreamResponse:
        """Answer a request for ``attach``, ``exec`` or ``portforward``.

        Raises:
            StatusError: 404 no such pod; 400 no such container, no node yet, nothing to stream, or
                no upgrade; 403 no common protocol.
        """
        pod = self._store.entry("pods", target.namespace, target.name).object
        conversation = {"exec": self._exec, "attach": self._attach}.get(
            target.subresource, self._forward
        )
        task = asyncio.ensure_future(conversation(request, pod))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        return await task

    async def _exec(self, request: web.Request, pod: Json) -> web.WebSocketResponse:
        argv = request.query.getall("command", [])
        if not any(argv):
            raise status.bad_request("you must specify at least 1 command for the container")
        container, streams = _asked(request, pod)
        socket = await _upgraded(request, channels.PROTOCOLS)
        process = self._processes.find(pod, container)
        if process is None:
            return await _absent(socket, container)
        await self._play(socket, streams, process, container, argv)
        return await _closed(socket)

    async def _play(
        self,
        socket: web.WebSocketResponse,
        streams: Streams,
        process: Process,
        container: str,
        argv: Sequence[str],
    ) -> int | None:
        """Run a command in a container and return its exit code, None if it was cut short."""
        look = self._looking(process, container)
        session = commands.session(
            self._store,
            self._network,
            process,
            look,
            self._disk(process, container),
            tty=streams.tty,
        )
        player = ExecSession(socket, streams, self._store.clock)
        ended = self._processes.ended(process.pod, container)
        return await player.play(commands.start(session, argv), ended)

    def _disk(self, process: Process, container: str) -> Disk:
        """Return what was written into a run of a container; the oldest are forgotten."""
        run = (process.pod["metadata"]["uid"], container, process.scene.started_at)
        disk = self._disks.setdefault(run, Disk())
        self._disks.move_to_end(run)
        if len(self._disks) > _MOST_DISKS:
            self._disks.popitem(last=False)
        return disk

    def _looking(self, process: Process, container: str) -> Callable[[], Process]:
        return lambda: self._processes.find(process.pod, container) or process

    async def _attach(self, request: web.Request, pod: Json) -> web.WebSocketResponse:
        container, streams = _asked(request, pod)
        socket = await _upgraded(request, channels.PROTOCOLS)
        process = self._processes.find(pod, container)
        if process is None:
            return await _absent(socket, container)
        if streams.stdin and is_shell(process.spec):
            code = await self._play(socket, streams, process, container, ("sh",))
            if code is not None:
                self._processes.end(pod, container, code)
            return await _closed(socket)
        pieces = self._logs.open(
            pod,
            container,
            follow=True,
            previous=False,
            tail_lines=0,
            since_s=None,
            timestamps=False,
            limit_bytes=None,
        )
        await ExecSession(socket, streams, self._store.clock).show(pieces)
        return await _closed(socket)

    async def _forward(self, request: web.Request, pod: Json) -> web.WebSocketResponse:
        _check_node(pod)
        numbers = portforward.port_numbers(request.query.getall("ports", []))
        if numbers is None:
            raise status.bad_request('query parameter "ports" is no list of ports from 1 to 65535')
        if not any(True for _ in self._processes.listed(pod)):
            raise status.bad_request(f"pod {pod['metadata']['name']} is not running")
        socket = await _upgraded(request, portforward.PROTOCOLS)
        ports = portforward.Ports(
            refusal=lambda port: refusal(self._network, pod, port),
            dial=lambda port, write, closed: PodConnection(
                self._network, pod, port, write=write, closed=closed
            ),
        )
        await portforward.forward(socket, ports, numbers, self._processes.gone(pod))
        return await _closed(socket)


def _asked(request: web.Request, pod: Json) -> tuple[str, Streams]:
    query = request.query
    container = container_name(pod, query.get("container", ""))
    _check_node(pod)
    streams = Streams(
        stdin=flag(query, "stdin"),
        stdout=flag(query, "stdout"),
        stderr=flag(query, "stderr"),
        tty=flag(query, "tty"),
    )
    if not (streams.stdin or streams.stdout or streams.stderr):
        raise status.bad_request("you must specify at least 1 of stdin, stdout, stderr")
    return container, streams


def _check_node(pod: Json) -> None:
    if not pod["spec"].get("nodeName"):
        raise status.bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")


async def _upgraded(request: web.Request, protocols: Iterable[str]) -> web.WebSocketResponse:
    """Return the WebSocket that a request becomes.

    Raises:
        StatusError: 400 it wants none, 403 it speaks none of the protocols.
    """
    upgrade = request.headers.get("Upgrade", "").lower()
    if upgrade.startswith("spdy"):
        raise status.bad_request(
            "the lwstui sandbox streams over WebSocket, not SPDY: use kubectl 1.31 or newer, "
            "without KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false and "
            "KUBECTL_PORT_FORWARD_WEBSOCKETS=false"
        )
    if upgrade != "websocket":
        raise status.bad_request("Upgrade request required")
    spoken = [
        name.strip()
        for value in request.headers.getall("Sec-WebSocket-Protocol", [])
        for name in value.split(",")
    ]
    if not set(spoken) & set(protocols):
        why = f"client supports [{' '.join(spoken)}], server accepts [{' '.join(protocols)}]"
        message = f"unable to upgrade: unable to negotiate protocol: {why}"
        raise StatusError(403, "Forbidden", message)
    socket = web.WebSocketResponse(protocols=protocols, max_msg_size=_MESSAGE_BYTES, compress=False)
    if not socket.can_prepare(request):
        raise status.bad_request("the WebSocket handshake is malformed")
    await socket.prepare(request)
    return socket


async def _absent(socket: web.WebSocketResponse, container: str) -> web.WebSocketResponse:
    message = f'unable to upgrade connection: container not found ("{container}")'
    await socket.send_bytes(channels.last(channels.failure(message)))
    return await _closed(socket)


async def _closed(socket: web.WebSocketResponse) -> web.WebSocketResponse:
    await socket.close()
    return socket
