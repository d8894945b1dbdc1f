"""The file: any gzip reads it, it is walked without inflating, and a cut costs its end only."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.runtime.recording.members import DamagedError, lines_of, packed, walk

PARTS = (b"one\n", b"two\nthree\n" * 50, b"four\n")


def file_of(*parts: bytes) -> bytes:
    return b"".join(packed(part, n * 2.0, n * 2.0 + 1.5) for n, part in enumerate(parts))


def test_any_gzip_reads_the_file():
    assert gzip.decompress(file_of(*PARTS)) == b"".join(PARTS)


def test_members_say_where_and_of_when_they_are():
    data = file_of(*PARTS)
    found = list(walk(io.BytesIO(data)))
    assert [(m.first_s, m.last_s) for m in found] == [(0.0, 1.5), (2.0, 3.5), (4.0, 5.5)]
    assert sum(m.size for m in found) == len(data)
    assert [lines_of(io.BytesIO(data), m) for m in found] == list(PARTS)


def test_a_file_cut_anywhere_is_read_up_to_its_last_whole_member():
    data = file_of(*PARTS)
    ends = [m.offset + m.size for m in walk(io.BytesIO(data))]
    for length in range(len(data) + 1):
        cut = io.BytesIO(data[:length])
        found = list(walk(cut))
        assert len(found) == sum(end <= length for end in ends)
        assert [lines_of(cut, m) for m in found] == list(PARTS[: len(found)])


def test_something_else_is_no_recording():
    with pytest.raises(DamagedError):
        list(walk(io.BytesIO(gzip.compress(b"something else that is long enough to be looked at"))))


@given(st.integers(0, len(file_of(*PARTS)) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found_or_changes_nothing(at: int, flip: int):
    data = bytearray(file_of(*PARTS))
    data[at] ^= flip
    file = io.BytesIO(bytes(data))
    try:
        found = [lines_of(file, m) for m in walk(file)]
    except DamagedError:
        return
    assert found == list(PARTS[: len(found)])
