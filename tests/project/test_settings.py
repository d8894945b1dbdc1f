"""Settings: flag > environment > file > default; a broken file never stops the start."""

from pathlib import Path

import pytest

from lwstui.config.paths import config_folder, state_folder
from lwstui.config.settings import Settings, load


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
