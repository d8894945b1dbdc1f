"""A real terminal for tests: a program in a pseudo-terminal whose screen can be read."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte

DEAF_S = 0.5
"""A dialog that is seen hears keys after so many seconds at the latest."""


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
        self._changed = threading.Condition(threading.RLock())
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
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

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
        self._reader.join()
        os.close(self._fd)

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        with self._changed:
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
        with self._changed:
            while not matches(self.text):
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    raise ScreenTimeout(f"waited {within_s} s for {wanted!r}; screen:\n{self.text}")
                self._changed.wait(min(left, 0.2))
            return self.text

    def answer(self, key: str, wanted: str | Callable[[str], bool], within_s: float = 30) -> str:
        """Press a key of the dialog on the screen when it hears keys, and wait for the effect."""
        since = time.monotonic()
        self.wait_for(lambda _: time.monotonic() - since >= DEAF_S)
        self.send(key)
        return self.wait_for(wanted, within_s)

    def wait_for_exit(self, within_s: float = 30) -> int:
        """Wait until the program has ended and return its exit code."""
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise ScreenTimeout(f"still running after {within_s} s; screen:\n{self.text}") from None

    def _read(self) -> None:
        """Feed what the program writes to the screen, so that it never waits for a reader."""
        while True:
            try:
                data = os.read(self._fd, 65536)
            except OSError:  # the program closed its side
                return
            if not data:
                return
            with self._changed:
                self.written += data
                self._stream.feed(data)
                self._changed.notify_all()
