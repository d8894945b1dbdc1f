"""A recording that was made: what it is, and its entries from the beginning on.

A file may come from anywhere, so its text is cleaned as it enters, as a cluster's is.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from math import ceil
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

import msgspec

from lwstui.kube.decoders import safe
from lwstui.runtime.recording import entries, keyframes
from lwstui.runtime.recording.keyframes import Keyframe
from lwstui.runtime.recording.members import DamagedError, Member, begins, lines_of, walk
from lwstui.runtime.recording.output import RecordingError

_SAID: Final = b'"kind":"log"'
GRID_S: Final = 0.25
"""Moments at which things are looked at; a binary fraction, so that sums of it are exact."""
_KINDS: Final = frozenset(
    str(kind.__struct_config__.tag) for kind in entries.Entry.__subclasses__()
)


class _Kind(msgspec.Struct):
    kind: str = ""


class Source(Protocol):
    """What is played."""

    @property
    def header(self) -> entries.Header:
        """What it is."""

    def read(self) -> Iterator[entries.AnyEntry]:
        """Yield the entries in order."""


class Start(NamedTuple):
    """Where to begin to play.

    Attributes:
        frame: What was known there.
        source: What came after that.
        spoken: What had been read of logs.
    """

    frame: Keyframe
    source: Source
    spoken: Callable[[], Iterator[entries.Said]]


class Recording:
    """One file. Its parts are found at once and inflated one after the other as they are read.

    Attributes:
        name: Name of the file, for sentences.
        header: What it is.
        length_s: How long it is, in seconds, up to the next moment at which things are looked at.
        says: What is wrong with its end, empty if it is whole.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self.name = name
        self.says = ""
        self._members = self._found()
        self.header = self._header()
        self.length_s = ceil(self._members[-1].last_s / GRID_S) * GRID_S

    @classmethod
    def open(cls, path: Path) -> Recording:
        """Open a file; it stays open as long as the recording is used.

        Raises:
            RecordingError: If it cannot be read, or is no recording that this version knows.
        """
        try:
            file = path.open("rb")
        except OSError as error:
            raise RecordingError(f"{path} cannot be read: {error.strerror}") from error
        try:
            return cls(file, str(path))
        except BaseException:
            file.close()
            raise

    @classmethod
    def of_bytes(cls, data: bytes, name: str = "recording") -> Recording:
        """Return the recording in some bytes.

        Raises:
            RecordingError: If they hold none that this version knows.
        """
        return cls(io.BytesIO(data), name)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self) -> Iterator[entries.AnyEntry]:
        """Yield the entries in order; those of kinds that this version does not know are left out.

        Raises:
            RecordingError: If a part is damaged.
        """
        return self._read(0)

    def start(self, at_s: float) -> Start | None:
        """Return the last keyframe up to a moment and what came after it, None if there is none.

        One that cannot be read, or that this version does not understand, is left out.
        """
        while True:
            index = bisect_right(self._frames, at_s, key=self._written) - 1
            if index < 0:
                return None
            frame = self._frame(self._members[self._frames[index]])
            if frame is None:
                del self._frames[index]
            else:
                return Start(frame, _After(self, frame.t), partial(self._said, frame.t))

    def leap_s(self, at_s: float) -> float:
        """Return about when the last keyframe up to a moment was written, 0 if there is none."""
        index = bisect_right(self._frames, at_s, key=self._written) - 1
        return self._written(self._frames[index]) if index >= 0 else 0.0

    def after(self, at_s: float) -> Iterator[entries.AnyEntry]:
        """Yield the entries after a moment.

        Raises:
            RecordingError: If a part is damaged.
        """
        begin = bisect_right(self._members, at_s, key=lambda member: member.last_s)
        return (entry for entry in self._read(begin) if entry.t > at_s)

    def _read(self, begin: int) -> Iterator[entries.AnyEntry]:
        for number, member in enumerate(self._members[begin:], begin):
            if begins(self._file, member, keyframes.BEGINNING):
                continue
            lines = self._lines(member)
            for line in lines[1:] if number == 0 else lines:
                entry = self._entry(line, member)
                if entry is not None:
                    yield entry

    def _said(self, until_s: float) -> Iterator[entries.Said]:
        """Yield what was read of logs up to a moment, as far as the parts are whole."""
        for member in self._members:
            if member.first_s > until_s:
                return
            try:
                lines = [one for one in lines_of(self._file, member).splitlines() if _SAID in one]
                for line in lines:
                    entry = self._entry(bytes(safe(line)), member)
                    if isinstance(entry, entries.Said) and entry.t <= until_s:
                        yield entry
            except (DamagedError, RecordingError):
                continue

    @cached_property
    def _frames(self) -> list[int]:
        """Numbers of the members that are keyframes."""
        found = enumerate(self._members)
        return [n for n, member in found if begins(self._file, member, keyframes.BEGINNING)]

    def _written(self, number: int) -> float:
        return self._members[number].last_s

    def _frame(self, member: Member) -> Keyframe | None:
        try:
            return keyframes.decoded(bytes(safe(lines_of(self._file, member).rstrip())))
        except (DamagedError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def _entry(self, line: bytes, member: Member) -> entries.AnyEntry | None:
        try:
            return entry_of(line)
        except msgspec.MsgspecError as error:
            where = f"the part at byte {member.offset:,}"
            raise RecordingError(f"{self.name}: {where} says what cannot be: {error}") from error

    def _lines(self, member: Member) -> list[bytes]:
        try:
            return [bytes(safe(line)) for line in lines_of(self._file, member).splitlines()]
        except (DamagedError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise RecordingError(f"{self.name}: {error}") from error

    def _found(self) -> list[Member]:
        found: list[Member] = []
        try:
            found.extend(walk(self._file))
        except DamagedError as error:
            if not found:
                raise RecordingError(f"{self.name} is no recording of lwstui") from error
            self.says = f"damaged behind this: {error}"
        if not found:
            raise RecordingError(
                f"{self.name} holds no recording: it is empty or was cut off at its beginning"
            )
        if not self.says and found[-1].offset + found[-1].size < self._file.seek(0, 2):
            self.says = "cut off here while it was written"
        return found

    def _header(self) -> entries.Header:
        lines = self._lines(self._members[0])
        try:
            header = entries.header(lines[0] if lines else b"")
        except msgspec.MsgspecError as error:
            raise RecordingError(f"{self.name} is no recording of lwstui") from error
        if header.kind != entries.KIND:
            raise RecordingError(f"{self.name} is no recording of lwstui")
        if header.format > entries.FORMAT:
            raise RecordingError(
                f"{self.name} was written by lwstui {header.lwstui} in format {header.format}; "
                f"this version reads format {entries.FORMAT}: take a newer lwstui"
            )
        return header


class _After:
    """A recording from a moment on."""

    def __init__(self, recording: Recording, at_s: float) -> None:
        self._recording = recording
        self._at_s = at_s
        self.header = recording.header

    def read(self) -> Iterator[entries.AnyEntry]:
        """Yield the entries in order."""
        return self._recording.after(self._at_s)


def entry_of(line: bytes) -> entries.AnyEntry | None:
    """Return the entry of a line, None if this version does not know its kind.

    Raises:
        msgspec.MsgspecError: If it says what cannot be.
    """
    try:
        return entries.decoded(line)
    except msgspec.MsgspecError:
        if _unknown(line):
            return None
        raise


def _unknown(line: bytes) -> bool:
    try:
        return msgspec.json.decode(line, type=_Kind).kind not in _KINDS
    except msgspec.MsgspecError:
        return False
