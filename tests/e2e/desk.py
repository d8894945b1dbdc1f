"""The console with its controller on a sandbox that notes what is asked of it."""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aiohttp import web
from textual.pilot import Pilot

from controller.api.meta import Key
from controller.api.pods import Pod
from lwstui.kube.connect import Target
from lwstui.runtime.engine import Engine, EngineOptions
from lwstui.sandbox import cluster
from lwstui.sandbox.cluster import Sandbox, SandboxOptions, running_sandbox
from lwstui.tui.app import Console, ConsoleOptions
from lwstui.tui.screens.modals.dialog import Dialog
from tests.support.engines import stopped
from tests.tui.support import keys, shown, until

KEY = Key("default", "demo")
SET = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/default/leaderworkersets/demo"
PODS = "/api/v1/namespaces/default/pods"


@dataclass(frozen=True)
class Heard:
    """One request that reached the API server."""

    method: str
    path: str
    dry: bool
    body: Any


@dataclass
class Desk:
    """An operator at the console, and the cluster behind it."""

    pilot: Pilot
    app: Console
    sandbox: Sandbox
    heard: list[Heard] = field(default_factory=list)

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods of the set as the console sees them."""
        return self.app.snapshot.by_set.get(KEY, ())

    @property
    def uids(self) -> dict[str, str]:
        """UIDs of the set's pods by name, as the console sees them."""
        return {pod.name: pod.uid for pod in self.pods}

    def stored(self, plural: str, namespace: str, name: str) -> Any:
        """Return an object as the API server has it, None if it has none."""
        return self.sandbox.store.get(plural, namespace, name)

    async def press(self, *pressed: str) -> None:
        """Press keys one by one."""
        await keys(self.pilot, *pressed)

    async def see(self, wanted: str | Callable[[], object], within_s: float = 30) -> None:
        """Wait until the screen shows a text, or something holds."""
        holds = wanted if callable(wanted) else lambda: wanted in shown(self.app)
        try:
            await until(self.pilot, holds, within_s)
        except AssertionError:
            raise AssertionError(f"never: {wanted!r}; screen:\n{shown(self.app)}") from None

    async def serving(self, groups: int, size: int = 2) -> None:
        """Wait until the console shows so many whole groups and nothing underway."""
        await self.see(lambda: len(self.pods) == groups * size and all(p.ready for p in self.pods))
        await self.see(lambda: not self.app.snapshot.pending and not self.app.snapshot.underway)

    async def done(self, what: str) -> None:
        """Wait until the activity has what was asked for, and nothing of it is under way."""

        def over() -> bool:
            found = self.app.snapshot
            told = any(a.who == "you" and what in a.what and a.ok for a in found.activity)
            return told and not found.pending and not found.underway

        await self.see(over)

    async def confirm(self, says: str, *, typed: str = "") -> None:
        """Wait for a dialog that the server's dry run speaks for, and confirm it."""
        await self.asked(says)
        dialog = self.app.screen
        if typed:
            dialog.query_one("#dialog-name").value = typed
        await self.see(lambda: not dialog.query_one("#confirm").disabled)
        dialog.query_one("#confirm").press()
        await self.see(lambda: self.app.screen is not dialog)

    async def opens(self, key: str, says: str) -> None:
        """Press the key of a verb and wait until its dialog listens."""
        await self.press(key)
        await self.asked(says)

    async def asked(self, says: str) -> None:
        """Wait until a dialog says something and listens to keys."""
        await self.see(lambda: isinstance(self.app.screen, Dialog) and says in shown(self.app))
        await self.see(lambda: not self.app.screen.locked)

    async def arrived(self, method: str, path: str, saying: str = "", times: int = 1) -> list[Any]:
        """Wait for what was really asked for, and return the bodies that say something."""

        def bodies() -> list[Any]:
            found = [one.body for one in self._of(method, path) if not one.dry]
            return [body for body in found if saying in str(body)]

        await self.see(lambda: len(bodies()) >= times)
        return bodies()

    def tried(self, method: str, path: str) -> list[Any]:
        """Return the bodies of what was asked for as a dry run."""
        return [one.body for one in self._of(method, path) if one.dry]

    def _of(self, method: str, path: str) -> list[Heard]:
        return [one for one in self.heard if (one.method, one.path) == (method, path)]


def noting(heard: list[Heard]) -> Any:
    """Return a middleware of the API server that notes every write."""

    @web.middleware
    async def note(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            text = await request.text()
            body = json.loads(text) if text.startswith(("{", "[")) else text
            dry = bool(request.query.get("dryRun")) or "dryRun" in text
            heard.append(Heard(request.method, request.path, dry, body))
        return await handler(request)

    return note


@asynccontextmanager
async def desk(
    folder: Path, *objects: dict[str, Any], nodes: int = 4, size: tuple[int, int] = (120, 45)
) -> AsyncIterator[Desk]:
    """Sit down at a console whose cluster has these objects."""
    heard: list[Heard] = []
    real = cluster.build_app

    def build_app(*given: Any, middlewares: Any = (), **more: Any) -> web.Application:
        return real(*given, middlewares=(noting(heard), *middlewares), **more)

    with patch.object(cluster, "build_app", functools.wraps(real)(build_app)):
        async with running_sandbox(SandboxOptions(nodes=nodes, speed=200)) as sandbox:
            target = Target(kubeconfig=str(sandbox.kubeconfig))
            options = EngineOptions(
                target, embedded_controller=True, identity="test", apply_first=objects
            )
            engine = Engine(options)
            app = Console(engine, ConsoleOptions(state=folder / "state"))
            async with app.run_test(size=size) as pilot, stopped(engine):
                yield Desk(pilot, app, sandbox, heard)
