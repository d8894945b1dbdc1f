"""Pictures of the longest dialogs on the smallest terminal."""

from __future__ import annotations

import pytest

from lwstui.tui.routes import FLEET, NODES
from lwstui.view.safety import Safety
from tests.tui import cramped


@pytest.mark.parametrize(
    ("route", "pressed"), [(FLEET, "r"), (NODES, "r")], ids=["restart", "drain"]
)
def test_a_long_dialog_on_a_small_terminal(picture, route, pressed):
    options = {"goto": route, "safety": Safety(grace_s=0.0)}
    assert picture(cramped.snapshot(), (80, 24), pressed, wait="accepted", **options)
