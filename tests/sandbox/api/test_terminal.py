"""The terminal of an interactive session: keys in, echo and lines out."""

import pytest

from lwstui.sandbox.terminal import Key, Terminal, shown


@pytest.mark.parametrize(
    ("keys", "echo", "lines"),
    [
        ("ls\r", "ls\r\n", ["ls\n"]),
        ("a\x7f\x7fb\n", "a\b \bb\r\n", ["b\n"]),
        ("one two\x17x\r", "one two" + "\b \b" * 3 + "x\r\n", ["one x\n"]),
        ("gone\x15\r", "gone" + "\b \b" * 4 + "\r\n", ["\n"]),
        ("half\x03", "half^C", [Key.INTERRUPT]),
        ("half\x03\r", "half^C\r\n", [Key.INTERRUPT, "\n"]),
        ("\x04", "", [Key.END]),
        ("a\x04\r", "a\r\n", ["a\n"]),
        ("\x1b[A\x1b[1;5C\x1bOPx\r", "x\r\n", ["x\n"]),
        ("\x01\x02\tx\r", "\tx\r\n", ["\tx\n"]),
    ],
)
def test_keys(keys: str, echo: str, lines: list[str | Key]) -> None:
    typed = list(Terminal().feed(keys.encode()))
    assert "".join(each.echo for each in typed) == echo
    assert [each.line for each in typed if each.line is not None] == lines


def test_a_character_may_come_in_two_halves() -> None:
    terminal, raw = Terminal(), "é".encode()
    assert list(terminal.feed(raw[:1])) == []
    assert [each.echo for each in terminal.feed(raw[1:])] == ["é"]


def test_lines_are_shown_from_the_left_edge() -> None:
    assert shown("a\nb\r\n") == "a\r\nb\r\n"
