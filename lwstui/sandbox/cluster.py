"""The whole sandbox in one process: store, API server, behaviour, kubeconfig."""

import gc
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from lwstui.sandbox.behaviour import Behaviour, populate
from lwstui.sandbox.certificates import loopback_certificate
from lwstui.sandbox.clock import SimClock
from lwstui.sandbox.faults import Faults
from lwstui.sandbox.fill import Fill, seed
from lwstui.sandbox.kinds import BUILTIN
from lwstui.sandbox.kubeconfig import kubeconfig, write_private
from lwstui.sandbox.native.seeding import seed as seed_native
from lwstui.sandbox.native.standin import NativeStandIn
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.scenarios.control import Control
from lwstui.sandbox.scenarios.schema import Scenario
from lwstui.sandbox.scenarios.stage import Stage
from lwstui.sandbox.server import build_app, server_log

_HOST = "127.0.0.1"
_STOP_S = 1.0


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """What a sandbox is made of.

    Attributes:
        nodes: H100 hosts; the TPU slice, CPU and A10G nodes come on top.
        gpus_per_node: Devices in each H100 host.
        port: TCP port on loopback, 0 for a free one.
        speed: Simulated seconds in one real second.
        kubeconfig_out: Where to write the kubeconfig; None for a temporary file that goes away.
        fill: Groups that run from the start; None for an empty cluster.
        scenario: Played by ``serve`` from the start; None for none.
        native: Manifests, whose sets are there as the native controller makes them.
    """

    nodes: int = 16
    gpus_per_node: int = 8
    port: int = 0
    speed: float = 1.0
    kubeconfig_out: Path | None = None
    fill: Fill | None = None
    scenario: Scenario | None = None
    native: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: where it listens, who may talk to it, and its objects.

    ``authority`` is the PEM of the certificate it shows, the only one to trust; ``control`` plays
    scenarios in it.
    """

    url: str
    token: str
    authority: str
    kubeconfig: Path
    store: Store
    control: Control


@asynccontextmanager
async def running_sandbox(options: SandboxOptions | None = None) -> AsyncIterator[Sandbox]:
    """Run a sandbox on the running loop until the block ends.

    It is populated and listens when the block begins; its kubeconfig is written.

    Raises:
        OSError: The port is taken, or the kubeconfig cannot be written.
        NoRoom: There are too few hosts for what it is filled with.
        NativeError: What should be there in native shape cannot be made.
    """
    options = options or SandboxOptions()
    store = Store(SimClock(options.speed))
    for kind in BUILTIN:
        store.register(kind)
    behaviour = Behaviour(store)
    # Before the server, whose watches go back to where it began.
    populate(store, options.nodes, options.gpus_per_node)
    token = secrets.token_urlsafe(32)
    certificate = loopback_certificate(store.clock.now())
    faults = Faults(store.clock)
    control = Control(Stage(store, behaviour, faults), token)
    app = build_app(
        store,
        token=token,
        logs=behaviour.logs,
        metrics=behaviour.metrics,
        processes=behaviour.processes,
        routes=control.routes,
        middlewares=[faults.middleware],
    )
    if options.fill is not None:
        _seed(store, options.fill)
    with ExitStack() as cleanup:
        behaviour.start()
        cleanup.callback(behaviour.stop)
        if options.native:
            seed_native(store, options.native)
            native = NativeStandIn(store)
            native.start()
            cleanup.callback(native.stop)
        runner = web.AppRunner(
            app,
            handler_cancellation=True,
            shutdown_timeout=_STOP_S,
            access_log=None,
            logger=server_log(),
        )
        await runner.setup()
        try:
            site = web.TCPSite(
                runner, _HOST, options.port, ssl_context=certificate.server_context()
            )
            await site.start()
            port = runner.addresses[0][1]
            url = f"https://{_HOST}:{port}"
            path = _kubeconfig_path(options, cleanup)
            write_private(path, kubeconfig(url, token, certificate.certificate))
            yield Sandbox(url, token, certificate.certificate, path, store, control)
        finally:
            await control.stop()
            await runner.cleanup()


def _seed(store: Store, fill: Fill) -> None:
    """Fill a store. Its objects are here to stay: the garbage collector never looks at them."""
    gc.disable()
    try:
        seed(store, fill)
        gc.freeze()
    finally:
        gc.enable()


def _kubeconfig_path(options: SandboxOptions, cleanup: ExitStack) -> Path:
    if options.kubeconfig_out is not None:
        return options.kubeconfig_out
    folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="lwstui-sandbox-"))
    return Path(folder) / "kubeconfig"
