"""k9s hands: whoever knows k9s reaches every screen and changes nothing by a key press."""

from __future__ import annotations

from typing import get_args

import pytest
import yaml

from lwstui.tui.routes import ScreenName
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import World

SCREENS = set(get_args(ScreenName))

WALK: tuple[tuple[str, ...], ...] = (
    ("enter", "enter", "enter"),
    ("question_mark", "escape"),
    ("l", "escape"),
    ("d", "q"),
    ("y", "q"),
    ("q",),
    ("J",),
    ("z", "enter", "q"),
    ("ctrl+a", "escape"),
    ("E", "escape"),
)
"""From the fleet into a set, its worst group and a pod, and back, by keys alone."""

COMMANDS = (
    "pods",
    "nodes",
    "events",
    "placement llama70b",
    "why llama70b",
    "insights",
    "revisions llama70b",
    "activity",
    "controller",
    "xray llama70b",
    "config",
    "can",
    "apply flags.yaml",
    "check flags.yaml",
    "create flags.yaml",
    "diff llama70b",
    "telemetry",
    "idle",
    "takeover",
    "aliases",
    "help",
    "sets",
)
"""What is typed behind a colon, as resources are in k9s."""


@pytest.fixture
def backend():
    world = World()
    world.add_nodes(2)
    world.add_set("llama70b", "·:X", size=2, revision="8a41be", old="5f9c7d", partition=1)
    return FakeBackend(first=world.snapshot())


def changed(backend: FakeBackend) -> list[object]:
    """Return everything that was asked to be changed."""
    asked = (backend.submitted, backend.takeovers, backend.terminals, backend.opened)
    return [one for many in asked for one in many] + [True] * backend.controller_paused


@pytest.fixture
def folder(tmp_path, monkeypatch):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags"}}
    (tmp_path / "flags.yaml").write_text(yaml.safe_dump(body))
    monkeypatch.chdir(tmp_path)


@pytest.mark.timeout(150)  # it types a lot
@pytest.mark.usefixtures("folder")
async def test_every_screen_is_reached_and_nothing_is_written(backend):
    app = console(backend)
    seen: set[str] = set()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        seen.add(app.front.route.screen)
        for stretch in WALK:
            for key in stretch:
                await keys(pilot, key)
                seen.add(app.front.route.screen)
        for command in COMMANDS:
            await keys(pilot, "colon", *command, "enter")
            await pilot.pause()
            seen.add(app.front.route.screen)
    assert seen == SCREENS
    assert changed(backend) == []
