"""What holds for all tests."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

ENGINE = "lwstui-engine"
END_S = 30.0


def pytest_configure() -> None:
    """Hear ctrl-c, and let what tests start hear it.

    A shell that runs something in the background has it ignore the signal, and all it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def engines() -> set[threading.Thread]:
    """Return the threads of engines that run."""
    return {thread for thread in threading.enumerate() if thread.name == ENGINE}


@pytest.fixture(autouse=True)
def no_engine_left() -> Iterator[None]:
    """Fail a test that leaves an engine running: it would talk into the tests that follow."""
    before = engines()
    yield
    left = engines() - before
    for thread in left:
        thread.join(END_S)
    assert not any(thread.is_alive() for thread in left), "stop it: tests.support.engines.stopped"
