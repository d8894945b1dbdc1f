"""A terminal that goes away without a signal, as when whoever held it was killed."""

import os
import pty
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")

CONFIG = """\
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: nowhere, user: {token: none}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nowhere}}]
"""


@pytest.mark.timeout(60)
def test_the_console_ends_when_its_terminal_is_closed_without_a_signal(tmp_path):
    config = tmp_path / "kubeconfig"
    config.write_text(CONFIG)
    config.chmod(0o600)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "lwstui", "--kubeconfig", str(config)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "xterm-256color"},
        # A session without a controlling terminal: the kernel has nobody to send SIGHUP to.
        start_new_session=True,
    )
    try:
        os.close(theirs)
        drawn = b""
        while b"CONNECTING" not in drawn and b"NO CLUSTER" not in drawn:
            drawn += os.read(ours, 65536)
        os.close(ours)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


STUCK = """\
import threading
from lwstui.cli.hangup import watch_terminal
watch_terminal((0, 1, 2), lambda: None, patience_s=0.1)
print("READY", flush=True)
threading.Event().wait()
"""


@pytest.mark.timeout(60)
def test_a_program_that_cannot_leave_does_not_live_on_without_its_terminal():
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        os.close(theirs)
        drawn = b""
        while b"READY" not in drawn:
            drawn += os.read(ours, 65536)
        os.close(ours)
        assert process.wait(30) == 1
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
