"""The console in a real terminal: a shell in a leader, and back."""

import os
import sys

import pytest

from lwstui.data import folder
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")


@pytest.fixture
def terminal(tmp_path):
    """Run the demo in a pseudo-terminal of 120 by 40."""
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    for kind in ("CONFIG", "STATE", "CACHE", "DATA"):
        home[f"XDG_{kind}_HOME"] = str(tmp_path / kind.lower())
    sample = str(folder("examples") / "02-leaderworkerset-sample.yaml")
    home["LWSTUI_EDITOR"] = "sed -i 's/^  replicas: 3/  replicas: 4/'"
    command = [sys.executable, "-m", "lwstui", "demo", "-f", sample, "--speed", "20"]
    with Terminal(command, home) as running:
        yield running


@pytest.mark.timeout(90)
def test_a_shell_in_a_leader_and_back(terminal):
    terminal.wait_for(r"leaderworkerset-sample")
    terminal.wait_for(r"leaderworkerset-sample .*3/3", 60)
    terminal.send("\r")
    terminal.wait_for("GROUP MAP")
    terminal.send("s")
    terminal.wait_for(r"shell in default/leaderworkerset-sample-\d container")
    terminal.wait_for(r"-\d:/# ")
    terminal.send("echo index=$LWS_WORKER_INDEX\r")
    terminal.wait_for(r"index=0\b")
    terminal.send("stty size 2>/dev/null; exit 3\r")
    terminal.wait_for(r"ended with code 3")
    terminal.wait_for("GROUP MAP")
    terminal.send("\x03")
    terminal.wait_for("LEAVE")


@pytest.mark.timeout(90)
def test_an_edit_in_an_editor_is_confirmed_and_followed_to_its_end(terminal):
    terminal.wait_for(r"leaderworkerset-sample .*3/3", 60)
    terminal.send("e")
    terminal.wait_for("EDIT LEADERWORKERSET")
    terminal.wait_for(r"spec.replicas: 3 -> 4")
    terminal.wait_for(r"Server dry run +accepted")
    terminal.answer("y", r"leaderworkerset-sample .*4/4")
    terminal.wait_for(r"edit LeaderWorkerSet: done after")


@pytest.mark.timeout(90)
def test_an_attached_process_is_left_running(terminal):
    terminal.wait_for(r"leaderworkerset-sample .*3/3", 60)
    terminal.send("\r")
    terminal.wait_for("GROUP MAP")
    terminal.send("a")
    terminal.wait_for(r"attached to default/leaderworkerset-sample-\d container nginx \(ctrl-\]")
    terminal.wait_for(r"GET / HTTP")  # by then it listens to keys
    terminal.send("\x1d")
    terminal.wait_for(r"attached to \S+ container nginx: closed")
    terminal.wait_for(r"groups 3/3 ready")
