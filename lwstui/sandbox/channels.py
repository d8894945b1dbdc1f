"""The frames of exec and attach: one WebSocket, a byte for the channel before each message.

Source: k8s.io/apimachinery pkg/util/httpstream/wsstream (v4) and KEP-4006 (v5: closing a channel).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec

V5 = "v5.channel.k8s.io"
V4 = "v4.channel.k8s.io"
PROTOCOLS = (V5, V4)
_CLOSE = 255


class Channel(IntEnum):
    """What a message belongs to."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    ERROR = 3
    RESIZE = 4


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``closes`` says that the channel ends here, and there is no data."""

    channel: int
    data: bytes = b""
    closes: bool = False


def decode(frame: bytes) -> Message | None:
    """Return what a client has sent; None for a frame that says nothing."""
    if len(frame) < 2:
        return None
    if frame[0] == _CLOSE:
        return Message(frame[1], closes=True)
    return Message(frame[0], frame[1:])


def encode(channel: Channel, data: bytes) -> bytes:
    """Return a message as it is sent."""
    return bytes((channel,)) + data


def ending(exit_code: int) -> dict[str, Any]:
    """Return the ``Status`` that ends a command.

    Source: k8s.io/kubelet pkg/cri/streaming/remotecommand/exec.go, ServeExec.
    """
    status: dict[str, Any] = {"metadata": {}, "status": "Success"}
    if exit_code:
        cause = {"reason": "ExitCode", "message": str(exit_code)}
        status = {
            "metadata": {},
            "status": "Failure",
            "message": f"command terminated with non-zero exit code: exit status {exit_code}",
            "reason": "NonZeroExitCode",
            "details": {"causes": [cause]},
        }
    return status


def failure(message: str) -> dict[str, Any]:
    """Return the ``Status`` that ends a command which never began."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {message}",
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }


def last(status: dict[str, Any]) -> bytes:
    """Return the message that ends a session."""
    return encode(Channel.ERROR, msgspec.json.encode(status))
