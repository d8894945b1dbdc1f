"""The animated tour: one file that shows one screen after the other, without a script."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.animation import Frame, animated
from tests.support.pictures import RECORDED
from tests.support.tour import STEPS

TOUR = Path(__file__).parents[2] / "docs" / "guide" / "tour.svg"
SVG = "{http://www.w3.org/2000/svg}"
SCREENS = ("test_snapshots/test_fleet[120x40]", "test_why_pictures/test_why")


def recorded() -> list[str]:
    return [(RECORDED / f"{name}.svg").read_text(encoding="utf-8") for name in SCREENS]


def words(svg: str) -> str:
    """Return the letters of a picture in order, blanks left out."""
    texts = re.findall(r"<text(?! class=\"(?:caption|[^\"]*-title))[^>]*>([^<]*)", svg)
    return re.sub(r"\s|&#160;", "", "".join(texts))


def test_screens_share_a_file_and_lose_no_letter() -> None:
    svgs = recorded()
    made = animated([Frame("", "first", svgs[0]), Frame("w", "a < b", svgs[1])], 4)
    groups = [group.get("class") or "" for group in ElementTree.fromstring(made).iter(f"{SVG}g")]
    assert [name for name in groups if name.startswith("f ")] == ["f f0", "f f1"]
    assert words(made) == "".join(map(words, svgs))
    assert "a &lt; b" in made
    assert len(made) < 0.8 * sum(map(len, svgs))


def test_colours_stay_those_of_each_screen() -> None:
    svgs = recorded()
    made = animated([Frame("", "", svg) for svg in svgs], 4)
    rules = dict(re.findall(r"^\.(s\d+) \{ (.*) \}$", made, re.MULTILINE))
    assert len(rules) == len(set(rules.values()))
    for svg, body in zip(svgs, made.split('<g class="f ')[1:], strict=True):
        known = dict(re.findall(r"\.terminal-(?:\d+-)?(r\d+) \{ (.*?) \}", svg))
        before = re.findall(r'<text class="terminal-(?:\d+-)?(r\d+)"[^>]*>([^<]*)', svg)
        after = re.findall(r'<text class="(s\d+)"[^>]*>([^<]*)', body)
        seen = [(known[name], text.replace("&#160;", "").strip()) for name, text in before]
        shown = [(rules[name], text.replace("&#160;", "").strip()) for name, text in after]
        assert shown == [pair for pair in seen if pair[1]]


@pytest.mark.parametrize("seconds", [2, 5.5])
def test_each_screen_has_its_turn_and_the_first_one_stays_where_nothing_moves(
    seconds: float,
) -> None:
    svg = recorded()[0]
    made = animated([Frame("", "", svg)] * 3, seconds)
    assert f"animation: f {3 * seconds:g}s step-end infinite" in made
    assert f".f2 {{ animation-delay: {2 * seconds:g}s }}" in made
    assert "33.3333% { visibility: hidden }" in made
    assert ".f0 { visibility: visible }" in made
    assert "prefers-reduced-motion: reduce" in made


def test_the_tour_of_the_readme_is_what_the_program_makes() -> None:
    text = TOUR.read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    captions = re.findall(
        r'<text class="caption"[^>]*>(?:<tspan.*?</tspan>[^A-Z]*)?(.*?)</text>', text
    )
    assert captions == [step.caption for step in STEPS]
    assert len(text) < 150_000
    assert "script" not in text
    assert "http" not in re.sub(r'xmlns="[^"]*"|<!--.*?-->', "", text)
