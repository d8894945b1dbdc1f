"""A recording that was made: what it is, and its entries from the beginning on.

A file may come from anywhere, so its text is cleaned as it enters, as a cluster's is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from lwstui.kube.decoders import safe
from lwstui.runtime.recording import entries
from lwstui.runtime.recording.members import DamagedError, Member, lines_of, walk
from lwstui.runtime.recording.output import RecordingError

GRID_S: Final = 0.25
"""Moments at which things are looked at; a binary fraction, so that sums of it are exact."""
_KINDS: Final = frozenset(
    str(kind.__struct_config__.tag) for kind in entries.Entry.__subclasses__()
)


class _Kind(msgspec.Struct):
    kind: str = ""


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
        first = True
        for member in self._members:
            lines = self._lines(member)
            for line in lines[1:] if first else lines:
                entry = self._entry(line, member)
                if entry is not None:
                    yield entry
            first = False

    def _entry(self, line: bytes, member: Member) -> entries.AnyEntry | None:
        try:
            return entries.decoded(line)
        except msgspec.MsgspecError as error:
            if self._unknown(line):
                return None
            where = f"the part at byte {member.offset:,}"
            raise RecordingError(f"{self.name}: {where} says what cannot be: {error}") from error

    def _unknown(self, line: bytes) -> bool:
        try:
            return msgspec.json.decode(line, type=_Kind).kind not in _KINDS
        except msgspec.MsgspecError:
            return False

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
