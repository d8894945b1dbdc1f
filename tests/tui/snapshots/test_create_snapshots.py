"""The form of a new set."""

from __future__ import annotations

import pytest

from lwstui.tui.screens.create import CreateScreen
from tests.tui.support import FakeBackend, console, settled, shown, until
from tests.tui.worlds import busy


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_form(snap_compare, size):
    app = console(FakeBackend(first=busy().snapshot()))

    async def before(pilot):
        await until(pilot, lambda: "qwen72b" in shown(app))
        app.run_command("create 24-h100-405b-compact.yaml")
        await until(pilot, lambda: isinstance(app.screen, CreateScreen))
        await until(pilot, lambda: "1 group of 2 pods" in shown(app))
        await settled(pilot, app)

    assert snap_compare(app, terminal_size=size, run_before=before)
