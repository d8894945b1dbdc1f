"""What all pictures of screens are taken with."""

from __future__ import annotations

import pytest

from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.support import FakeBackend, console, keys, settled, shown, until


@pytest.fixture
def picture(snap_compare):
    """Compare a screen after keys were pressed and a text appeared."""

    def compare(snapshot, size, *pressed, wait="", goto=None, objects=None, **options):
        backend = FakeBackend(first=snapshot, objects=objects or {})

        async def before(pilot):
            app = pilot.app
            await until(pilot, lambda: app.snapshot.version == snapshot.version)
            if goto is not None:
                app.goto(goto)
                await until(pilot, lambda: app.front.route == goto)
            for key in pressed:
                await keys(pilot, key)
                if isinstance(app.screen, Dialog):
                    await until(pilot, lambda: not app.screen.locked)
            await until(pilot, lambda: wait in shown(app))
            await settled(pilot, app)

        return snap_compare(console(backend, **options), terminal_size=size, run_before=before)

    return compare
