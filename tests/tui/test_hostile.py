"""Text that tries to be markup, a link, a style or very long, on every screen."""

from __future__ import annotations

import pytest

from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import hostile

TOUR = {
    "fleet": [],
    "map": ["enter"],
    "groups": ["enter", "2"],
    "pods": ["enter", "3"],
    "set-events": ["enter", "6"],
    "group": ["enter", "enter"],
    "pod": ["enter", "enter", "enter"],
    "placement": ["t"],
    "events": ["E"],
    "nodes": ["m"],
    "logs": ["l"],
    "describe": ["d"],
    "yaml": ["y"],
    "rollout": ["z"],
    "revisions": ["enter", "5"],
    "diff": ["D"],
    "activity": ["colon", *"activity", "enter"],
    "xray": ["colon", *"xray [@click=app.quit]", "enter"],
    "controller": ["colon", *"ctl", "enter"],
    "help": ["question_mark"],
    "scale": ["s"],
    "restart": ["r"],
    "recreate": ["enter", "r"],
    "image": ["i"],
    "leave": ["ctrl+c"],
}


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
@pytest.mark.parametrize("pressed", TOUR.values(), ids=TOUR.keys())
async def test_every_screen_shows_hostile_text_as_it_is(pressed, size):
    world, _ = hostile()
    backend = FakeBackend(first=world.snapshot(), yaml_text="a: '[/foo] 漢字🔥 [red]'\n")
    app = console(backend)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "[@click=app.quit]" in shown(app))
        await keys(pilot, *pressed)
        await pilot.pause()
        lines = shown(app).splitlines()
        assert len(lines) <= size[1]
        assert not any(
            character < " " or character in "\x7f\u202e"
            for character in shown(app)
            if character != "\n"
        )
        assert app.is_running


async def test_hostile_input_in_the_prompt_is_answered_as_it_is():
    app = console(FakeBackend(first=hostile()[0].snapshot()))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "[@click=app.quit]" in shown(app))
        app.run_command("logs [red]x[/foo]")
        await until(pilot, lambda: "no set “[red]x[/foo]”" in shown(app))
        app.run_command("[/foo]")
        await until(pilot, lambda: "no command “[/foo]”" in shown(app))
