"""``lwstui``: the console, with or without the embedded controller."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from lwstui.cli.common import (
    USAGE,
    add_history_limit,
    add_lease_namespace,
    add_target,
    fail,
    namespaces_of,
    target_of,
)
from lwstui.cli.taping import add_recording, order_of
from lwstui.config.logfile import LEVELS

if TYPE_CHECKING:
    from lwstui.config.settings import Config, Settings
    from lwstui.kube.connect import Target
    from lwstui.runtime.recording.recorder import RecordingOrder


_ABOUT_WRITES: Final = ("--read-only", "--write")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the console."""
    add_target(parser, command=False)
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="all namespaces")
    parser.add_argument(
        "--embedded-controller", action="store_true", help="run the controller in this process"
    )
    add_history_limit(parser, command=False)
    add_lease_namespace(parser, command=False)
    add_look(parser, command=False)
    add_recording(parser, command=False)
    add_once(parser)


def add_once(parser: argparse.ArgumentParser) -> None:
    """Add the flags that print a screen instead of showing it."""
    once = parser.add_argument_group("printing")
    once.add_argument("--once", action="store_true", help="print the first screen and exit")
    once.add_argument(
        "-o", dest="once_form", choices=("text", "json", "csv"), default="text", help="how"
    )
    once.add_argument(
        "--size", type=_size, default=(100, 30), metavar="WxH", help="of the screen printed"
    )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text} is no size such as 100x30")
    return int(width), int(height)


def add_look(parser: argparse.ArgumentParser, *, command: bool = True, writes: bool = True) -> None:
    """Add the flags about how the console looks and what it may do.

    Args:
        parser: Where to add them.
        command: As for ``lwstui.cli.common.add_target``.
        writes: Whether anything can be written at all.
    """
    group = parser.add_argument_group("console")
    for flags, text in (
        (("--read-only", "--readonly"), "refuse every write"),
        (("--write",), "allow writes although the settings say read-only"),
        (("--ascii",), "draw with ASCII only"),
        (("--no-color",), "bold, dim, reverse and underline only"),
        (("--no-mouse",), "leave the mouse to the terminal"),
        (("--headless",), "without the first two lines"),
        (("--crumbsless",), "without breadcrumbs"),
    ):
        off = argparse.SUPPRESS if command else False
        shown = text if writes or flags[0] not in _ABOUT_WRITES else argparse.SUPPRESS
        group.add_argument(*flags, action="store_true", default=off, help=shown)
    absent = argparse.SUPPRESS if command else None
    group.add_argument(
        "-c",
        "--command",
        metavar="COMMAND",
        default=absent,
        help='what to show first, as in the command bar: "rollout llm-prod/qwen72b"',
    )
    group.add_argument(
        "--log-level",
        choices=LEVELS,
        default=absent,
        help="least level of what is written to the log (default info)",
    )
    group.add_argument(
        "--log-file",
        metavar="PATH",
        default=absent,
        help="the log, instead of lwstui.log in the state folder",
    )
    group.add_argument(
        "--refresh", metavar="SECONDS", type=float, default=absent, help=argparse.SUPPRESS
    )
    group.add_argument(
        "--theme",
        metavar="NAME",
        default=absent,
        help="theme: midnight, daylight, contrast, ...",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the console on the chosen cluster."""
    target = target_of(arguments)
    config = config_of(arguments)
    settings = config.of(context_of(target)).settings
    chosen = arguments.all_namespaces or arguments.namespace
    namespaces = namespaces_of(arguments, target)
    return run_console(
        target,
        settings=settings,
        config=config,
        namespaces=namespaces if chosen else settings.namespaces or namespaces,
        first_command=arguments.command or "",
        problems=refreshed(arguments),
        once=(arguments.once_form, arguments.size) if arguments.once else None,
        embedded_controller=settings.controller_mode == "embedded",
        lease_namespace=arguments.lease_namespace,
        recording=order_of(arguments),
    )


def config_of(arguments: argparse.Namespace, *, embedded: bool = False) -> Config:
    """Return the settings as these flags change them.

    Args:
        arguments: The flags.
        embedded: The command runs the controller in this process, whatever they say.
    """
    from lwstui.config.settings import Config

    embedded = embedded or getattr(arguments, "embedded_controller", False)
    limit: int | None = getattr(arguments, "revision_history_limit", None)
    given = (
        ("ascii", arguments.ascii or not _utf8(), True),
        ("no_color", arguments.no_color, True),
        ("read_only", arguments.write, False),
        ("read_only", arguments.read_only, True),
        ("mouse", arguments.no_mouse, False),
        ("header", arguments.headless, False),
        ("crumbs", arguments.crumbsless, False),
        ("theme", arguments.theme, arguments.theme),
        ("log_level", arguments.log_level, arguments.log_level),
        ("log_file", arguments.log_file, arguments.log_file),
        ("controller_mode", embedded, "embedded"),
        ("revision_limit", limit is not None, limit),
    )
    flags = {name: value for name, is_given, value in given if is_given}
    return Config(os.environ, flags)


def context_of(target: Target) -> str:
    """Return the name of the context a target leads to, empty if it leads nowhere."""
    from lwstui.kube.connect import ConnectError, describe

    try:
        return describe(target).context
    except ConnectError:
        return ""  # the console says what is wrong


def refreshed(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return what there is to say about a rate of polling: nothing is polled here."""
    if arguments.refresh is None:
        return ()
    return ("--refresh has no effect: changes are shown as they happen, nothing is polled",)


def run_console(
    target: Target,
    *,
    settings: Settings,
    config: Config | None = None,
    first_command: str = "",
    once: tuple[str, tuple[int, int]] | None = None,
    problems: tuple[str, ...] = (),
    namespaces: tuple[str, ...] = (),
    embedded_controller: bool = False,
    lease_namespace: str | None = None,
    apply_first: tuple[dict[str, Any], ...] = (),
    recording: RecordingOrder | None = None,
    fresh: bool = False,
) -> int:
    """Run the console until the operator leaves.

    Args:
        target: The cluster.
        settings: What is in force.
        config: Where that comes from, to follow it.
        first_command: Command run at the start, empty for none.
        once: Form and size of what is printed instead of running; None to run.
        problems: Sentences about broken settings, shown on the first screen.
        namespaces: Namespaces in view; empty means all.
        embedded_controller: Whether this process runs the controller.
        lease_namespace: Where controllers have their Lease; None for the usual place.
        apply_first: Objects to apply once the cluster answers.
        recording: What to record from the start; None for nothing.
        fresh: Open on the fleet, and not where a context of this name was left.
    """
    if once is None and not has_terminal():
        fail("the console needs a terminal; for a headless controller run: lwstui controller")
        return USAGE
    from lwstui.cli.terminal import run_app

    return run_app(
        target,
        settings=settings,
        config=config,
        first_command=first_command,
        once=once,
        problems=problems,
        namespaces=namespaces,
        embedded_controller=embedded_controller,
        lease_namespace=lease_namespace,
        apply_first=apply_first,
        recording=recording,
        fresh=fresh,
    )


def has_terminal() -> bool:
    """Tell whether there is a terminal, or a browser in its place, for the console."""
    return _browser() or (sys.stdin.isatty() and sys.stdout.isatty())


def _browser() -> bool:
    """Tell whether a browser takes the place of the terminal (``lwstui serve``)."""
    return "TEXTUAL_DRIVER" in os.environ


def _utf8() -> bool:
    return _browser() or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
