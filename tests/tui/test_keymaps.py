"""The operator's keys: what is said about mistakes, and what footer and help show."""

from __future__ import annotations

import pytest

from lwstui.config.settings import Config
from lwstui.tui.actions import ACTIONS
from lwstui.tui.keymaps import read_keymap, together
from lwstui.tui.screens.registry import SCREENS, screen_type
from lwstui.tui.widgets.keyline import KeyLine
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"set.scal": "x"}, "no action set.scal; did you mean set.scale?"),
        ({"image": "x"}, "no action image; did you mean set.image?"),
        ({"set.scale": "Hyper-x"}, "set.scale: Hyper-x is no key: write x, Shift-X, Ctrl-X or F5"),
        ({"set.scale": "esape"}, "did you mean esc?"),
        (
            {"set.scale": "l"},
            "l of set.scale is also that of set.logs and 3 more; give one of them another key",
        ),
        ({"set.scale": "j"}, "j of set.scale is also that of list.cursor-down;"),
        ({"node.drain": "?"}, "? of node.drain is also that of app.help;"),
        ({"set.scale": "f2", "set.image": "F2"}, "f2 of set.scale is also that of set.image;"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_key(asked, said):
    (problem,) = read_keymap(asked, "keymap.yaml").problems
    assert problem.startswith("keymap.yaml: keymap: ")
    assert said in problem


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Shift-X", ("X",)),
        ("ctrl-f5, pgdn", ("ctrl+f5", "pagedown")),
        ("ctrl+space", ("ctrl+@",)),
        ("f5,f5", ("f5",)),
    ],
)
def test_keys_are_read_as_people_and_as_the_reference_write_them(text, found):
    assert read_keymap({"set.scale": text}, "").keys["set.scale"] == found


def test_what_trades_keys_does_not_clash():
    assert read_keymap({"node.idle": "x", "set.image": "X"}, "").problems == ()
    traded = {spec.id: "f9" for spec in ACTIONS if spec.action == "logs"}
    assert read_keymap(traded, "").problems == ()


def test_scopes_of_one_screen_are_known_to_work_together():
    for screen in map(screen_type, SCREENS):
        for one in screen.SCOPES:
            assert all(together(one, other) for other in screen.SCOPES)
    assert not together("node", "set")


def _console(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    config = Config({"LWSTUI_CONFIG_DIR": str(tmp_path)})
    return console(
        FakeBackend(first=busy().snapshot()), config=config, settings=config.of("").settings
    )


async def test_mistakes_are_said_at_the_start_a_line_each_and_stop_nothing(tmp_path):
    app = _console(tmp_path, keymap="set.scale: l\nset.nods: f5\nset.image: Hyper-x\n")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        lines = [line for line in shown(app).splitlines() if "keymap.yaml: keymap:" in line]
        assert len(lines) == 3
        assert "l of set.scale is also that of set.logs" in "".join(lines)
        assert "did you mean set.nodes?" in "".join(lines)
        (tmp_path / "keymap.yaml").write_text("keymap: {set.nodes: f5}\n")
        app.tick()
        await until(pilot, lambda: "keymap.yaml: keymap:" not in shown(app))
        await keys(pilot, "f5")
        await until(pilot, lambda: app.front.route.screen == "nodes")


async def test_footer_and_help_show_the_keys_that_work(tmp_path):
    app = _console(
        tmp_path, config="keymap: {set.scale: f6}\n", keymap="set.rollout: F4\nset.logs: r\n"
    )
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        footer = app.screen.query_one(KeyLine).render_line(0).text
        assert "f4 Rollout" in footer
        assert "r Logs" in footer
        assert "Restart" not in footer
        await keys(pilot, "question_mark")
        await until(pilot, lambda: app.front.route.screen == "help")
        await until(pilot, lambda: "f6" in shown(app) and "f4" in shown(app))
        await keys(pilot, "q")
        await until(pilot, lambda: app.front.route.screen == "fleet")
        await keys(pilot, "r")
        await until(pilot, lambda: app.front.route.screen == "logs")
