"""What a credential plugin says while it runs, such as the address to log in at."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from lwstui.kube.clean import clean_line

_LOOK_S: Final = 0.2
_MOST_BYTES: Final = 4000

Told = Callable[[str], None]
"""Takes what a plugin has said so far as one line, and an empty text at its end."""


@asynccontextmanager
async def overheard(told: Told) -> AsyncIterator[Path]:
    """Yield a private file; what is written to it is told until the block ends."""
    descriptor, name = tempfile.mkstemp(prefix="lwstui-login-")
    os.close(descriptor)
    path = Path(name)
    listening = asyncio.create_task(_listen(path, told))
    try:
        yield path
    finally:
        listening.cancel()
        told("")
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - a small local file


def said(path: Path) -> str:
    """Return the end of what has been written to a file, as one clean line."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _MOST_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return clean_line(" ".join(text.split()))


async def _listen(path: Path, told: Told) -> None:
    before = ""
    while True:
        await asyncio.sleep(_LOOK_S)
        text = said(path)
        if text != before:
            before = text
            told(text)
