"""Settings: flag > environment > file > default; a broken file never stops the start."""

from pathlib import Path

import pytest

from lwstui.config.paths import config_folder, state_folder
from lwstui.config.settings import Config, ConfigError, Settings, load


def write(folder: Path, text: str) -> dict[str, str]:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return {"LWSTUI_CONFIG_DIR": str(folder)}


def test_defaults_without_a_file(tmp_path: Path) -> None:
    assert load({"LWSTUI_CONFIG_DIR": str(tmp_path)}) == (Settings(), ())


def test_flag_beats_environment_beats_file(tmp_path: Path) -> None:
    environ = write(tmp_path, "theme: daylight\nread_only: true\n")
    assert load(environ)[0].theme == "daylight"
    assert load(environ)[0].read_only is True
    environ["LWSTUI_THEME"] = "contrast"
    assert load(environ)[0].theme == "contrast"
    assert load(environ, theme="ansi")[0].theme == "ansi"


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("", False)])
def test_no_color_counts_only_when_it_is_not_empty(
    tmp_path: Path, value: str, expected: bool
) -> None:
    environ = {"LWSTUI_CONFIG_DIR": str(tmp_path), "NO_COLOR": value}
    assert load(environ)[0].no_color is expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("them: daylight\n", "did you mean theme?", id="near-miss"),
        pytest.param("ascii: sometimes\n", "ascii must be true or false", id="wrong-type"),
        pytest.param("theme: [1]\n", "theme must be text", id="list"),
        pytest.param("keymap: {quit: 3}\n", "keymap must map", id="keymap"),
        pytest.param("- a\n", "settings are a mapping", id="not-a-mapping"),
        pytest.param("theme: 'x\n", "cannot read", id="malformed"),
    ],
)
def test_problems_name_the_file_and_keep_the_rest(tmp_path: Path, text: str, sentence: str) -> None:
    settings, problems = load(write(tmp_path, text))
    assert settings == Settings()
    assert len(problems) == 1
    assert sentence in problems[0]
    assert str(tmp_path / "config.yaml") in problems[0]


def test_folders_follow_xdg() -> None:
    environ = {"HOME": "/home/me", "XDG_STATE_HOME": "/var/state"}
    assert config_folder(environ) == Path("/home/me/.config/lwstui")
    assert state_folder(environ) == Path("/var/state/lwstui")


def test_sections_and_the_flat_names_of_before_mean_the_same(tmp_path: Path) -> None:
    nested = write(
        tmp_path,
        "ui: {theme: daylight, crumbs: false}\n"
        "scope: {favourites: [llm-prod, llm-stage]}\n"
        "safety: {readonly: true, typed_from: 4, protected: ['prod-*']}\n",
    )
    found, problems = load(nested)
    assert problems == ()
    assert (found.theme, found.crumbs, found.read_only) == ("daylight", False, True)
    assert (found.favourites, found.typed_from) == (("llm-prod", "llm-stage"), 4)
    assert found.protected == ("prod-*",)
    flat = write(tmp_path, "theme: daylight\nread_only: true\n")
    assert load(flat)[0] == Settings(theme="daylight", read_only=True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ui: {thme: x}\n", "unknown setting ui.thme; did you mean ui.theme?"),
        ("safety: {mouse: true}\n", "unknown setting safety.mouse; did you mean ui.mouse?"),
        ("ui: {fps: 1000}\n", "ui.fps must be a number from 5 to 240, not 1000"),
        ("scope: {favourites: {a: b}}\n", "scope.favourites must be a list of texts"),
        ("accent: 'not a colour'\n", "accent must be a colour"),
        ("data: {pages: 100}\n", "unknown setting data.pages; did you mean data.page?"),
        ("data: {page: 1}\n", "data.page must be a number from 10 to 10000, not 1"),
        ("data: {metrics_interval: 1s}\n", "must be from 5 to 600 seconds long, not '1s'"),
        ("data: {metrics_interval: 15}\n", "must be a duration such as 90s, 15m or 1h, not 15"),
        ("nodes: {metric: utilization}\n", "(did you mean utilisation?)"),
        ("nodes: {topology_keys: 3}\n", "nodes.topology_keys must be a list of texts"),
        ("logs: {patterns: ['a(b']}\n", "logs.patterns must be regular expressions (a(b: "),
        ("logs: {since: soon}\n", "logs.since must be a duration"),
        ("logs: {fold: maybe}\n", "logs.fold must be true or false"),
        ("controller: {mode: on}\n", "controller.mode must be one of off, embedded"),
        ("controller: {revision_limit: -1}\n", "must be a number from 0 to 1000, not -1"),
        ("safety: {grace: 0}\n", "safety.grace must be a number from 250 to 5000, not 0"),
        ("scope: {selector: 'a in (b)'}\n", "scope.selector must be labels without blanks"),
        ("ui: {bell: always}\n", "ui.bell must be one of off, failed"),
    ],
)
def test_the_nearest_valid_key_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    _, problems = load(write(tmp_path, text))
    assert len(problems) == 1
    assert sentence in problems[0]


def of_context(folder: Path, name: str, text: str) -> None:
    (folder / "contexts").mkdir(exist_ok=True)
    (folder / "contexts" / name).write_text(text, encoding="utf-8")


def test_a_context_has_a_file_of_its_own(tmp_path: Path) -> None:
    environ = write(tmp_path, "ui: {theme: daylight}\nsafety: {readonly: false}\n")
    of_context(tmp_path, "prod-eu.yaml", "readOnly: true\naccent: red\nnamespaces: [llm]\n")
    config = Config(environ)
    prod, other = config.of("prod-eu"), config.of("lab")
    assert prod.settings.read_only
    assert (prod.settings.accent, prod.settings.namespaces) == ("red", ("llm",))
    assert not other.settings.read_only
    assert prod.settings.theme == other.settings.theme == "daylight"
    assert prod.sources["safety.readonly"] == "contexts/prod-eu.yaml"
    assert prod.sources["ui.theme"] == "config.yaml"
    assert prod.sources["ui.mouse"] == "default"


def test_the_name_of_a_context_is_made_safe(tmp_path: Path) -> None:
    config = Config({"LWSTUI_CONFIG_DIR": str(tmp_path)})
    path = config.context_path("arn:aws:eks:eu/../../etc")
    assert path.parent == tmp_path / "contexts"


def test_flag_beats_environment_beats_context_beats_file(tmp_path: Path) -> None:
    environ = write(tmp_path, "theme: a\nread_only: true\n")
    of_context(tmp_path, "c.yaml", "ui: {theme: b}\n")
    assert Config(environ).of("c").settings.theme == "b"
    environ["LWSTUI_THEME"] = "env"
    assert Config(environ).of("c").settings.theme == "env"
    config = Config(environ, {"theme": "flag", "read_only": False})
    found = config.of("c")
    assert (found.settings.theme, found.sources["ui.theme"]) == ("flag", "--theme")
    assert not found.settings.read_only
    config.option("ui.theme", "session")
    assert config.of("c").settings.theme == "session"
    with pytest.raises(ConfigError, match=r"did you mean ui\.theme"):
        config.option("ui.them", "x")
    with pytest.raises(ConfigError, match="must be true or false"):
        config.option("mouse", "perhaps")


def test_files_are_followed_and_a_broken_one_keeps_what_it_said(tmp_path: Path) -> None:
    environ = write(tmp_path, "theme: daylight\n")
    config = Config(environ)
    assert not config.look()
    write(tmp_path, "theme: contrast\n")
    assert config.look()
    assert config.of("").settings.theme == "contrast"
    for broken in ("theme: 'x\n# never ends", "theme: [1, 2]\n", "them: daylight\nmouse: false\n"):
        write(tmp_path, broken)
        assert config.look()
        found = config.of("")
        assert found.settings == Settings(theme="contrast")
        assert len(found.problems) == 1
    write(tmp_path, "theme: mono\n")
    assert config.look()
    assert config.of("").problems == ()
    assert config.of("").settings.theme == "mono"
    (tmp_path / "config.yaml").unlink()
    assert config.look()
    assert config.of("").settings == Settings()
