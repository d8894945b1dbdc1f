"""The web server of ``lwstui serve``: textual-serve behind a token, on loopback only.

A console can change a cluster, so whoever reaches the page must have been given its address.
The token in it becomes a cookie at the first visit; requests without either are refused, and so
are those that name another host (a page elsewhere whose name was pointed here) or come from a
page of another origin.
"""

from __future__ import annotations

import hmac
import logging
import socket
from importlib import resources
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from textual_serve.server import Server

from lwstui.cli.common import fail

HOST: Final = "127.0.0.1"
TITLE: Final = "lwstui"
_POLICY: Final = (
    "default-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws:; "
    "frame-ancestors 'none'"
)
_REFUSED: Final = "This page needs the address that lwstui serve printed, token included.\n"


class WebServer(Server):  # type: ignore[misc]  # it says nothing of its types
    """Serves one command; each tab of a browser runs it once.

    Args:
        command: Shell command that starts the console.
        port: Port on loopback.
        token: What proves that a visitor was given the address.
    """

    def __init__(self, command: str, *, port: int, token: str) -> None:
        # Our page: the library's asks a font service elsewhere for its letters.
        pages = str(resources.files("lwstui.data") / "web")
        super().__init__(command, host=HOST, port=port, title=TITLE, templates_path=pages)
        self._token = token
        self._cookie = f"lwstui-{port}"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.port}/?token={self._token}"

    async def make(self) -> web.Application:
        """Return the application: textual-serve's, guarded."""
        app: web.Application = await self._make_app()
        app.middlewares.append(self._guard())
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say where the console is."""
        del app
        print(f"the console is at {self.address}")
        print("whoever has this address can use it; ctrl-c ends", flush=True)

    def _guard(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self._from_here(request):
                return web.Response(status=403, text=_REFUSED)
            if self._knows(request.query.get("token", "")):
                answer = web.HTTPSeeOther("/")
                answer.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict")
                return answer
            if not self._knows(request.cookies.get(self._cookie, "")):
                return web.Response(status=401, text=_REFUSED)
            answered = await handler(request)
            if not answered.prepared:
                answered.headers["Content-Security-Policy"] = _POLICY
            return answered

        return guard

    def _from_here(self, request: web.Request) -> bool:
        hosts = {f"{HOST}:{self.port}", f"localhost:{self.port}"}
        origin = request.headers.get("Origin")
        return request.host in hosts and (
            origin is None or origin in {f"http://{host}" for host in hosts}
        )

    def _knows(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._token.encode())


def serve(command: str, *, port: int, token: str) -> int:
    """Serve a command on loopback until interrupted; return the exit code.

    Args:
        command: Shell command that starts the console.
        port: Port, 0 for a free one.
        token: What proves that a visitor was given the address.
    """
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        return fail(f"cannot listen on {HOST}:{port}: {error.strerror}")
    logging.getLogger("textual-serve").addHandler(logging.NullHandler())
    server = WebServer(command, port=listener.getsockname()[1], token=token)
    web.run_app(server.make(), sock=listener, print=None)
    return 0
