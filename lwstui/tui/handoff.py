"""The terminal handed to another program and taken back: the one place that suspends the console.

While it is away the program blocks here; the engine works on in its own thread.
"""

from __future__ import annotations

import os
import select
import shlex
import subprocess  # noqa: TID251 - editors are started here and nowhere else
import sys
import tempfile
import termios
import tty
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from textual.app import App, SuspendNotSupported

from lwstui.runtime.backend import TerminalEnd, TerminalHandle

LEAVE_KEY: Final = b"\x1d"
"""``ctrl-]``: leaves a conversation without ending what runs in the container."""
EDITORS: Final = ("LWSTUI_EDITOR", "KUBE_EDITOR", "VISUAL", "EDITOR")
"""Variables that name an editor, the first that is set wins; else it is vi."""
_LOOK_S: Final = 0.25
_READ_BYTES: Final = 1 << 16
# Attributes, cursor keys, mouse reports, bracketed paste, the second screen, a hidden cursor.
_RESET: Final = b"\x1b[0m\x1b[?1l\x1b[?1000;1002;1003;1006l\x1b[?2004l\x1b[?1049l\x1b[?25h\r\n"

Opening = Callable[[Callable[[bytes], None]], tuple[TerminalHandle, "Future[TerminalEnd]"]]
"""Starts a conversation, given what takes its output."""


class NoTerminal(Exception):
    """There is no terminal to hand over; the text says so."""


class EditorFailed(Exception):
    """The editor could not be started or failed; the text says so."""


def converse(app: App[int], opening: Opening, heading: str) -> TerminalEnd:
    """Hand the terminal to a command in a container until it ends or is left.

    Args:
        app: The console.
        opening: Starts the conversation.
        heading: One line printed first.

    Raises:
        NoTerminal: If the console does not run in one.
        ControllerError: If the command cannot be run.
    """
    try:
        with app.suspend():
            return _Bridge(sys.__stdin__, sys.__stdout__).run(opening, heading)
    except SuspendNotSupported:
        raise NoTerminal("this needs a terminal, and the console does not run in one") from None


def edit(app: App[int], text: str, command: Sequence[str], *, name: str) -> str:
    """Hand the terminal to an editor and return the text it left.

    Args:
        app: The console.
        text: What to edit.
        command: The editor and its arguments.
        name: Name of the file, for the editor's idea of what it is.

    Raises:
        NoTerminal: If the console does not run in one.
        EditorFailed: If the editor cannot be started or fails.
    """
    with tempfile.TemporaryDirectory(prefix="lwstui-") as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        try:
            with app.suspend():
                code = subprocess.run([*command, str(path)], check=False).returncode
        except SuspendNotSupported:
            raise NoTerminal("this needs a terminal, and the console does not run in one") from None
        except OSError as error:
            raise EditorFailed(f"{command[0]} cannot be started: {error.strerror}") from error
        if code:
            raise EditorFailed(f"{command[0]} ended with {code}, so nothing was sent")
        return path.read_text(encoding="utf-8", errors="replace")


def run(app: App[int], argv: Sequence[str]) -> int:
    """Hand the terminal to a program until it has ended and enter was pressed.

    Args:
        app: The console.
        argv: The program and its arguments; no shell sees them.

    Returns:
        Its exit code.

    Raises:
        NoTerminal: If the console does not run in one.
        OSError: If it cannot be started.
    """
    try:
        with app.suspend():
            code = subprocess.run([*argv], check=False).returncode
            sys.stdout.write(f"\n[{argv[0]} ended with {code}; enter goes back]")
            sys.stdout.flush()
            sys.stdin.readline()
            return code
    except SuspendNotSupported:
        raise NoTerminal("this needs a terminal, and the console does not run in one") from None


def editor(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the editor that the environment asks for, with its arguments."""
    for name in EDITORS:
        if words := shlex.split(environ.get(name, "")):
            return tuple(words)
    return ("vi",)


class _Bridge:
    """Between this program's terminal and a container's, on the thread that owns the former."""

    def __init__(self, stdin: object, stdout: object) -> None:
        self._in = _descriptor(stdin)
        self._out = _descriptor(stdout)
        self._pieces: deque[bytes] = deque()
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)

    def run(self, opening: Opening, heading: str) -> TerminalEnd:
        """Carry bytes both ways until the conversation ends or is left."""
        saved = termios.tcgetattr(self._in)
        _write(self._out, f"{heading}\r\n".encode())
        handle, done = opening(self._take)
        done.add_done_callback(lambda _: self._nudge())
        tty.setraw(self._in)
        try:
            while not done.done() or self._pieces:
                self._round(handle)
            return done.result()
        finally:
            handle.close()
            termios.tcsetattr(self._in, termios.TCSAFLUSH, saved)
            _write(self._out, _RESET)
            # What the conversation may still say must find an open pipe.
            done.add_done_callback(lambda _: self._close())

    def _round(self, handle: TerminalHandle) -> None:
        handle.resize(*os.get_terminal_size(self._out))
        ready, _, _ = select.select([self._in, self._woken], [], [], _LOOK_S)
        if self._in in ready:
            typed = os.read(self._in, _READ_BYTES)
            if LEAVE_KEY in typed or not typed:
                handle.close()
            else:
                handle.send(typed)
        if self._woken in ready:
            os.read(self._woken, _READ_BYTES)
        while self._pieces:
            piece = self._pieces.popleft()
            _write(self._out, piece)
            handle.taken(len(piece))

    def _take(self, data: bytes) -> None:
        """Take output, on the engine's thread."""
        self._pieces.append(data)
        self._nudge()

    def _nudge(self) -> None:
        try:
            os.write(self._wake, b"x")
        except OSError:
            return  # full, so it is awake; or closed, so nobody looks any more

    def _close(self) -> None:
        os.close(self._woken)
        os.close(self._wake)


def _descriptor(stream: object) -> int:
    fileno = getattr(stream, "fileno", None)
    if fileno is None or not os.isatty(fileno()):
        raise NoTerminal("this needs a terminal, and the console does not run in one")
    return int(fileno())


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
