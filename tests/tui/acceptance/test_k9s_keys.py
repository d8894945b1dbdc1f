"""k9s hands: every key that k9s knows, pressed on every screen, changes nothing by itself."""

from __future__ import annotations

from typing import Final, get_args

import pytest
import yaml
from textual.screen import ModalScreen

from lwstui.tui.app import Console
from lwstui.tui.routes import Route, ScreenName
from lwstui.view.safety import Safety
from tests.support.idle import quiet
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import World

OPENED: Final[dict[str, tuple[str, ...]]] = {
    "fleet": (),
    "lws": ("enter",),
    "group": ("enter", "enter"),
    "pod": ("enter", "enter", "enter"),
    "placement": (":placement llama70b",),
    "pods": (":pods llama70b",),
    "events": (":events",),
    "nodes": (":nodes",),
    "logs": ("l",),
    "text": ("y",),
    "help": ("question_mark",),
    "config": (":config",),
    "aliases": (":aliases",),
    "can": (":can",),
    "apply": (":apply flags.yaml",),
    "check": (":check flags.yaml",),
    "create": (":create flags.yaml",),
    "takeover": (":takeover",),
    "rollout": ("z",),
    "revisions": (":revisions llama70b",),
    "diff": ("D",),
    "why": ("w",),
    "insights": (":insights",),
    "idle": (":idle",),
    "telemetry": (":telemetry",),
    "activity": (":activity",),
    "controller": (":controller",),
    "xray": (":xray llama70b",),
}
"""How each screen is opened, from the first one: keys, and commands behind a colon."""

EVERYWHERE = (
    *("colon", "slash", "question_mark", "escape", "q", "enter"),
    *("left_square_bracket", "right_square_bracket", "minus", "tab", "shift+tab"),
    *"0123456789",
    *("ctrl+a", "ctrl+e", "ctrl+g", "ctrl+r", "ctrl+u", "ctrl+q", "ctrl+s"),
)
LISTS = (
    *("j", "k", "down", "up", "h", "left", "right", "g", "G", "home", "end"),
    *("ctrl+f", "pagedown", "ctrl+b", "pageup", "space", "ctrl+space", "ctrl+backslash"),
    *("ctrl+w", "ctrl+z", "N", "A", "S", "P", "R", "shift+left", "shift+right", "O", "c", "n"),
)
VERBS = (*"dyelpsariztJofFcu", "ctrl+l", "ctrl+d", "ctrl+k")
TEXTS = (*"nNwmxeftsapLC", "ctrl+d", "ctrl+u")

PRESSED = {
    "everywhere": tuple(dict.fromkeys((*EVERYWHERE, *LISTS))),
    "verbs": tuple(dict.fromkeys((*VERBS, *TEXTS))),
}
"""Every key that means something in k9s; ``ctrl-c`` leaves and comes last."""


@pytest.fixture
def backend(tmp_path, monkeypatch):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags"}}
    (tmp_path / "flags.yaml").write_text(yaml.safe_dump(body))
    monkeypatch.chdir(tmp_path)
    world = World()
    world.add_nodes(2)
    world.add_set("llama70b", "·:X", size=2, revision="8a41be", old="5f9c7d", partition=1)
    return FakeBackend(first=world.snapshot())


def changed(backend: FakeBackend) -> list[object]:
    """Return everything that was asked to be changed."""
    asked = (backend.submitted, backend.takeovers, backend.terminals, backend.opened)
    return [one for many in asked for one in many] + [True] * backend.controller_paused


async def opened(pilot, app: Console, screen: str) -> Route:
    """Go from the first screen to another one, and return its route."""
    for step in OPENED[screen]:
        if step.startswith(":"):
            app.run_command(step[1:])
        else:
            await pilot.press(step)
        await pilot.pause()
    await until(pilot, lambda: app.front.route.screen == screen)
    return app.front.route


async def pressed(pilot, app: Console, route: Route, *sequence: str) -> bool:
    """Press keys on a screen and go back to it; return whether the first opened a dialog."""
    await pilot.press(sequence[0])
    await until(pilot, lambda: quiet(app))
    asked = isinstance(app.screen, ModalScreen)
    if asked:
        await keys(pilot, *sequence[1:])
    while isinstance(app.screen, ModalScreen):
        await keys(pilot, "escape")
    app.front.cancel_prompt()
    if app.front.route != route:
        app.goto(route, top=True)
        await until(pilot, lambda: app.front.route == route)
    return asked


def test_every_screen_is_there():
    assert set(OPENED) == set(get_args(ScreenName))


@pytest.mark.parametrize("screen", OPENED)
@pytest.mark.parametrize("which", PRESSED)
async def test_no_key_of_k9s_writes(backend, screen, which):
    # Dialogs are deaf for a moment after they open; here they hear every key.
    app = console(backend, safety=Safety(grace_s=0.0))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "llama70b" in shown(app))
        route = await opened(pilot, app, screen)
        for key in PRESSED[which]:
            if await pressed(pilot, app, route, key, "escape"):
                # Whoever accepts what a dialog shows first accepts to cancel.
                await pressed(pilot, app, route, key, "enter")
            assert changed(backend) == [], key
        await keys(pilot, "ctrl+c")
    assert changed(backend) == []
