"""Files beside the settings are followed; a broken one keeps what it said, and says so."""

from __future__ import annotations

from lwstui.config.settings import Config
from lwstui.tui.themefiles import theme_files
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy

MINE = 'primary: "{}"\nbackground: "#000000"\nvariables: {{header: "{}"}}\n'


def _console(tmp_path, **options):
    config = Config({"LWSTUI_CONFIG_DIR": str(tmp_path)})
    settings = config.of("").settings
    return console(
        FakeBackend(first=busy().snapshot()),
        config=config,
        settings=settings,
        theme=settings.theme,
        **options,
    )


async def test_aliases_hotkeys_and_plugins_change_while_the_console_runs(tmp_path):
    app = _console(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        (tmp_path / "aliases.yaml").write_text("aliases: {nn: nodes}\n")
        (tmp_path / "hotkeys.yaml").write_text("a: {shortCut: Shift-X, command: pods}\n")
        (tmp_path / "plugins.yaml").write_text(
            "ok: {shortCut: v, command: 'true', background: true}\n"
        )
        app.tick()
        app.run_command("nn")
        await until(pilot, lambda: app.front.route.screen == "nodes")
        await keys(pilot, "X")
        await until(pilot, lambda: app.front.route.screen == "pods")
        await keys(pilot, "v")
        await until(pilot, lambda: "ok ended with 0" in shown(app))


async def test_a_file_that_breaks_keeps_what_it_said_until_it_is_mended(tmp_path):
    (tmp_path / "hotkeys.yaml").write_text("a: {shortCut: Shift-X, command: pods}\n")
    app = _console(tmp_path)
    async with app.run_test(size=(160, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        (tmp_path / "hotkeys.yaml").write_text("a: {shortcut: Shift-X, command: nodes}\n")
        app.tick()
        said = "hotkeys.yaml: a: unknown field shortcut; did you mean shortCut?; what it said"
        await until(pilot, lambda: said in shown(app))
        await keys(pilot, "X")
        await until(pilot, lambda: app.front.route.screen == "pods")
        (tmp_path / "hotkeys.yaml").write_text("a: {shortCut: Shift-X, command: nodes}\n")
        app.tick()
        await until(pilot, lambda: "unknown field" not in shown(app))
        await keys(pilot, "X")
        await until(pilot, lambda: app.front.route.screen == "nodes")


async def test_a_key_that_the_keymap_frees_is_there_for_ones_own(tmp_path):
    (tmp_path / "hotkeys.yaml").write_text("a: {shortCut: m, command: pods}\n")
    app = _console(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "its key m has a meaning already" in shown(app))
        (tmp_path / "keymap.yaml").write_text("set.nodes: f5\ngroup.nodes: f5\npod.nodes: f5\n")
        app.tick()
        assert "m has a meaning already" in shown(app)  # node.metric has it, too
        (tmp_path / "keymap.yaml").write_text(
            "".join(f"{kind}.nodes: f5\n" for kind in ("set", "group", "pod")) + "node.metric: f5\n"
        )
        app.tick()
        await until(pilot, lambda: "has a meaning already" not in shown(app))
        await keys(pilot, "m")
        await until(pilot, lambda: app.front.route.screen == "pods")


async def test_a_theme_is_drawn_as_it_is_saved(tmp_path):
    folder = tmp_path / "themes"
    folder.mkdir()
    (folder / "mine.yaml").write_text(MINE.format("#336699", "#111111"))
    (tmp_path / "config.yaml").write_text("theme: mine\n")
    files = theme_files(folder)
    app = _console(tmp_path, themes=tuple(files.themes.values()), theme_files=files)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        assert app.theme_variables["header"] == "#111111"
        (folder / "mine.yaml").write_text(MINE.format("#336699", "#2222222"))
        app.tick()
        await until(pilot, lambda: "themes/mine.yaml: 'header' is not a colour" in shown(app))
        assert app.theme_variables["header"] == "#111111"
        (folder / "mine.yaml").write_text(MINE.format("#336699", "#222222"))
        app.tick()
        await until(pilot, lambda: app.theme_variables["header"] == "#222222")
        await until(pilot, lambda: "not a colour" not in shown(app))
        (folder / "late.yaml").write_text(MINE.format("#336699", "#333333"))
        app.tick()
        app.run_command("theme late")
        await until(pilot, lambda: app.theme_variables["header"] == "#333333")
        (folder / "late.yaml").unlink()
        app.tick()
        assert app.theme == "midnight"


async def test_a_theme_that_is_not_there_is_named_with_the_nearest_and_all_is_on_one_screen(
    tmp_path,
):
    (tmp_path / "config.yaml").write_text("theme: daylihgt\nui: {crumb: false, fps: 1, hedr: 1}\n")
    app = _console(tmp_path)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "and 2 more in these files: :config" in shown(app))
        app.run_command("config")
        await until(
            pilot, lambda: "config.yaml: no theme daylihgt; did you mean daylight?" in shown(app)
        )
        assert "unknown setting ui.hedr" in shown(app)
        assert app.theme == "midnight"
