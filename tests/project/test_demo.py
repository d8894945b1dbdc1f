"""``lwstui demo`` in a real terminal, from the first frame to an empty machine."""

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lwstui.data import folder
from tests.support.terminal import Terminal
from tests.support.waiting import until

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(180)]

SAMPLE = folder("examples") / "02-leaderworkerset-sample.yaml"
MARK = "LWSTUI_TEST_RUN"
UP = "\x1b[A"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment of its own, marked so that every process of the run can be found."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "TMPDIR": str(temporary),
        MARK: uuid.uuid4().hex,
    }


def marked(environ: dict[str, str]) -> Iterator[str]:
    """Yield the command lines of living processes of a run."""
    mark = f"{MARK}={environ[MARK]}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes():
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended meanwhile, or is not ours to look at


def demo(environ: dict[str, str], *arguments: str, columns: int = 120) -> Terminal:
    command = [sys.executable, "-m", "lwstui", "demo", "--speed", "20", "-f", str(SAMPLE)]
    return Terminal([*command, *arguments], environ, columns=columns)


def row(ready: str) -> str:
    return rf"leaderworkerset-sample\s+\S+\s+{ready}\s+{ready}\s"


def nothing_is_left(environ: dict[str, str]) -> bool:
    return not list(marked(environ)) and not list(Path(environ["TMPDIR"]).iterdir())


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_the_demo_from_start_to_end(environ: dict[str, str]) -> None:
    with demo(environ) as terminal:
        terminal.wait_for("SANDBOX")
        terminal.wait_for(row("3/3"), 60)
        assert len(list(marked(environ))) == 2

        terminal.send("s")
        terminal.wait_for("SCALE SET")
        terminal.answer(UP, r"\[ 4 \]")
        terminal.wait_for(r"\[ 4 \](.|\n)*dry run +accepted")
        terminal.send("\t\r")
        terminal.wait_for(row("4/4"), 60)

        terminal.send("\r")
        terminal.wait_for("GROUP MAP")
        terminal.send("r")
        terminal.wait_for(r"RECREATE GROUP(.|\n)*dry run +accepted")
        terminal.answer("y", lambda screen: "RECREATE GROUP" not in screen)
        terminal.wait_for(r"groups 3/4 ready", 30)
        terminal.wait_for(r"groups 4/4 ready", 60)

        terminal.send("l8")
        terminal.wait_for(r"leader +│ .*\S")
        assert "w1" not in terminal.text

        terminal.send("\x03")
        terminal.wait_for("LEAVE")
        terminal.send("\x03")
        assert terminal.wait_for_exit() == 0
    until(lambda: nothing_is_left(environ), what=f"{list(marked(environ))} are gone")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_a_killed_demo_leaves_nothing(environ: dict[str, str]) -> None:
    with demo(environ) as terminal:
        terminal.wait_for("SANDBOX")
        terminal.process.kill()
        terminal.process.wait()
    until(lambda: nothing_is_left(environ), what="the sandbox stops and removes its file")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_a_terminated_demo_cleans_up(environ: dict[str, str]) -> None:
    with demo(environ, columns=80) as terminal:
        terminal.wait_for("SANDBOX")
        terminal.process.terminate()
        assert terminal.wait_for_exit() == 0
    until(lambda: nothing_is_left(environ), what="processes and files are gone")


def test_no_colour_is_written_when_none_is_wanted(environ: dict[str, str]) -> None:
    environ["NO_COLOR"] = "1"
    with demo(environ) as terminal:
        terminal.wait_for(row("3/3"), 60)
        terminal.process.terminate()
        terminal.wait_for_exit()
        written = bytes(terminal.written)
    colours = [b"38;5;", b"48;5;", b"38;2;", b"48;2;", b"\x1b[3", b"\x1b[4"]
    assert [c for c in colours[:4] if c in written] == []
