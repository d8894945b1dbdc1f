"""Screen tests run in UTC, without blinking, and fail when the console swallowed a defect."""

from __future__ import annotations

import logging
import time

import pytest
from textual.widgets import Input

from tests.support.idle import swift


@pytest.fixture(autouse=True)
def still(monkeypatch):
    """Freeze what depends on the machine: time zone, cursor and how long a pilot waits."""
    swift(monkeypatch)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    blinkless = Input.__init__

    def init(self, *args, **kwargs):
        blinkless(self, *args, **kwargs)
        self.cursor_blink = False

    monkeypatch.setattr(Input, "__init__", init)
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def no_swallowed_defects(caplog, request):
    """Fail if the console logged a failure, unless the test asks for ``expected_defects``."""
    yield
    if "expected_defects" not in request.fixturenames:
        logged = [r for r in caplog.get_records("call") if r.name == "lwstui.tui"]
        defects = [r for r in logged if r.levelno >= logging.ERROR]
        assert not defects, [r.exc_text or r.getMessage() for r in defects]


@pytest.fixture
def expected_defects():
    """Let a test provoke failures that the console survives."""
