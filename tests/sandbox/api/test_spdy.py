"""SPDY/3.1 frames: what is written is read, and what is malformed is refused."""

import struct
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.sandbox import spdy
from lwstui.sandbox.spdy import Data, FrameReader, FrameWriter, GoAway, Opened, Ping, Replied, Reset

HEADERS = {"streamtype": "data", "port": "8080", "requestid": "0"}


def test_the_dictionary_is_the_protocols() -> None:
    # The checksum that a zlib stream names its dictionary by, from SPDY draft 3.
    assert zlib.adler32(spdy.DICTIONARY) == 0xE3C6A7C2


def everything() -> bytes:
    writer = FrameWriter()
    return b"".join(
        (
            writer.open(1, HEADERS),
            writer.open(3, {"streamtype": "error"}, fin=True),
            writer.reply(1),
            spdy.data(1, b"abc"),
            spdy.data(1, b"", fin=True),
            spdy.reset(3, spdy.REFUSED_STREAM),
            spdy.ping(7),
            spdy.go_away(3),
        )
    )


FRAMES = [
    Opened(1, HEADERS),
    Opened(3, {"streamtype": "error"}, fin=True),
    Replied(1),
    Data(1, b"abc"),
    Data(1, b"", fin=True),
    Reset(3, spdy.REFUSED_STREAM),
    Ping(7),
    GoAway(),
]


@given(st.lists(st.integers(0, len(everything())), max_size=6))
def test_frames_are_found_wherever_the_bytes_are_cut(cuts: list[int]) -> None:
    raw, reader, found = everything(), FrameReader(), []
    edges = [0, *sorted(cuts), len(raw)]
    for start, end in pairwise(edges):
        found += reader.feed(raw[start:end])
    assert found == FRAMES


def test_large_data_is_sent_in_pieces_and_ends_once() -> None:
    content = bytes(range(256)) * 400
    frames = list(FrameReader().feed(spdy.data(5, content, fin=True)))
    assert b"".join(frame.data for frame in frames if isinstance(frame, Data)) == content
    assert [isinstance(frame, Data) and frame.fin for frame in frames] == [False] * 3 + [True]


def control(kind: int, payload: bytes, version: int = 3) -> bytes:
    return struct.pack(">HHI", 0x8000 | version, kind, len(payload)) + payload


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (control(1, bytes(10), version=2), "version 2 is not spoken"),
        (control(1, b"\0\0"), "cut short"),
        (control(3, b"\0\0\0\1"), "cut short"),
        (control(6, b""), "cut short"),
        (control(1, bytes(10) + b"no zlib"), "cannot be inflated"),
        (control(1, bytes(10)), "cut short"),
        (struct.pack(">HHI", 0x8003, 1, 1 << 20), "too large"),
    ],
)
def test_malformed_frames_are_refused(raw: bytes, why: str) -> None:
    with pytest.raises(spdy.SpdyError, match=why):
        list(FrameReader().feed(raw))


def test_header_blocks_do_not_grow_without_bounds() -> None:
    deflate = zlib.compressobj(zdict=spdy.DICTIONARY)
    block = deflate.compress(bytes(1 << 20)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(spdy.SpdyError, match="too large"):
        list(FrameReader().feed(control(1, bytes(10) + block)))


@pytest.mark.parametrize("kind", [4, 9, 99])
def test_frames_that_mean_nothing_here_are_passed_over(kind: int) -> None:
    assert list(FrameReader().feed(control(kind, bytes(12)) + spdy.ping(1))) == [Ping(1)]


@given(st.binary(max_size=80))
def test_any_bytes_are_frames_or_an_error(raw: bytes) -> None:
    reader = FrameReader()
    try:
        found = list(reader.feed(raw))
    except spdy.SpdyError:
        return
    assert len(found) <= len(raw) // 8
