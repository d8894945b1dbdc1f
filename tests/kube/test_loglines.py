"""Log lines as they come off the wire: colours, hostile bytes, lines without end."""

import pytest

from lwstui.kube.loglines import LineCutter, LogLine, Position
from lwstui.kube.sgr import coloured

STAMP = b"2026-01-02T03:04:05.000000000Z "
AT = 1767323045.0


def cut(*chunks: bytes, longest: int = 100) -> list[str]:
    cutter = LineCutter(longest)
    lines = [line for chunk in chunks for line in cutter.take(chunk)]
    return [line.text for line in (*lines, *cutter.end())]


@pytest.mark.parametrize(
    ("raw", "text", "colours"),
    [
        ("plain", "plain", ()),
        ("\x1b[31mred\x1b[0m plain", "red plain", ((0, 3, "color(1)"),)),
        ("\x1b[1;38;5;208mx\x1b[22my", "xy", ((0, 1, "bold color(208)"), (1, 2, "color(208)"))),
        ("\x1b[38;2;255;0;16mx", "x", ((0, 1, "#ff0010"),)),
        ("\x1b[97;44mx\x1b[39;49my", "xy", ((0, 1, "color(15) on color(4)"),)),
        ("\x1b[31;41mhidden", "hidden", ()),
        ("\x1b[5;8mblink and conceal", "blink and conceal", ()),
        ("\x1b[m\x1b[999mx", "x", ()),
        ("\x1b[38;5m\x1b[38;2;1mx", "x", ()),
        ("\x9b32mx", "x", ((0, 1, "color(2)"),)),
        ("a\x1b]52;c;aGk=\x07b", "ab", ()),
        ("\x1b]0;t\x1b[31mred", "red", ((0, 3, "color(1)"),)),
        ("\x1b[2J\x1b[10;10Hmoved", "moved", ()),
        ("a\u202eb\u200bc\U000e0041d", "abcd", ()),
    ],
)
def test_colours_are_kept_and_nothing_else(raw: str, text: str, colours: object) -> None:
    assert coloured(raw) == (text, colours)


def test_a_flood_of_colours_is_bounded() -> None:
    text, colours = coloured("\x1b[31ma\x1b[32mb" * 5000)
    assert text == "ab" * 5000
    assert len(colours) <= 256
    assert coloured("\x1b[" + "1;" * 5000 + "31mx")[0] == "x"


@pytest.mark.parametrize(
    ("chunks", "texts"),
    [
        ((STAMP + b"a\n" + STAMP + b"b\n",), ["a", "b"]),
        ((STAMP + b"a", b"b\n", STAMP + b"c"), ["ab", "c"]),
        ((STAMP + "漢".encode()[:2], "漢".encode()[2:] + b"\n"), ["漢"]),
        ((STAMP + b"\xff\xfe\x80 bytes\n",), ["\ufffd\ufffd\ufffd bytes"]),
        ((STAMP + b"\x00\x01nul\x7f\n",), ["nul"]),
        ((STAMP + b"10%\r20%\r30%\n",), ["30%"]),
        ((STAMP + b"a\tb\n",), ["a    b"]),
        ((b"\n\n" + STAMP + b"\n",), ["", ""]),
    ],
)
def test_lines(chunks: tuple[bytes, ...], texts: list[str]) -> None:
    assert cut(*chunks) == texts


def test_a_line_that_never_ends_is_cut_and_not_held() -> None:
    cutter = LineCutter(100)
    for _ in range(1000):
        assert cutter.take(b"x" * 1000) == []
    assert len(cutter._begun) == 400
    (line,) = cutter.take(b"\n")
    assert line.text.startswith("x" * 100 + " … (cut, ")
    assert line.text.endswith("999,900 more)")


def lines(*said: tuple[float, str]) -> list[LogLine]:
    return [LogLine(at, text) for at, text in said]


def test_a_reopened_log_repeats_nothing_and_loses_nothing() -> None:
    position = Position()
    first = lines((1.0, "a"), (2.0, "b"), (2.0, "b"))
    assert position.unseen(first) == first
    position.reopened()
    again = lines((1.0, "a"), (2.0, "b"), (2.0, "b"), (2.0, "b"), (2.0, "c"))
    assert position.unseen(again) == lines((2.0, "b"), (2.0, "c"))
    assert position.unseen(lines((2.0, "d"), (3.0, "e"))) == lines((2.0, "d"), (3.0, "e"))
    position.reopened()
    assert position.unseen(lines((3.0, "e"))) == []
