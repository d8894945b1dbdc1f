"""The file of a recording: whole gzip members, each of which says how long it is and of when.

Any gzip reads the file. A member's size and times stand in its header (an extra field, as RFC 1952
allows), so that a file can be walked, and read from anywhere, without inflating what comes before;
one that was cut off while it was written is read up to its last whole member. Pure.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

MOST_INFLATED: Final = 1 << 30
"""Bytes one member may inflate to; more is no recording of ours."""

_FIXED: Final = b"\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff"
_EXTRA: Final = struct.Struct("<H2sHIdd")
_END: Final = struct.Struct("<II")
_OURS: Final = b"LW"
_HEAD: Final = len(_FIXED) + _EXTRA.size
_BODY_OF_EXTRA: Final = _EXTRA.size - 2
_LEVEL: Final = 6
_PEEKED: Final = 1024
"""Bytes that are looked at to tell how a member begins: its tables of codes are within them."""


class DamagedError(Exception):
    """A file is no recording, or not whole where it should be; the text says what is wrong."""


class Member(NamedTuple):
    """One member of a file.

    Attributes:
        offset: Where it begins, in bytes.
        size: How long it is.
        first_s: When its first entry was written, in seconds from the beginning.
        last_s: The same of its last entry.
    """

    offset: int
    size: int
    first_s: float
    last_s: float


def packed(lines: bytes, first_s: float, last_s: float) -> bytes:
    """Return some whole lines as one member."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflater.compress(lines) + deflater.flush()
    end = _END.pack(zlib.crc32(lines), len(lines) & 0xFFFFFFFF)
    size = _HEAD + len(body) + len(end)
    extra = _EXTRA.pack(_BODY_OF_EXTRA, _OURS, _BODY_OF_EXTRA - 4, size, first_s, last_s)
    return _FIXED + extra + body + end


def walk(file: BinaryIO) -> Iterator[Member]:
    """Yield the whole members of a file in order, without inflating them.

    Raises:
        DamagedError: If something else than a member begins where one should.
    """
    whole = file.seek(0, 2)
    offset = 0
    while offset + _HEAD <= whole:
        file.seek(offset)
        head = file.read(_HEAD)
        length, ours, _, size, first_s, last_s = _EXTRA.unpack_from(head, len(_FIXED))
        if (head[: len(_FIXED)], length, ours) != (_FIXED, _BODY_OF_EXTRA, _OURS):
            raise DamagedError(f"byte {offset:,} begins no part of a recording")
        if size <= _HEAD + _END.size:
            raise DamagedError(f"the part at byte {offset:,} says that it is {size} bytes long")
        if offset + size > whole:
            return
        yield Member(offset, size, first_s, last_s)
        offset += size


def begins(file: BinaryIO, member: Member, text: bytes) -> bool:
    """Tell whether a member's lines begin with a text, at the cost of inflating that much."""
    file.seek(member.offset + _HEAD)
    head = file.read(min(_PEEKED, member.size - _HEAD))
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(head, len(text)) == text
    except zlib.error:
        return False


def lines_of(file: BinaryIO, member: Member) -> bytes:
    """Return the lines of a member.

    Raises:
        DamagedError: If it does not inflate to what was written.
    """
    file.seek(member.offset + _HEAD)
    raw = file.read(member.size - _HEAD)
    body, end = raw[: -_END.size], raw[-_END.size :]
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        lines = inflater.decompress(body, MOST_INFLATED)
        check, size = _END.unpack(end)
    except (zlib.error, struct.error) as error:
        raise DamagedError(f"the part at byte {member.offset:,} is damaged") from error
    if not inflater.eof or zlib.crc32(lines) != check or len(lines) & 0xFFFFFFFF != size:
        raise DamagedError(f"the part at byte {member.offset:,} is damaged")
    return lines
