"""The file a recording is written to. Everything here blocks: call it on a thread."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from lwstui.runtime.recording.members import packed

END_BYTES: Final = 512
"""Room that is left for the last entry."""


class RecordingError(Exception):
    """Something about a recording cannot be done; the text is one sentence that says why."""


class Output:
    """A file that always ends with a whole member, whatever fails.

    Args:
        path: The file; only its owner may read it.
        force: Whether to replace a file that is there.
        most_bytes: Size beyond which nothing is written.

    Attributes:
        size: Bytes so far.

    Raises:
        RecordingError: If the file cannot be made.
    """

    def __init__(self, path: Path, force: bool, most_bytes: int) -> None:
        self._path = path
        self._most = most_bytes
        self.size = 0
        # A thread that nobody waits for any more may still write.
        self._lock = threading.Lock()
        how = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
        try:
            self._file = os.open(path, how, 0o600)
            os.fchmod(self._file, 0o600)
        except FileExistsError as error:
            raise RecordingError(f"{path} exists already; --force replaces it") from error
        except OSError as error:
            raise RecordingError(f"{path} cannot be written: {error.strerror}") from error

    def write(self, lines: bytes, first_s: float, last_s: float) -> bool:
        """Write some lines; return whether there was room for them.

        Raises:
            RecordingError: If they cannot be written; nothing of them is left behind.
        """
        member = packed(lines, first_s, last_s)
        with self._lock:
            if self.size + len(member) + END_BYTES > self._most:
                return False
            self._append(member)
        return True

    def write_end(self, line: bytes, at_s: float) -> None:
        """Write the last entry of a file that is full, for which there is room."""
        with suppress(RecordingError), self._lock:
            self._append(packed(line, at_s, at_s))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            os.close(self._file)

    def _append(self, member: bytes) -> None:
        left = memoryview(member)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            why = f"{self._path} cannot be written any more ({error.strerror})"
            raise RecordingError(f"{why}; what was recorded before is whole") from error
        self.size += len(member)
