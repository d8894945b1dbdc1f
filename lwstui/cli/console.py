"""``lwstui``: the console, with or without the embedded controller."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from lwstui.cli.common import (
    USAGE,
    add_history_limit,
    add_lease_namespace,
    add_target,
    fail,
    namespaces_of,
    target_of,
)

if TYPE_CHECKING:
    from lwstui.config.settings import Settings
    from lwstui.kube.connect import Target


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


def add_look(parser: argparse.ArgumentParser, *, command: bool = True) -> None:
    """Add the flags about how the console looks and what it may do.

    Args:
        parser: Where to add them.
        command: As for ``lwstui.cli.common.add_target``.
    """
    group = parser.add_argument_group("console")
    for flags, text in (
        (("--read-only", "--readonly"), "refuse every write"),
        (("--ascii",), "draw with ASCII only"),
        (("--no-color",), "bold, dim, reverse and underline only"),
        (("--no-mouse",), "leave the mouse to the terminal"),
    ):
        off = argparse.SUPPRESS if command else False
        group.add_argument(*flags, action="store_true", default=off, help=text)
    group.add_argument(
        "--theme",
        metavar="NAME",
        default=argparse.SUPPRESS if command else None,
        help="theme: midnight, daylight, contrast, ...",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the console on the chosen cluster."""
    settings, problems = settings_of(arguments)
    target = target_of(arguments)
    return run_console(
        target,
        settings=settings,
        problems=problems,
        namespaces=namespaces_of(arguments, target),
        embedded_controller=arguments.embedded_controller,
        history_limit=arguments.revision_history_limit,
        lease_namespace=arguments.lease_namespace,
    )


def settings_of(arguments: argparse.Namespace) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings in force for these flags and the problems found."""
    from lwstui.config.settings import load

    return load(
        os.environ,
        theme=arguments.theme,
        ascii_only=arguments.ascii or not _utf8(),
        no_color=arguments.no_color,
        read_only=arguments.read_only,
        no_mouse=arguments.no_mouse,
    )


def run_console(
    target: Target,
    *,
    settings: Settings,
    problems: tuple[str, ...] = (),
    namespaces: tuple[str, ...] = (),
    embedded_controller: bool = False,
    history_limit: int | None = None,
    lease_namespace: str | None = None,
    apply_first: tuple[dict[str, Any], ...] = (),
) -> int:
    """Run the console until the operator leaves.

    Args:
        target: The cluster.
        settings: What is in force.
        problems: Sentences about broken settings, shown on the first screen.
        namespaces: Namespaces in view; empty means all.
        embedded_controller: Whether this process runs the controller.
        history_limit: Revisions that controller keeps although nothing uses them;
            None for its default.
        lease_namespace: Where controllers have their Lease; None for the usual place.
        apply_first: Objects to apply once the cluster answers.
    """
    if not (_browser() or (sys.stdin.isatty() and sys.stdout.isatty())):
        fail("the console needs a terminal; for a headless controller run: lwstui controller")
        return USAGE
    from lwstui.cli.terminal import run_app

    return run_app(
        target,
        settings=settings,
        problems=problems,
        namespaces=namespaces,
        embedded_controller=embedded_controller,
        history_limit=history_limit,
        lease_namespace=lease_namespace,
        apply_first=apply_first,
    )


def _browser() -> bool:
    """Tell whether a browser takes the place of the terminal (``lwstui serve``)."""
    return "TEXTUAL_DRIVER" in os.environ


def _utf8() -> bool:
    return _browser() or (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
