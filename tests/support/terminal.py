"""A real terminal for tests: a program in a pseudo-terminal whose screen can be read."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte


class ScreenTimeout(AssertionError):
    """What was waited for did not appear; the message shows the screen."""


class Terminal:
    """One program in a pseudo-terminal.

    Args:
        command: Program and arguments.
        environ: The whole environment.
        columns: Cells per line.
        rows: Lines.
    """

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], columns: int = 120, rows: int = 40
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.written = bytearray()
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._fd = ours
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
            close_fds=True,
        )
        os.close(theirs)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._fd)

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def send(self, keys: str) -> None:
        """Type; control keys as their characters."""
        os.write(self._fd, keys.encode())

    def wait_for(self, wanted: str | Callable[[str], bool], within_s: float = 30) -> str:
        """Read until the screen satisfies ``wanted`` (a regular expression or a predicate).

        Raises:
            ScreenTimeout: If it does not within the time, or the program ended.
        """
        matches = wanted if callable(wanted) else re.compile(wanted).search
        deadline = time.monotonic() + within_s
        while not matches(self.text):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(min(left, 0.2)):
                raise ScreenTimeout(f"waited {within_s} s for {wanted!r}; screen:\n{self.text}")
        return self.text

    def wait_for_exit(self, within_s: float = 20) -> int:
        """Read until the program has ended and return its exit code."""
        deadline = time.monotonic() + within_s
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                raise ScreenTimeout(f"still running after {within_s} s; screen:\n{self.text}")
            self._read(0.1)
        return int(self.process.returncode)

    def _read(self, within_s: float) -> bool:
        """Feed what arrives within the time to the screen; False at the end of the program."""
        ready, _, _ = select.select([self._fd], [], [], within_s)
        if not ready:
            return self.process.poll() is None
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            return False
        self.written += data
        self._stream.feed(data)
        return bool(data)
