"""A headless Chromium driven over the DevTools protocol: open a page, press keys, see frames."""

from __future__ import annotations

import asyncio
import base64
import itertools
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

BINARY = shutil.which("chromium") or shutil.which("chromium-browser")
# Nothing but the page is asked for: no updates, no sync, no look-ups.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--remote-debugging-port=0",
    "--window-size=1200,800",
)


class Page:
    """One page.

    Attributes:
        received: What its WebSockets received, decoded, in order.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.received: list[bytes] = []
        self._socket = socket
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read())

    async def open(self, url: str) -> None:
        """Go to an address, with its WebSockets listened to."""
        await self.call("Network.enable")
        await self.call("Page.enable")
        await self.call("Page.navigate", url=url)

    async def press(self, key: str) -> None:
        """Press a printable key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, **text)

    async def click(self, x: int, y: int) -> None:
        """Click, which gives the page the focus."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    async def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def screenshot(self, path: Path) -> None:
        """Write what the page looks like as PNG."""
        answer = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(answer["data"]))

    async def call(self, method: str, **params: Any) -> Any:
        """Call a method of the protocol and return its result."""
        number = next(self._ids)
        future = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        try:
            return await asyncio.wait_for(future, 20)
        finally:
            del self._answers[number]

    async def close(self) -> None:
        """Stop listening."""
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            said = message.json()
            if said.get("method") == "Network.webSocketFrameReceived":
                frame = said["params"]["response"]
                data = frame["payloadData"]
                binary = frame["opcode"] == 2
                self.received.append(base64.b64decode(data) if binary else data.encode())
            future = self._answers.get(said.get("id", 0))
            if future is not None and not future.done():
                future.set_result(said.get("result", {}))


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Page]:
    """Start Chromium with an empty profile and yield its first page."""
    assert BINARY is not None
    process = subprocess.Popen(
        [BINARY, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as http:
            socket = await http.ws_connect(await _page_address(http, profile), max_msg_size=0)
            page = Page(socket)
            yield page
            await page.close()
    finally:
        process.terminate()
        process.wait(30)


async def _page_address(http: aiohttp.ClientSession, profile: Path) -> str:
    """Return the debugging address of the first page, once there is one."""
    announced = profile / "DevToolsActivePort"
    for _ in range(400):
        with suppress(OSError, aiohttp.ClientError, IndexError):
            port = announced.read_text().splitlines()[0]
            async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = [one for one in await answer.json() if one["type"] == "page"]
            return str(pages[0]["webSocketDebuggerUrl"])
        await asyncio.sleep(0.05)
    raise AssertionError("Chromium opened no page within 20 s")
