"""Hostile text: whatever a cluster says, no byte of it steers the terminal."""

from __future__ import annotations

import pytest

from tests.tui.acceptance.written import MOVES, SGR, Written
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import hostile

SET = "[@click=app.quit]"
COMMANDS = (
    f"why {SET}",
    "insights",
    f"xray {SET}",
    f"placement {SET}",
    f"revisions {SET}",
    f"rollout {SET}",
    "activity",
    "controller",
    "config",
    "can",
    "aliases",
    "pf",
    "create {folder}/x.yaml",
    "telemetry",
    "idle",
    "check {folder}",
    "apply {folder}",
    "takeover",
    f"logs {SET}",
)
PRESSED = (("enter",), ("enter", "enter"), ("enter", "enter", "enter"), ("E",), ("m",), ("d",))
MANIFEST = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "x[/]", namespace: "[red]ns"}
data: {a: "\\e]0;owned\\a\\e[31mred[/foo]\\u202e"}
"""


def steering(written: Written) -> set[str]:
    """Return the characters that steer a terminal and did not come from the console."""
    rest = SGR.sub("", MOVES.sub("", "".join(written.frames)))
    return {c for c in rest if (c < " " and c not in "\r\n") or c in "\x7f\x9b\x9d\u202e"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[0])
async def test_a_screen_writes_no_sequence_of_others(command, tmp_path):
    (tmp_path / "x.yaml").write_text(MANIFEST)
    app = console(FakeBackend(first=hostile()[0].snapshot()))
    written = Written(app)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: SET in shown(app))
        before = len(written.frames)
        app.run_command(command.format(folder=tmp_path))
        await pilot.pause()
        await keys(pilot, "j", "G")
        await until(pilot, lambda: len(written.frames) > before)
    assert steering(written) == set()


@pytest.mark.parametrize("pressed", PRESSED, ids="-".join)
async def test_a_way_by_keys_writes_no_sequence_of_others(pressed):
    app = console(FakeBackend(first=hostile()[0].snapshot(), yaml_text="a: '[/foo] [red]'\n"))
    written = Written(app)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: SET in shown(app))
        await keys(pilot, *pressed)
    assert steering(written) == set()
