"""The tree of a set: folding by key, verbs on what is under the cursor."""

from __future__ import annotations

from lwstui.tui.screens.xray import XrayScreen
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import rolling


async def test_folding_and_verbs():
    backend = FakeBackend(first=rolling()[0].snapshot())
    app = console(backend)
    async with app.run_test(size=(120, 60)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        await keys(pilot, "colon", *"xray llama70b", "enter")
        await until(pilot, lambda: isinstance(app.screen, XrayScreen))
        await until(pilot, lambda: "▸ group 0" in shown(app))
        await keys(pilot, "down", "x")
        await until(pilot, lambda: "▾ group 0" in shown(app))
        assert "llama70b-0-3" in shown(app)
        await keys(pilot, "x")
        await until(pilot, lambda: "▸ group 0" in shown(app))
        await keys(pilot, "!")
        await keys(pilot, "l")
        await until(pilot, lambda: backend.logs_opened)
        assert backend.logs_opened[0].request.group is not None
