"""Flags of recordings, for the commands that make one beside what they do, or read one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lwstui.view.ages import parse_age

if TYPE_CHECKING:
    from lwstui.runtime.recording.recorder import RecordingOrder

DEFAULT_SIZE: Final = "256Mi"


def add_recording(parser: argparse.ArgumentParser, *, command: bool = True) -> None:
    """Add the flags that record what a console sees.

    Args:
        parser: Where to add them.
        command: As for ``lwstui.cli.common.add_target``.
    """
    group = parser.add_argument_group("recording")
    group.add_argument(
        "--record",
        metavar="FILE",
        type=Path,
        default=argparse.SUPPRESS if command else None,
        help="record to a file from the start, for lwstui replay",
    )
    add_limits(group, command=command)


def add_limits(
    parser: argparse._ActionsContainer,  # what parsers and their groups have in common
    *,
    command: bool = False,
) -> None:
    """Add the flags about what a recording may become; see ``add_recording``."""
    off = argparse.SUPPRESS if command else False
    parser.add_argument(
        "--max-size",
        metavar="SIZE",
        type=_size,
        default=argparse.SUPPRESS if command else DEFAULT_SIZE,
        help=f"size at which the recording ends (default {DEFAULT_SIZE})",
    )
    parser.add_argument(
        "--force", action="store_true", default=off, help="replace a recording that is there"
    )
    parser.add_argument(
        "--no-logs", action="store_true", default=off, help="record no lines of logs"
    )


def _size(text: str) -> int:
    from controller.api.quantity import whole

    try:
        size = whole(text)
    except ValueError:
        size = 0
    if size <= 0:
        raise argparse.ArgumentTypeError(f"{text} is no size such as 256Mi")
    return size


def order(arguments: argparse.Namespace, path: Path) -> RecordingOrder:
    """Return what the flags ask to be recorded to a file."""
    from lwstui.runtime.recording.recorder import RecordingOrder

    return RecordingOrder(path, arguments.force, arguments.max_size, logs=not arguments.no_logs)


def order_of(arguments: argparse.Namespace) -> RecordingOrder | None:
    """Return what is to be recorded, None for nothing."""
    return order(arguments, arguments.record) if arguments.record is not None else None


def moment(text: str) -> float:
    """Return the place in a recording that ``5m`` or ``1:03:12`` means, in seconds."""
    parts = text.split(":")
    if len(parts) in (2, 3) and all(part.isdigit() for part in parts):
        seconds = 0
        for part in parts:
            seconds = 60 * seconds + int(part)
        return float(seconds)
    found = parse_age(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no moment such as 5m or 1:03:12")
    return found
