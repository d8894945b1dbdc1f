"""port-forward: SPDY in a WebSocket, the channel protocol, and the real kubectl."""

import asyncio
import re
import shutil
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from lwstui.sandbox import spdy
from lwstui.sandbox.spdy import Data, Frame, FrameReader, FrameWriter, GoAway, Ping, Replied, Reset
from tests.sandbox.api.town import V4, Town

TUNNEL = "SPDY/3.1+portforward.k8s.io"
KEPT_REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
REQUEST = KEPT_REQUEST[:-2] + b"Connection: close\r\n\r\n"


@dataclass
class Tunnel:
    """The client's side of a tunnel: frames seen, and what they carried by stream."""

    socket: aiohttp.ClientWebSocketResponse
    writer: FrameWriter = field(default_factory=FrameWriter)
    reader: FrameReader = field(default_factory=FrameReader)
    seen: list[Frame] = field(default_factory=list)

    async def open(self, stream: int, kind: str, port: str, request: str = "0") -> None:
        headers = {"streamtype": kind, "port": port, "requestid": request}
        await self.socket.send_bytes(self.writer.open(stream, headers))

    async def connect(self, port: int, first: int = 1) -> None:
        await self.open(first, "error", str(port), str(first))
        await self.open(first + 2, "data", str(port), str(first))

    async def until(self, wanted: Frame | type) -> Frame:
        """Return the first frame that is equal to, or of the type of, ``wanted``."""
        while True:
            for frame in self.seen:
                if frame == wanted or (isinstance(wanted, type) and isinstance(frame, wanted)):
                    return frame
            self.seen += self.reader.feed(await self.socket.receive_bytes())

    def content(self, stream: int) -> bytes:
        found = (frame for frame in self.seen if isinstance(frame, Data))
        return b"".join(frame.data for frame in found if frame.stream == stream)


@asynccontextmanager
async def tunnel(town: Town, pod: str = "p") -> AsyncIterator[Tunnel]:
    async with asyncio.timeout(30), town.socket(f"{pod}/portforward", [], TUNNEL) as socket:
        yield Tunnel(socket)


async def test_connections_share_a_tunnel(town: Town) -> None:
    await town.pod("p")
    async with tunnel(town) as side:
        await side.connect(8080)
        await side.connect(8080, first=5)
        await side.socket.send_bytes(spdy.data(3, REQUEST[:9]))
        await side.socket.send_bytes(spdy.data(7, REQUEST))
        await side.socket.send_bytes(spdy.data(3, REQUEST[9:]))
        for stream in (1, 3, 5, 7):
            await side.until(Data(stream, b"", fin=True))
        assert {frame.stream for frame in side.seen if isinstance(frame, Replied)} == {1, 3, 5, 7}
        for stream in (3, 7):
            assert side.content(stream).startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"Welcome to nginx!" in side.content(stream)
        assert side.content(1) == b""


async def test_a_client_that_is_done_sending_is_still_answered(town: Town) -> None:
    await town.pod("p")
    async with tunnel(town) as side:
        await side.connect(8080)
        await side.socket.send_bytes(spdy.data(3, KEPT_REQUEST, fin=True))
        await side.until(Data(3, b"", fin=True))
        assert b"Welcome to nginx!" in side.content(3)


async def test_a_port_nobody_listens_on_is_refused_on_the_error_stream(town: Town) -> None:
    await town.pod("p")
    async with tunnel(town) as side:
        await side.connect(81)
        await side.until(Data(3, b"", fin=True))
        assert b"dial tcp4 127.0.0.1:81: connect: connection refused" in side.content(1)
        await side.socket.send_bytes(spdy.data(3, b"late"))
        await side.socket.send_bytes(spdy.ping(9))
        assert await side.until(Ping) == Ping(9)


async def test_bytes_that_are_no_http_are_answered_as_such(town: Town) -> None:
    await town.pod("p")
    async with tunnel(town) as side:
        await side.connect(8080)
        await side.socket.send_bytes(spdy.data(3, KEPT_REQUEST))
        await side.until(Data)
        await side.socket.send_bytes(spdy.data(3, b"\x00\xff garbage\r\n\r\n"))
        await side.until(Data(3, b"", fin=True))
        assert b"HTTP/1.1 200 OK\r\n" in side.content(3)
        assert b"HTTP/1.0 400 Bad Request\r\n" in side.content(3)


@pytest.mark.parametrize(
    ("kind", "port"), [("data", "0"), ("data", "x"), ("data", ""), ("other", "80"), ("", "80")]
)
async def test_streams_that_say_too_little_are_reset(town: Town, kind: str, port: str) -> None:
    await town.pod("p")
    async with tunnel(town) as side:
        await side.open(1, kind, port)
        assert await side.until(Reset) == Reset(1, spdy.PROTOCOL_ERROR)


async def test_a_second_stream_of_the_same_kind_is_reset(town: Town) -> None:
    await town.pod("p")
    async with tunnel(town) as side:
        await side.open(1, "data", "8080")
        await side.open(3, "data", "8080")
        assert await side.until(Reset) == Reset(3, spdy.PROTOCOL_ERROR)
        await side.socket.send_bytes(spdy.reset(1, 5))
        await side.open(5, "data", "8080")
        await side.until(Replied(5))


async def test_bytes_that_are_no_spdy_end_the_tunnel(town: Town) -> None:
    await town.pod("p")
    async with tunnel(town) as side:
        await side.socket.send_bytes(b"\x80\x02\x00\x01\x00\x00\x00\x00")
        await side.until(GoAway)
        message = await side.socket.receive()
        assert message.type is aiohttp.WSMsgType.CLOSE
        assert message.data == 1002
        assert "version 2 is not spoken" in str(message.extra)


async def test_a_tunnel_ends_with_its_pod(town: Town) -> None:
    await town.pod("p")
    async with tunnel(town) as side:
        await side.connect(8080)
        await side.until(Replied(3))
        await town.call("DELETE", "pods/p", {"gracePeriodSeconds": 0})
        kinds = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        while (await side.socket.receive()).type not in kinds:
            pass


async def test_channels_carry_a_connection_for_each_port(town: Town) -> None:
    await town.pod("p")
    query = [("ports", "8080"), ("ports", "81")]
    async with asyncio.timeout(30), town.socket("p/portforward", query, V4) as socket:
        begun = [await socket.receive_bytes() for _ in range(4)]
        assert begun[:2] == [bytes((each,)) + struct.pack("<H", 8080) for each in (0, 1)]
        assert begun[2:] == [bytes((each,)) + struct.pack("<H", 81) for each in (2, 3)]
        refused = await socket.receive_bytes()
        assert refused[0] == 3
        assert b"connection refused" in refused
        for frame in (b"", b"\x09x", b"\x03x", b"\x02x", b"\x00" + REQUEST):
            await socket.send_bytes(frame)
        answer = b""
        while b"</html>" not in answer:
            frame = await socket.receive_bytes()
            assert frame[0] == 0
            answer += frame[1:]
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.kubectl
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
class TestKubectl:
    """The real kubectl."""

    @asynccontextmanager
    async def forwarded(self, town: Town, *args: str) -> AsyncIterator[str]:
        """Forward a port that kubectl chooses and yield the URL."""
        process = await town.start("port-forward", "--address=127.0.0.1", *args)
        assert process.stdout is not None
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found is not None, line
        yield f"http://127.0.0.1:{found[1]}"
        process.terminate()
        await process.communicate()

    async def test_a_pod(self, town: Town) -> None:
        await town.pod("p")
        async with (
            self.forwarded(town, "pod/p", ":8080") as url,
            aiohttp.ClientSession() as client,
        ):

            async def page() -> str:
                async with client.get(url) as answer:
                    return await answer.text()

            pages = await asyncio.gather(*(page() for _ in range(20)))
        assert all("Welcome to nginx!" in text for text in pages)

    async def test_a_service_with_an_engine(self, town: Town) -> None:
        await town.pod("p", image="ghcr.io/sozercan/llama3.3:70b", labels={"app": "aikit"})
        await town.service("aikit", {"app": "aikit"})
        body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
        async with (
            self.forwarded(town, "svc/aikit", ":80") as url,
            aiohttp.ClientSession() as client,
            client.post(f"{url}/v1/chat/completions", json=body) as answer,
        ):
            told = await answer.json()
        assert "simulated" in told["choices"][0]["message"]["content"]

    async def test_a_closed_port(self, town: Town) -> None:
        await town.pod("p")
        process = await town.start("port-forward", "--address=127.0.0.1", "pod/p", ":81")
        assert process.stdout is not None
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode()
            port = int(line.split(":")[1].split()[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read() == b""
            writer.close()
            _, err = await process.communicate()
        assert b"connection refused" in err
        assert b"lost connection to pod" in err
