"""Theme files: complete, readable, and what happens to broken ones."""

import os
from itertools import combinations
from math import dist
from pathlib import Path

import pytest
from textual.color import Color

from lwstui.tui.themefiles import ThemeFiles, theme_files
from lwstui.tui.theming import (
    COLOUR_TOKENS,
    DEFAULT_THEME,
    MONOCHROME_THEME,
    SOURCES,
    STYLE_TOKENS,
    ThemedApp,
    load_themes,
    normalise_environment,
    parse_theme,
    read_theme,
    theme_folder,
)
from lwstui.tui.widgets.painting import TONES
from lwstui.tui.widgets.statusline import StatusLine
from tests.tui.widgets.samples import STATUS, Harness, run

SHIPPED = sorted(theme_folder().glob("*.yaml"))
PAINTED = [path for path in SHIPPED if not read_theme(path).ansi]

TEXT = (
    "foreground",
    *(f"tone-{tone}" for tone in TONES),
    "header",
    "key",
    *(f"source-{number}" for number in range(1, SOURCES + 1)),
)
GROUNDS = ("background", "surface", "dialog-background", "status-background")
CURSORS = ("cursor-background", "cursor-blurred-background")
PAIRS = ("status", "sandbox", "cursor", "cursor-blurred", "point", "match")


def colours(path: Path) -> dict[str, Color]:
    """Every colour of a theme, by field or token."""
    theme = read_theme(path)
    fields = {"foreground": theme.foreground, "background": theme.background}
    values = {**fields, "surface": theme.surface, **theme.variables}
    return {
        name: Color.parse(value)
        for name, value in values.items()
        if name in COLOUR_TOKENS or name in {"foreground", "background", "surface"}
    }


def contrast(one: Color, other: Color) -> float:
    """WCAG 2 contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    channels = [
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in color.normalized
    ]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def test_the_contrast_of_black_on_white():
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)


def test_there_are_themes_for_every_need():
    names = {theme.name for theme in load_themes()}
    assert names == {
        "midnight",
        "graphite",
        "daylight",
        "contrast",
        "contrast-light",
        "deuteranopia",
        "tritanopia",
        "ansi",
        "mono",
    }
    assert {DEFAULT_THEME, MONOCHROME_THEME} <= names


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_colour_token_is_set(path):
    assert set(COLOUR_TOKENS) <= set(read_theme(path).variables)


@pytest.mark.parametrize("path", PAINTED, ids=lambda path: path.stem)
def test_text_is_readable_everywhere_it_appears(path):
    theme, shown = read_theme(path), colours(path)
    grounds = list(GROUNDS)
    for cursor in CURSORS:
        style = theme.variables.get(cursor.replace("background", "style"), "")
        if "reverse" not in style:  # reversed lines have one colour only
            grounds.append(cursor)
    poor = {
        f"{text} on {ground}": round(contrast(shown[text], shown[ground]), 2)
        for text in TEXT
        for ground in grounds
        if contrast(shown[text], shown[ground]) < 4.5
    }
    assert poor == {}


@pytest.mark.parametrize("path", PAINTED, ids=lambda path: path.stem)
@pytest.mark.parametrize("pair", PAIRS)
def test_text_on_its_own_ground_is_readable(path, pair):
    shown = colours(path)
    assert contrast(shown[f"{pair}-foreground"], shown[f"{pair}-background"]) >= 4.5


@pytest.mark.parametrize("path", PAINTED, ids=lambda path: path.stem)
def test_states_and_sources_differ_in_colour(path):
    shown = colours(path)
    states = [shown[f"tone-{tone}"].hex for tone in ("ok", "busy", "info", "warn", "bad")]
    sources = [shown[f"source-{number}"].hex for number in range(1, SOURCES + 1)]
    assert len(set(states)) == 5
    assert len(set(sources)) == SOURCES


# What a colour looks like to people who lack one kind of cone, as linear RGB: the matrices of
# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009, severity 1.0.
SIGHT = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
APART = 12.0
"""CIE76 distance from which two states are told apart at a glance."""


def _seen(color: Color, sight: str) -> tuple[float, float, float]:
    """CIELAB coordinates of a colour as a person sees it."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in color.normalized
    ]
    red, green, blue = (
        min(1.0, max(0.0, sum(part * value for part, value in zip(row, linear, strict=True))))
        for row in SIGHT[sight]
    )
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize(
    ("name", "sight"),
    [
        ("deuteranopia", "deuteranopia"),
        ("deuteranopia", "protanopia"),
        ("tritanopia", "tritanopia"),
    ],
)
def test_states_stay_apart_for_the_colour_blind(name, sight):
    shown = colours(theme_folder() / f"{name}.yaml")
    states = ("ok", "busy", "warn", "bad")
    seen = {tone: _seen(shown[f"tone-{tone}"], sight) for tone in states}
    near = {
        (one, other): round(dist(seen[one], seen[other]), 1)
        for one, other in combinations(states, 2)
        if dist(seen[one], seen[other]) < APART
    }
    assert near == {}


@pytest.mark.parametrize("name", ["contrast", "contrast-light"])
def test_high_contrast_is_high(name):
    shown = colours(theme_folder() / f"{name}.yaml")
    for tone in TONES:
        assert contrast(shown[f"tone-{tone}"], shown["background"]) >= 7


def test_states_differ_without_colour():
    mono = read_theme(theme_folder() / "mono.yaml")
    styles = {**STYLE_TOKENS, **mono.variables}
    assert styles["tone-ok-style"] == "dim"
    assert styles["tone-warn-style"] == "bold"
    assert "reverse" in styles["mark-bad-style"]
    assert "reverse" in styles["cursor-style"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"primary": "bluish"}, "'primary' is not a colour: 'bluish'"),
        ({"primary": 123456}, "'primary' is not a colour: 123456 \\(quote it\\)"),
        ({"secondary": "#ffffff"}, "field 'primary' is missing"),
        ({"primary": "#ffffff", "sparkle": "#ffffff"}, "unknown field 'sparkle'"),
        ({"primary": "#fff", "variables": {"tone-ok": "greenish"}}, "'tone-ok' is not a colour"),
        ({"primary": "#fff", "variables": {"tone-ok-style": "loud"}}, "not a text style: 'loud'"),
        ({"primary": "#fff", "variables": ["x"]}, "'variables' is a mapping"),
    ],
)
def test_a_broken_theme_says_what_is_wrong(data, fault):
    with pytest.raises(ValueError, match=fault):
        parse_theme("mine", data)


def test_each_broken_file_has_a_sentence_and_costs_no_other_theme(tmp_path):
    (tmp_path / "one.yaml").write_text("primary: nocolour\n")
    (tmp_path / "two.yaml").write_text("[1, 2\n")
    (tmp_path / "three.yaml").write_text("- a\n")
    (tmp_path / "good.yaml").write_text('primary: "#336699"\n')
    files = theme_files(tmp_path)
    named = sorted(said.partition(": ")[0] for said in files.problems)
    assert named == [str(tmp_path / f"{name}.yaml") for name in ("one", "three", "two")]
    assert all("\n" not in said and said.endswith("; it is left out") for said in files.problems)
    assert set(files.themes) == {"good", *(path.stem for path in SHIPPED)}


def test_own_themes_join_and_replace(tmp_path):
    (tmp_path / "mine.yaml").write_text('primary: "#336699"\n')
    (tmp_path / "midnight.yaml").write_text('primary: "#000000"\n')
    themes = ThemeFiles((theme_folder(), tmp_path, tmp_path / "missing")).themes
    assert "mine" in themes
    assert themes["midnight"].primary == "#000000"


def test_only_files_that_changed_are_read_again_and_a_broken_one_stays_what_it_was(tmp_path):
    mine, other = tmp_path / "mine.yaml", tmp_path / "other.yaml"
    mine.write_text('primary: "#336699"\n')
    other.write_text('primary: "#111111"\n')
    files = ThemeFiles((tmp_path,))
    assert not files.look()
    assert files.reads == 2
    mine.write_text('primary: "#abcdef"\n')
    os.utime(mine, (1, 1))
    assert files.look()
    assert files.reads == 3
    assert files.themes["mine"].primary == "#abcdef"
    mine.write_text("primary: nocolour\n")
    assert files.look()
    assert files.themes["mine"].primary == "#abcdef"
    (said,) = files.problems
    assert said == f"{mine}: 'primary' is not a colour: 'nocolour'; what it said before stays"
    mine.unlink()
    assert files.look()
    assert (set(files.themes), files.problems) == ({"other"}, ())


@pytest.mark.parametrize(
    ("before", "after", "no_colour"),
    [
        ({}, {}, False),
        ({"NO_COLOR": ""}, {}, False),
        ({"NO_COLOR": "1"}, {"NO_COLOR": "1"}, True),
    ],
)
def test_only_a_non_empty_wish_for_no_colour_counts(before, after, no_colour):
    assert normalise_environment(before) is no_colour
    assert before == after


@pytest.mark.parametrize(
    "theme", [*(path.stem for path in SHIPPED), "textual-dark", "nord", "ansi-dark", "nowhere"]
)
async def test_every_theme_starts(theme):
    line = StatusLine()
    app = Harness(line, theme=theme)
    async with run(app) as pilot:
        line.show(STATUS)
        await pilot.pause()
        assert "prod-eu" in line.render_line(0).text
        assert app.theme == (theme if theme != "nowhere" else DEFAULT_THEME)


async def test_a_new_theme_repaints_in_its_colours():
    line = StatusLine()
    app = Harness(line)
    async with run(app) as pilot:
        line.show(STATUS)
        await pilot.pause()
        before = [segment.style for segment in line.render_line(0)]
        app.theme = "daylight"
        await pilot.pause()
        assert [segment.style for segment in line.render_line(0)] != before


def test_no_colour_starts_without_any(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert ThemedApp(theme="midnight").theme == MONOCHROME_THEME
