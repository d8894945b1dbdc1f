"""Scenarios of a running sandbox: start, follow and stop them; over HTTP below ``/sandbox/v1``.

None of this is Kubernetes. It takes the same token as the API.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from aiohttp import web

from lwstui.sandbox.answers import error_answer, json_answer
from lwstui.sandbox.objects import Json, StatusError
from lwstui.sandbox.patches import APPLY_YAML
from lwstui.sandbox.registry import Registry, Resource
from lwstui.sandbox.requests import WriteOptions
from lwstui.sandbox.scenarios.parts import ScenarioError
from lwstui.sandbox.scenarios.runner import Line, Run
from lwstui.sandbox.scenarios.schema import Scenario, parse
from lwstui.sandbox.scenarios.stage import Stage
from lwstui.sandbox.status import bad_request
from lwstui.sandbox.writes import Address, Writer

PATH = "/sandbox/v1/scenario"
_OPTIONS = WriteOptions(dry_run=False, manager="lwstui-scenario", validation="Ignore", force=True)


class Control:
    """Plays one scenario at a time.

    Args:
        stage: Where they are played.
        token: Bearer token of the sandbox.

    Attributes:
        faults: Those of the API server.
    """

    def __init__(self, stage: Stage, token: str) -> None:
        self.faults = stage.faults
        self._stage = stage
        self._authorization = f"Bearer {token}".encode()
        self._registry = Registry(stage.store, lambda _: None)
        self._writer = Writer(stage.store)
        self._name = ""
        self._task: asyncio.Task[bool] | None = None
        self._lines: list[Line] = []
        self._news = asyncio.Event()

    @property
    def routes(self) -> list[web.RouteDef]:
        """Return the routes to serve before those of the API."""
        return [web.route("*", PATH, self._answer)]

    def start(self, scenario: Scenario) -> None:
        """Begin to play a scenario; what the last one broke is healed first.

        Raises:
            StatusError: 409, one is being played.
        """
        if self._task is not None and not self._task.done():
            message = f"scenario {self._name} is being played; stop it first: lwstui scenario stop"
            raise StatusError(409, "Conflict", message)
        self._stage.heal()
        self._name, self._lines = scenario.name, []
        run = Run(scenario, self._stage, lambda: self._create(scenario), self._tell)
        self._task = asyncio.create_task(run.play())
        self._task.add_done_callback(lambda _: self._notify())

    async def stop(self) -> int:
        """Stop playing and take all faults back; return how many there were."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        return self._stage.heal()

    async def lines(self) -> AsyncIterator[Line]:
        """Yield what there is to tell of the scenario being played, until it ends."""
        told = 0
        task = self._task
        while True:
            news = self._news
            for line in self._lines[told:]:
                yield line
                told += 1
            if task is None or task.done():
                return
            await news.wait()

    def _tell(self, line: Line) -> None:
        self._lines.append(line)
        self._notify()

    def _notify(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _create(self, scenario: Scenario) -> None:
        """Create the scenario's objects unless they are there, as a server-side apply does."""
        for manifest in scenario.objects:
            resource = self._resource(manifest)
            meta = manifest["metadata"]
            namespace = meta.get("namespace", "default") if resource.kind.namespaced else ""
            address = Address(resource, namespace, meta["name"])
            self._writer.patch(address, manifest, APPLY_YAML, _OPTIONS)

    def _resource(self, manifest: Json) -> Resource:
        for resource in self._registry.resources():
            kind = resource.kind
            if (kind.api_version, kind.kind) == (manifest["apiVersion"], manifest["kind"]):
                return resource
        raise ScenarioError(
            f"the sandbox does not serve {manifest['apiVersion']} {manifest['kind']}"
        )

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            self._authorize(request)
            return await self._act(request)
        except StatusError as error:
            return error_answer(error)

    def _authorize(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, self._authorization):
            raise StatusError(401, "Unauthorized", "Unauthorized")

    async def _act(self, request: web.Request) -> web.StreamResponse:
        match request.method:
            case "GET":
                return json_answer(self._state())
            case "POST":
                self.start(await _scenario(request))
                return await self._follow(request)
            case "DELETE":
                return json_answer({"healed": await self.stop()})
        raise StatusError(405, "MethodNotAllowed", "use GET, POST or DELETE")

    def _state(self) -> Json:
        state = "none"
        if self._task is not None:
            state = "ended" if self._task.done() else "playing"
        lines = [msgspec.to_builtins(line) for line in self._lines]
        return {"name": self._name, "state": state, "lines": lines}

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        """Send each line as it happens, one JSON object a line; the play goes on without us."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        with suppress(ConnectionResetError):
            await response.prepare(request)
            async for line in self.lines():
                await response.write(msgspec.json.encode(line) + b"\n")
            await response.write_eof()
        return response


async def _scenario(request: web.Request) -> Scenario:
    try:
        return parse(msgspec.json.decode(await request.read()), "the scenario")
    except msgspec.DecodeError as error:
        raise bad_request(f"the body is no JSON: {error}") from error
    except ScenarioError as error:
        raise bad_request(str(error)) from error
