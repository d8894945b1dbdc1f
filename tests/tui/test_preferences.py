"""Settings at work: per context, followed as files change, for a session, on a screen."""

from __future__ import annotations

from dataclasses import replace

from lwstui.config.settings import Config
from lwstui.runtime.destination import Destination
from lwstui.state.model import ContextFacts, ControllerView, Snapshot
from lwstui.state.rights import Rights, Rule
from lwstui.tui.widgets.keyline import Crumbs
from lwstui.tui.widgets.statusline import StatusLine
from tests.tui.support import FakeBackend, console, keys, shown, until
from tests.tui.worlds import busy


def _world(**facts: object) -> Snapshot:
    world = busy()
    world.controller = ControllerView(mode="native")
    found = world.snapshot()
    contexts = (ContextFacts("prod-eu"), ContextFacts("lab"))
    return replace(found, cluster=replace(found.cluster, contexts=contexts, **facts))


def _console(tmp_path, text="", prod="", flags=None):
    (tmp_path / "contexts").mkdir()
    (tmp_path / "config.yaml").write_text(text)
    (tmp_path / "contexts" / "prod-eu.yaml").write_text(prod)
    config = Config({"LWSTUI_CONFIG_DIR": str(tmp_path)}, flags)
    backend = FakeBackend(first=_world())
    return console(backend, config=config, settings=config.of("").settings), backend


async def test_a_context_is_read_only_and_has_its_colour(tmp_path):
    app, backend = _console(tmp_path, prod="readOnly: true\naccent: '#ff0000'\n")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "[prod-eu] │" in shown(app) and "│ RO │" in shown(app))
        line = app.screen.query_one(StatusLine).render_line(0)
        colours = {s.style.color.name for s in line if s.text == "[prod-eu]"}
        assert colours == {"#ff0000"}
        await keys(pilot, "r")
        await until(pilot, lambda: "read-only" in shown(app))
        assert backend.dry_runs == []
        app.run_command("ctx lab")
        await until(pilot, lambda: backend.attached == [Destination("lab")])
        assert not app.read_only


async def test_going_to_a_context_takes_its_namespaces_and_its_lock(tmp_path):
    app, backend = _console(tmp_path, prod="readOnly: true\nnamespaces: [llm]\n")
    backend.first = replace(_world(context="lab"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("ctx prod-eu")
        await until(pilot, lambda: backend.attached)
        assert backend.attached == [Destination("prod-eu", ("llm",), read_only=True)]


async def test_the_flag_for_writing_beats_the_context(tmp_path):
    app, _ = _console(tmp_path, prod="readOnly: true\n", flags={"read_only": False})
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "│ RW │" in shown(app))


async def test_files_are_followed_and_a_mistake_is_shown_until_it_is_mended(tmp_path):
    app, _ = _console(tmp_path, "ui: {theme: midnight}\n")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        (tmp_path / "config.yaml").write_text("ui: {theme: daylight, crumbs: false}\n")
        app.tick()
        await until(pilot, lambda: app.theme == "daylight")
        await until(pilot, lambda: not app.screen.query_one(Crumbs).display)
        (tmp_path / "config.yaml").write_text("ui: {theme: daylight, crumb: false}\n")
        app.tick()
        await until(pilot, lambda: "did you mean ui.crumbs?" in shown(app))
        assert not app.screen.query_one(Crumbs).display
        await keys(pilot, "m")
        await until(pilot, lambda: "did you mean ui.crumbs?" in shown(app))
        (tmp_path / "config.yaml").write_text("ui: {theme: daylight}\n")
        app.tick()
        await until(pilot, lambda: "did you mean" not in shown(app))
        assert app.screen.query_one(Crumbs).display


async def test_every_setting_is_on_a_screen_with_where_it_comes_from(tmp_path):
    app, _ = _console(tmp_path, "ui: {theme: daylight}\n", "accent: red\n")
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        app.run_command("config")
        await until(pilot, lambda: app.front.route.screen == "config")
        await until(pilot, lambda: "contexts/prod-eu.yaml" in shown(app))
        rows = {row.key: [cell.text for cell in row.cells] for row in app.front.main.rows}
        assert rows["ui.theme"][1:3] == ["daylight", "config.yaml"]
        assert rows["safety.readonly"][1:3] == ["false", "default"]
        app.run_command("opt ui.header off")
        await until(pilot, lambda: not app.screen.query_one(StatusLine).display)
        assert app.front.table(app.snapshot, app.front.state.query, 0.0)
        app.run_command("opt header on")
        await until(pilot, lambda: "did you mean ui.header?" in shown(app))
        app.run_command("opt ui.fps 30")
        await until(pilot, lambda: "counts at the start only" in shown(app))


async def test_what_may_be_done_is_on_a_screen_and_a_key_says_what_is_missing(tmp_path):
    rights = Rights({"llm-prod": (Rule(("get", "list", "patch"), ("*",), ("*",)),)})
    app, backend = _console(tmp_path)
    backend.first = _world(rights=rights)
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "llama405b" in shown(app))
        await keys(pilot, "ctrl+d")
        await until(pilot, lambda: "not allowed: delete leaderworkersets in llm-prod" in shown(app))
        app.run_command("can")
        await until(pilot, lambda: app.front.route.screen == "can")
        await until(pilot, lambda: "recreate groups, delete pods" in shown(app))
        found = {(r.cells[2].text, r.cells[3].text): r.cells[0].text for r in app.front.main.rows}
        assert found["delete", "pods"] == "no"
        assert found["get", "pods/log"] == "yes"
