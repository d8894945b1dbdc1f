"""Aliases, own keys and plugins on the screen."""

from __future__ import annotations

import sys

from lwstui.config.settings import Config
from lwstui.tui.screens.modals.dialog import Dialog
from tests.tui.support import FakeBackend, console, keys, opened, shown, until
from tests.tui.worlds import busy

PLUGINS = """\
plugins:
  note:
    shortCut: x
    scopes: [sets]
    background: true
    command: {python}
    args: [-c, "import sys; open(sys.argv[1], 'w').write('|'.join(sys.argv[2:]))", {out}, $SET, $NS]
  node:
    shortCut: v
    scopes: [nodes]
    command: "true"
  risky:
    shortCut: b
    command: "false"
    dangerous: true
    background: true
"""


def _console(tmp_path, **options):
    (tmp_path / "aliases.yaml").write_text("aliases: {nn: nodes}\n")
    (tmp_path / "hotkeys.yaml").write_text("hotKeys: {a: {shortCut: Shift-X, command: pods}}\n")
    plugins = PLUGINS.format(python=sys.executable, out=tmp_path / "out").replace(
        "$NS", "$NAMESPACE"
    )
    (tmp_path / "plugins.yaml").write_text(plugins)
    config = Config({"LWSTUI_CONFIG_DIR": str(tmp_path)}, options)
    backend = FakeBackend(first=busy().snapshot())
    return console(backend, config=config, settings=config.of("").settings)


async def test_aliases_and_own_keys_go_where_they_say(tmp_path):
    app = _console(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "X")
        await until(pilot, lambda: app.front.route.screen == "pods")
        app.run_command("nn")
        await until(pilot, lambda: app.front.route.screen == "nodes")
        await keys(pilot, "ctrl+a")
        await until(pilot, lambda: app.front.route.screen == "aliases")
        await until(pilot, lambda: "alias" in shown(app) and "hotkey" in shown(app))


async def test_a_plugin_gets_the_selection_as_arguments(tmp_path):
    app = _console(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "x")
        await until(pilot, lambda: "note ended with 0" in shown(app))
        assert (tmp_path / "out").read_text() == "llama405b|llm-prod"
        await keys(pilot, "v")
        await until(pilot, lambda: "node: select a node" in shown(app))


async def test_a_dangerous_plugin_asks_and_is_not_to_be_had_where_all_is_read_only(tmp_path):
    app = _console(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "b")
        await opened(pilot, app, "RUN")
        await keys(pilot, "y")
        await until(pilot, lambda: "risky ended with 1" in shown(app))
    app = _console(tmp_path, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "b")
        await until(pilot, lambda: "nothing was started" in shown(app))
        assert not isinstance(app.screen, Dialog)


async def test_a_mistake_is_said_at_the_start(tmp_path):
    app = _console(tmp_path)
    (tmp_path / "hotkeys.yaml").write_text("hotKeys: {a: {shortCut: r, command: pods}}\n")
    config = Config({"LWSTUI_CONFIG_DIR": str(tmp_path)})
    app = console(FakeBackend(first=busy().snapshot()), config=config)
    async with app.run_test(size=(200, 40)) as pilot:
        await until(pilot, lambda: "its key r has a meaning already" in shown(app))
