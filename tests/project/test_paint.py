"""Output on terminals and in pipes."""

import io
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from lwstui.cli import paint
from lwstui.view import listing
from lwstui.view.types import Span
from tests.view.test_listing import listed

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def on(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, **environ: str) -> io.StringIO:
    monkeypatch.setattr(sys, "stdout", stream)
    for name, value in {"NO_COLOR": "", "TERM": "xterm", "COLUMNS": "20", **environ}.items():
        monkeypatch.setenv(name, value)
    return stream


@pytest.mark.parametrize(
    ("stream", "environ", "flag", "expected"),
    [
        (Terminal(), {}, False, True),
        (Terminal(), {"NO_COLOR": "1"}, False, False),
        (Terminal(), {"TERM": "dumb"}, False, False),
        (Terminal(), {}, True, False),
        (io.StringIO(), {}, False, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    *,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    stream: io.StringIO,
    environ: dict[str, str],
    flag: bool,
    expected: bool,
) -> None:
    on(monkeypatch, stream, LWSTUI_CONFIG_DIR=str(tmp_path), **environ)
    assert paint.colours(Namespace(no_color=flag)) is expected


def test_a_line_is_painted_by_tone_or_plain() -> None:
    line = (Span("failed ", "bad"), Span("demo  "))
    assert paint.text(line, colour=False) == "failed demo"
    assert paint.text(line, colour=True) == "\x1b[31mfailed \x1b[0mdemo  "


def test_progress_is_a_line_each_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = on(monkeypatch, io.StringIO())
    with paint.progress() as tell:
        tell("one")
        tell("two, which is longer than a terminal is wide")
    assert stream.getvalue() == "one\ntwo, which is longer than a terminal is wide\n"


def test_progress_is_one_line_that_changes_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = on(monkeypatch, Terminal())
    with paint.progress() as tell:
        tell("one")
        tell("two, which is longer than a terminal is wide")
    assert stream.getvalue() == "\r\x1b[2Kone\r\x1b[2Ktwo, which is long…\n"


def test_without_progress_nothing_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = on(monkeypatch, Terminal())
    with paint.progress():
        pass
    assert stream.getvalue() == ""


@pytest.mark.parametrize("kind", listing.KINDS)
def test_every_field_of_a_record_is_documented(kind: str) -> None:
    guide = (ROOT / "docs" / "guide" / "scripts.md").read_text(encoding="utf-8")
    rows = [line for line in guide.splitlines() if line.startswith((f"| {kind} |", "| all but"))]
    found = listed(kind)
    record = found.record(found.table.rows[0])
    assert len(rows) >= 2
    assert [field for field in record if f"`{field}`" not in "".join(rows)] == []
