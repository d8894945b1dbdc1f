"""What was done, kept as JSON lines: appended by a thread, rotated, readable by its owner only.

Lines tell what was asked for and what became of it; they never hold objects, so no template's
environment and no secret can be among them.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from controller.api.meta import format_micro_time, parse_time
from lwstui.state.model import Activity, Reversal

LIMIT_BYTES: Final = 5 * 1024 * 1024
"""Size from which the file is put aside; one that was put aside before is replaced."""
REMEMBERED: Final = 300
"""Lines of earlier runs that are read when the console starts."""
_NAME: Final = "activity.jsonl"
_ASIDE: Final = "activity.1.jsonl"


class Journal:
    """Appends activity to a file.

    Args:
        state: State folder of the program; None keeps nothing.
    """

    def __init__(self, state: Path | None) -> None:
        self._folder = None if state is None else state / "activity"
        self._waiting: deque[Activity] = deque()

    def add(self, activity: Activity) -> None:
        """Take a line; ``flush`` writes it."""
        if self._folder is not None:
            self._waiting.append(activity)

    async def flush(self) -> str:
        """Write what waits; return the problem, empty if there is none."""
        folder = self._folder
        if folder is None or not self._waiting:
            return ""
        lines = [encode(activity) for activity in self._waiting]
        self._waiting.clear()
        return await asyncio.to_thread(_append, folder, lines)

    async def earlier(self, context: str) -> tuple[Activity, ...]:
        """Return the last lines of earlier runs in a context, oldest first."""
        if self._folder is None:
            return ()
        return await asyncio.to_thread(_read, self._folder, context)


def encode(activity: Activity) -> bytes:
    """Return an activity as one line."""
    body = {
        name: value
        for name in Activity.__slots__
        if (value := getattr(activity, name)) not in ("", None)
    }
    body["at"] = format_micro_time(activity.at)
    return msgspec.json.encode(body) + b"\n"


def decode(line: bytes) -> Activity | None:
    """Return the activity in a line, None if it holds none."""
    try:
        body = msgspec.json.decode(line)
        at = parse_time(body.pop("at"))
        back = body.pop("reversal", None)
        reversal = Reversal(back[0], tuple(back[1]), back[2]) if back else None
        return Activity(at=at or 0.0, reversal=reversal, **_known(body))
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None


def _known(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in Activity.__slots__ if name in body}


def lines(activity: Iterable[Activity]) -> str:
    """Return activity as a text of JSON lines, for a file."""
    return b"".join(map(encode, activity)).decode()


def _append(folder: Path, found: list[bytes]) -> str:
    path = folder / _NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if path.stat().st_size > LIMIT_BYTES:
                path.replace(folder / _ASIDE)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(os.open(path, flags, 0o600), "ab") as file:
            file.write(b"".join(found))
    except OSError as error:
        return f"what was done is not kept: {path}: {error.strerror}"
    return ""


def _read(folder: Path, context: str) -> tuple[Activity, ...]:
    last: deque[Activity] = deque(maxlen=REMEMBERED)
    for name in (_ASIDE, _NAME):
        last.extend(one for one in _decoded(folder / name) if one.context == context)
    return tuple(last)


def _decoded(path: Path) -> Iterator[Activity]:
    try:
        with path.open("rb") as file:
            for line in file:
                found = decode(line)
                if found is not None:
                    yield found
    except OSError:
        return
