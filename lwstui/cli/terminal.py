"""Puts engine and console together in a terminal; imports Textual, so it is imported late."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from controller.activity import LogfmtFormatter
from controller.leases import NAMESPACE
from lwstui.cli.hangup import watch_terminal
from lwstui.cli.once import print_once
from lwstui.config.logfile import log_path
from lwstui.config.paths import config_folder, state_folder
from lwstui.config.prometheus import NOWHERE, Prometheus
from lwstui.config.settings import Config, Settings
from lwstui.kube.connect import Target

if TYPE_CHECKING:
    from lwstui.runtime.backend import Backend
    from lwstui.runtime.recording.recorder import RecordingOrder

_LOG_BYTES: Final = 5_000_000


def run_app(
    target: Target,
    *,
    settings: Settings,
    config: Config | None,
    first_command: str,
    once: tuple[str, tuple[int, int]] | None,
    problems: tuple[str, ...],
    namespaces: tuple[str, ...],
    embedded_controller: bool,
    lease_namespace: str | None,
    apply_first: tuple[dict[str, Any], ...],
    recording: RecordingOrder | None,
    fresh: bool,
) -> int:
    """Run the console and return its exit code; see ``lwstui.cli.console.run_console``."""
    get_ready(settings)
    from lwstui.runtime.engine import Engine, EngineOptions

    engine = Engine(
        EngineOptions(
            target=target,
            namespaces=namespaces,
            read_only=settings.read_only,
            embedded_controller=embedded_controller,
            identity=f"{socket.gethostname()}-{uuid4().hex[:8]}",
            history_limit=settings.revision_limit,
            lease_namespace=lease_namespace or NAMESPACE,
            apply_first=apply_first,
            state=state_folder(os.environ),
            recording=recording,
            prometheus=_remembering if config is not None else _nothing,
        )
    )
    return show(
        engine,
        settings=settings,
        config=config,
        first_command=first_command,
        once=once,
        problems=problems,
        fresh=fresh,
    )


def get_ready(settings: Settings) -> None:
    """Set up what has to be before Textual is imported."""
    log_to_file(settings)
    os.environ.setdefault("TEXTUAL_FPS", str(settings.fps))
    if not settings.no_color:
        os.environ.pop("NO_COLOR", None)

    from lwstui.runtime.interpreter import tune

    tune()


def show(
    backend: Backend,
    *,
    settings: Settings,
    config: Config | None,
    first_command: str,
    once: tuple[str, tuple[int, int]] | None,
    problems: tuple[str, ...],
    fresh: bool = False,
) -> int:
    """Run the console on a backend and return its exit code.

    Args:
        backend: A cluster, or a recording, which leaves no traces of where the operator was.
        settings: What is in force.
        config: Where that comes from, to follow it.
        first_command: Command run at the start, empty for none.
        once: Form and size of what is printed instead of running; None to run.
        problems: Sentences about broken settings, shown on the first screen.
        fresh: Open on the fleet, and not where a context of this name was left.
    """
    from lwstui.tui.app import Console, ConsoleOptions
    from lwstui.tui.preferences import safety_of
    from lwstui.tui.themefiles import theme_files

    themes = theme_files(config_folder(os.environ) / "themes")
    tape = backend.tape
    console = Console(
        backend,
        ConsoleOptions(
            theme=settings.theme,
            ascii=settings.ascii,
            no_color=settings.no_color,
            read_only=settings.read_only or tape is not None,
            keymap=settings.keymap,
            problems=problems,
            themes=tuple(themes.themes.values()),
            theme_files=themes,
            views=config_folder(os.environ) / "views.yaml",
            favourites=settings.favourites,
            safety=safety_of(settings),
            first_command=first_command,
            settings=settings,
            config=config,
            state=state_folder(os.environ) if tape is None else None,
        ),
        clock=time.time if tape is None else tape.now,
    )
    console.returns = not fresh
    if once is not None:
        return asyncio.run(print_once(console, *once))
    return asyncio.run(_run(console, mouse=settings.mouse))


def _remembering(context: str) -> Prometheus:
    """Return what remembers the time before the start; the files are read anew."""
    found = Config(os.environ).of(context).settings
    return Prometheus(
        found.prometheus_url,
        found.prometheus_service,
        found.prometheus_token_file,
        found.prometheus_ca_file,
    )


def _nothing(context: str) -> Prometheus:
    del context
    return NOWHERE


def log_to_file(settings: Settings) -> None:
    """Send log records to a file: the terminal belongs to the console.

    Without a place to write them they are dropped; the console works all the same.
    """
    path = log_path(settings.log_file, os.environ)
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(LogfmtFormatter())
    log = logging.getLogger("lwstui")
    log.handlers = [handler]
    log.setLevel(settings.log_level.upper())
    log.propagate = False


async def _run(console: Any, *, mouse: bool) -> int:
    """Run the console; SIGTERM, SIGHUP and a terminal that is gone leave without asking."""
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signum, console.exit, 0)
    watch_terminal((0, 1, 2), lambda: loop.call_soon_threadsafe(console.exit, 0))
    await console.run_async(mouse=mouse)
    return int(console.return_code or 0)
