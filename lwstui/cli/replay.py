"""``lwstui replay``: the console on a recording."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lwstui.cli.common import USAGE, fail
from lwstui.cli.console import add_look, add_once, config_of, has_terminal, refreshed
from lwstui.cli.taping import moment

if TYPE_CHECKING:
    from lwstui.runtime.recording.player import Player

NAME = "replay"
SUMMARY = "show a recording in the console, read-only, with control of time"
EXAMPLE = """\
examples:
  lwstui replay incident.lwsrec
  lwstui replay incident.lwsrec --at 5m --paused -c "why llm-prod/llama70b"
  lwstui replay incident.lwsrec --at 12:30 --once -o json
  lwstui why llama70b --recording incident.lwsrec --at 12:30

keys: = pause and go on, + _ speed, { } 10 s, ( ) 1 min, ; and , next event and the one before"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
    parser.add_argument(
        "--at",
        metavar="OFFSET",
        type=moment,
        default=0.0,
        help="moment to begin at, from the beginning: 5m or 12:30",
    )
    parser.add_argument(
        "--speed", metavar="X", type=_speed, default=1.0, help="recorded seconds in one (default 1)"
    )
    parser.add_argument("--paused", action="store_true", help="stand still at first")
    parser.add_argument(
        "-n",
        "--namespace",
        metavar="NS",
        default=argparse.SUPPRESS,
        help="namespace, or several by commas (default those that were recorded)",
    )
    add_look(parser, writes=False)
    add_once(parser)


def _speed(text: str) -> float:
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0.0 < speed <= 60.0:
        raise argparse.ArgumentTypeError(f"{text} is no speed from 0.1 to 60")
    return speed


def run(arguments: argparse.Namespace) -> int:
    """Show the recording until the operator leaves."""
    once = (arguments.once_form, arguments.size) if arguments.once else None
    if once is None and not has_terminal():
        fail("the console needs a terminal; --once prints a screen without one")
        return USAGE
    from lwstui.runtime.recording.output import RecordingError

    try:
        player = _player(arguments, still=once is not None)
    except RecordingError as error:
        return fail(str(error))
    config = config_of(arguments)
    settings = config.of(player.context).settings
    from lwstui.cli.terminal import get_ready, show

    get_ready(settings)
    return show(
        player,
        settings=settings,
        config=config,
        first_command=arguments.command or "",
        once=once,
        problems=refreshed(arguments),
    )


def _player(arguments: argparse.Namespace, *, still: bool) -> Player:
    from lwstui.runtime.recording.player import Player
    from lwstui.runtime.recording.reading import Recording

    chosen: str | None = arguments.namespace
    return Player(
        Recording.open(arguments.file),
        at_s=arguments.at,
        speed=arguments.speed,
        paused=arguments.paused or still,
        namespaces=tuple(filter(None, chosen.split(","))) if chosen else None,
    )
