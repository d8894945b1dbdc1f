"""Conversations with containers: one WebSocket, a byte for the channel before each message.

Source: k8s.io/apimachinery pkg/util/httpstream/wsstream (v4), KEP-4006 (v5: a channel is closed).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from lwstui.kube.clean import clean_line

V5: Final = "v5.channel.k8s.io"
V4: Final = "v4.channel.k8s.io"
CLOSE: Final = 255


class Channel(IntEnum):
    """What a message belongs to."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    ERROR = 3
    RESIZE = 4


class Ended(msgspec.Struct, frozen=True):
    """How a conversation ended.

    Attributes:
        code: Exit code of the command, None if it has none to tell.
        message: What went wrong, empty if nothing.
    """

    code: int | None = None
    message: str = ""


Feed = Callable[[], Awaitable[bytes]]
"""Returns what a command reads next; nothing at the end."""
Write = Callable[[bytes], Awaitable[None]]
"""Takes what a command prints."""


@dataclass(frozen=True, slots=True)
class Piped:
    """How a command without a terminal ended.

    Attributes:
        code: Its exit code, None if it has none to tell.
        message: Why it has none.
        said: The beginning of what it said on standard error, on one line.
    """

    code: int | None
    message: str = ""
    said: str = ""


class _Cause(msgspec.Struct, frozen=True):
    reason: str = ""
    message: str = ""


class _Details(msgspec.Struct, frozen=True):
    causes: list[_Cause] | None = None


class _Status(msgspec.Struct, frozen=True):
    status: str = ""
    reason: str = ""
    message: str = ""
    details: _Details | None = None


def ending(data: bytes) -> Ended:
    """Return how a conversation ended, from the last message of its error channel."""
    try:
        status = msgspec.json.decode(data, type=_Status)
    except msgspec.DecodeError:
        return Ended(None, clean_line(data.decode("utf-8", "replace")))
    if status.status == "Success":
        return Ended(0)
    causes = status.details.causes if status.details is not None else None
    code = next((c.message for c in causes or () if c.reason == "ExitCode"), "")
    if status.reason == "NonZeroExitCode" and code.isdecimal():
        return Ended(int(code))
    return Ended(None, clean_line(status.message) or "it failed without a reason")
