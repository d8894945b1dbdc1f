"""``lwstui serve``: guarded on loopback, and used in a real browser."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.support.chromium import BINARY, chromium

WITHIN_S = 40.0


@asynccontextmanager
async def serving(tmp_path, *words) -> AsyncIterator[tuple[URL, asyncio.subprocess.Process]]:
    """Run ``lwstui serve`` and yield the address it prints, and the process."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    command = (sys.executable, "-m", "lwstui", "serve", *words)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=environment
    )
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), WITHIN_S)).decode()
        yield URL(re.search(r"http://\S+", line)[0]), process
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), WITHIN_S)
        assert process.returncode in (0, 130)


def browser() -> aiohttp.ClientSession:
    """Return a client that keeps cookies of addresses, as browsers do."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


async def status(http, url, **options) -> int:
    async with http.get(url, allow_redirects=False, **options) as answer:
        return answer.status


async def test_only_who_was_given_the_address_gets_in(tmp_path):
    async with serving(tmp_path, "--", "demo") as (url, _), browser() as http:
        assert (url.host, len(url.query["token"])) == ("127.0.0.1", 32)
        bare = url.with_query(None)
        assert await status(http, bare) == 401
        assert await status(http, bare / "ws") == 401
        assert await status(http, bare / "static/") == 401
        assert await status(http, bare.with_query(token="x" * 32)) == 401
        assert await status(http, url, headers={"Host": "console.example"}) == 403
        assert await status(http, url, headers={"Origin": "http://evil.example"}) == 403
        assert await status(http, url) == 303
        async with http.get(url) as answer:
            assert answer.status == 200
            assert str(answer.url) == str(bare)
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            addresses = re.findall(r"https?://[^\"'/]+", await answer.text())
            assert set(addresses) == {f"http://127.0.0.1:{url.port}"}
        # The cookie counts from now on, but not from a page elsewhere.
        assert await status(http, bare) == 200
        assert await status(http, bare / "ws", headers={"Origin": "http://evil.example"}) == 403


async def test_a_port_that_is_taken_is_one_sentence(tmp_path):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lwstui", "serve", "--port", str(port)),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 1
    assert said.decode().startswith(f"lwstui: cannot listen on 127.0.0.1:{port}: Address")
    assert said.count(b"\n") == 1


async def test_what_is_no_console_is_refused(tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lwstui", "serve", "--", "sandbox"), stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 2
    assert said == b"lwstui: lwstui serve shows the console or the demo, not sandbox\n"


def screen(page) -> str:
    """Return everything the page was sent, without the control sequences."""
    text = b"".join(page.received).decode(errors="replace")
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


async def seen(page, text) -> None:
    """Wait until the page was sent a text."""
    async with asyncio.timeout(WITHIN_S):
        while text not in screen(page):
            await asyncio.sleep(0.02)


@pytest.mark.skipif(BINARY is None, reason="Chromium is not installed")
@pytest.mark.timeout(150)
async def test_the_demo_is_driven_in_a_browser(tmp_path):
    async with serving(tmp_path, "--", "demo") as (url, server):
        async with chromium(tmp_path / "profile") as page:
            await use(page, url)
            assert children(server)
        # A closed tab ends its console, which gives back what it holds.
        async with asyncio.timeout(WITHIN_S):
            while children(server):
                await asyncio.sleep(0.05)


def children(process) -> list[str]:
    """Return the running children of a process."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split()]


async def use(page, url):
    """Open the console, look around and ask for help."""
    await page.open(str(url))
    await seen(page, "SANDBOX")
    await seen(page, "llama-multinode")
    assert "token" not in await page.evaluate("location.href")
    await page.click(300, 300)
    await page.press("?")
    await seen(page, "asks before it changes")
