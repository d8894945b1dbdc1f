"""SPDY/3.1 frames, as far as ``kubectl port-forward`` speaks it. Bytes in, frames out; no sockets.

kubectl's SPDY has no flow control and no priorities: window updates and settings are passed over.

Source: SPDY protocol draft 3.1, sections 2.2, 2.6 and 2.6.10.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

_VERSION = 3
_FIN = 1
_CONTROL_LIMIT_BYTES = 1 << 16
_DATA_PIECE_BYTES = 1 << 15
PROTOCOL_ERROR, INVALID_STREAM, REFUSED_STREAM = 1, 2, 3

_ONE_WORD = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language "
    "accept-ranges age allow authorization cache-control connection content-base content-encoding "
    "content-language content-length content-location content-md5 content-range content-type date "
    "etag expect expires from host if-match if-modified-since if-none-match if-range "
    "if-unmodified-since last-modified location max-forwards pragma proxy-authenticate "
    "proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status"
)
_LAST_WORDS = (
    "200 OK",
    "version",
    "HTTP/1.1",
    "url",
    "public",
    "set-cookie",
    "keep-alive",
    "origin",
)
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request"
    "401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented"
    "503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 "
    "Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
    "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age="
    "gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
_WORDS = (*_ONE_WORD.split(), *_LAST_WORDS)
# What both sides' header compression starts from; any other byte makes them misunderstand.
DICTIONARY = b"".join(struct.pack(">I", len(word)) + word.encode() for word in _WORDS)
DICTIONARY += _TAIL.encode()

Headers = Mapping[str, str]


class _Kind(IntEnum):
    SYN_STREAM = 1
    SYN_REPLY = 2
    RST_STREAM = 3
    PING = 6
    GOAWAY = 7
    HEADERS = 8


class SpdyError(Exception):
    """The bytes are no SPDY/3.1."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The other side has opened a stream."""

    stream: int
    headers: Headers = field(default_factory=dict)
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Replied:
    """The other side has accepted a stream."""

    stream: int
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Data:
    """Bytes of a stream; ``fin`` ends what the other side sends on it."""

    stream: int
    data: bytes
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """A stream has ended abnormally."""

    stream: int
    code: int


@dataclass(frozen=True, slots=True)
class Ping:
    """A ping, to be sent back as it came."""

    number: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """The other side opens no more streams."""


Frame = Opened | Replied | Data | Reset | Ping | GoAway


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are complete now.

        Raises:
            SpdyError: A frame is malformed; nothing after it can be understood.
        """
        self._buffer += data
        while len(self._buffer) >= 8:
            head, rest = struct.unpack_from(">II", self._buffer)
            flags, length = rest >> 24, rest & 0xFFFFFF
            is_control = bool(head >> 31)
            if is_control and length > _CONTROL_LIMIT_BYTES:
                raise SpdyError(f"a control frame of {length} bytes is too large")
            if len(self._buffer) < 8 + length:
                return
            payload = bytes(self._buffer[8 : 8 + length])
            del self._buffer[: 8 + length]
            frame = self._control(head, flags, payload) if is_control else None
            if not is_control:
                frame = Data(head, payload, bool(flags & _FIN))
            if frame is not None:
                yield frame

    def _control(self, head: int, flags: int, payload: bytes) -> Frame | None:
        version, kind = head >> 16 & 0x7FFF, head & 0xFFFF
        if version != _VERSION:
            raise SpdyError(f"version {version} is not spoken here, only {_VERSION}")
        fin = bool(flags & _FIN)
        match kind:
            case _Kind.SYN_STREAM:
                headers = self._headers(payload[10:])
                return Opened(_number(payload), headers, fin)
            case _Kind.SYN_REPLY:
                self._headers(payload[4:])
                return Replied(_number(payload), fin)
            case _Kind.RST_STREAM:
                return Reset(_number(payload), _number(payload, 4, bits=32))
            case _Kind.PING:
                return Ping(_number(payload, bits=32))
            case _Kind.GOAWAY:
                return GoAway()
            case _Kind.HEADERS:
                self._headers(payload[4:])
                return Data(_number(payload), b"", fin)
        return None

    def _headers(self, block: bytes) -> dict[str, str]:
        try:
            raw = self._inflate.decompress(block, _CONTROL_LIMIT_BYTES)
        except zlib.error as error:
            raise SpdyError(f"a header block cannot be inflated: {error}") from None
        if self._inflate.unconsumed_tail:
            raise SpdyError("a header block is too large")
        texts = list(_texts(raw))
        return {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in zip(texts[::2], texts[1::2], strict=True)
        }


def _number(payload: bytes, offset: int = 0, *, bits: int = 31) -> int:
    if len(payload) < offset + 4:
        raise SpdyError("a control frame is cut short")
    value: int = struct.unpack_from(">I", payload, offset)[0]
    return value & ((1 << bits) - 1)


def _texts(raw: bytes) -> Iterator[bytes]:
    """Yield names and values in turn."""
    offset = 4
    for _ in range(2 * _number(raw, bits=32)):
        length = _number(raw, offset, bits=32)
        if len(raw) < offset + 4 + length:
            raise SpdyError("a header block is cut short")
        yield raw[offset + 4 : offset + 4 + length]
        offset += 4 + length


class FrameWriter:
    """Makes frames. They must be sent in the order they were made: headers share one history."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def open(self, stream: int, headers: Headers, *, fin: bool = False) -> bytes:
        """Return a SYN_STREAM."""
        block = self._headers(headers)
        return _control(_Kind.SYN_STREAM, struct.pack(">IIH", stream, 0, 0) + block, fin=fin)

    def reply(self, stream: int, headers: Headers | None = None) -> bytes:
        """Return a SYN_REPLY."""
        return _control(_Kind.SYN_REPLY, struct.pack(">I", stream) + self._headers(headers or {}))

    def _headers(self, headers: Headers) -> bytes:
        raw = struct.pack(">I", len(headers))
        for pair in headers.items():
            for text in pair:
                raw += struct.pack(">I", len(text)) + text.encode("latin-1")
        return self._deflate.compress(raw) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


def _control(kind: int, payload: bytes, *, fin: bool = False) -> bytes:
    head = 1 << 31 | _VERSION << 16 | kind
    return struct.pack(">II", head, int(fin) << 24 | len(payload)) + payload


def data(stream: int, content: bytes, *, fin: bool = False) -> bytes:
    """Return DATA frames; ``fin`` ends what this side sends on the stream."""
    pieces = [
        content[start : start + _DATA_PIECE_BYTES]
        for start in range(0, len(content), _DATA_PIECE_BYTES)
    ] or [b""]
    last = len(pieces) - 1
    return b"".join(
        struct.pack(">II", stream, int(fin and index == last) << 24 | len(piece)) + piece
        for index, piece in enumerate(pieces)
    )


def reset(stream: int, code: int) -> bytes:
    """Return a RST_STREAM."""
    return _control(_Kind.RST_STREAM, struct.pack(">II", stream, code))


def ping(number: int) -> bytes:
    """Return a PING."""
    return _control(_Kind.PING, struct.pack(">I", number))


def go_away(last_stream: int, code: int = 0) -> bytes:
    """Return a GOAWAY."""
    return _control(_Kind.GOAWAY, struct.pack(">II", last_stream, code))
