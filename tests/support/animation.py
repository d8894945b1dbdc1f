"""One animated picture of several screens: each is shown for a while, with a line about it.

The picture needs no script: style sheets show one screen after the other, and where nothing moves
(a page printed, a reader who wants no motion) the first one stays. Screens share their styles, and
neighbouring cells of one background are one rectangle, which keeps the file small.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.support.pictures import picture

_RULE: Final = re.compile(r"^\.t-(r\d+) \{ (.*?) \}$", re.MULTILINE)
_CLASS: Final = re.compile(r'class="t-(r\d+)"')
_BODY: Final = re.compile(r'<g transform="translate\(9, 41\)"[^>]*>(.*)</g>\s*</svg>', re.DOTALL)
_TITLE: Final = re.compile(r'<text class="t-title".*?</text>', re.DOTALL)
_RECT: Final = re.compile(
    r'<rect fill="(?P<fill>[^"]+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" '
    r'width="(?P<width>[\d.]+)" height="(?P<height>[\d.]+)"/>'
)
_TEXT: Final = re.compile(
    r'<text class="(?P<style>[^"]+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" '
    r'textLength="(?P<length>[\d.]+)"[^>]*>(?P<text>[^<]*)</text>'
)
_SPACE: Final = "&#160;"
_CELL: Final = 12.2
"""Width of a cell of the terminal in the picture."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A screen and what there is to say about it.

    Attributes:
        key: What was pressed to get there, empty for nothing.
        caption: What it answers.
        svg: The screen, as Textual exports it.
    """

    key: str
    caption: str
    svg: str


def animated(frames: Sequence[Frame], seconds: float) -> str:
    """Return one picture that shows each screen for some seconds, over and over."""
    styles: dict[str, str] = {}
    bodies = [_frame(frame, styles, number) for number, frame in enumerate(frames)]
    first = picture(frames[0].svg)
    head = _RULE.sub("", first[: _body(first).start()])
    rules = [f".{name} {{ {rule} }}" for rule, name in styles.items()]
    head = head.replace("</style>", "\n".join((*rules, _motion(len(frames), seconds), "</style>")))
    head = _TITLE.sub("", head)
    lines = (line for line in head.split("\n") if line.strip())
    return "\n".join((*lines, *bodies, "</svg>")) + "\n"


def _body(text: str) -> re.Match[str]:
    found = _BODY.search(text)
    if found is None:
        raise ValueError("this is no picture of a screen")
    return found


def _motion(frames: int, seconds: float) -> str:
    """Return the style sheet that shows one frame after the other."""
    share = 100 / frames
    delays = (f".f{one} {{ animation-delay: {one * seconds:g}s }}" for one in range(frames))
    return "\n".join(
        (
            f".f {{ visibility: hidden; animation: f {frames * seconds:g}s step-end infinite }}",
            ".f0 { visibility: visible }",
            *delays,
            "@keyframes f {",
            f"0% {{ visibility: visible }} {share:.4f}% {{ visibility: hidden }}",
            "}",
            "@media (prefers-reduced-motion: reduce) { .f { animation: none } }",
            ".caption { font: 18px arial; fill: #c5c8c6 }",
            ".key { font-weight: bold; fill: #e6b673 }",
        )
    )


def _frame(frame: Frame, styles: dict[str, str], number: int) -> str:
    text = picture(frame.svg)
    named = {name: styles.setdefault(rule, f"s{len(styles)}") for name, rule in _RULE.findall(text)}
    body = _TEXT.sub(_tight, _merged(_body(text)[1]))
    body = _CLASS.sub(lambda found: f'class="{named[found[1]]}"', body)
    key = f'<tspan class="key">{html.escape(frame.key)}</tspan>{2 * _SPACE}' if frame.key else ""
    caption = f'<text class="caption" x="100" y="28">{key}{html.escape(frame.caption)}</text>'
    screen = f'<g transform="translate(9, 41)" clip-path="url(#t-clip-terminal)">{body}</g>'
    return f'<g class="f f{number}">{caption}{screen}</g>'


def _tight(found: re.Match[str]) -> str:
    """Return a text without the blanks around it, which not every viewer keeps."""
    text = found["text"].replace("\n", "")
    left = text.removeprefix(_SPACE)
    cells = 0
    while left != text:
        cells, text = cells + 1, left
        left = text.removeprefix(_SPACE)
    x, length = float(found["x"]) + cells * _CELL, float(found["length"]) - cells * _CELL
    while text.endswith(_SPACE):
        text, length = text.removesuffix(_SPACE), length - _CELL
    if not text:
        return ""
    return (
        f'<text class="{found["style"]}" x="{x:.5g}" y="{found["y"]}" '
        f'textLength="{length:.5g}">{text}</text>'
    )


def _merged(body: str) -> str:
    """Return a screen in which neighbouring rectangles of one colour are one."""
    kept: list[dict[str, str]] = []
    for found in _RECT.finditer(body):
        one = found.groupdict()
        last = kept[-1] if kept else None
        if last is not None and (last["fill"], last["y"]) == (one["fill"], one["y"]):
            ends = float(last["x"]) + float(last["width"])
            if abs(ends - float(one["x"])) < 0.2:
                width = float(one["x"]) + float(one["width"]) - float(last["x"])
                last["width"] = f"{width:.1f}"
                continue
        kept.append(one)
    rects = "".join(
        '<rect fill="{fill}" x="{x}" y="{y}" width="{width}" height="{height}"/>'.format(**one)
        for one in kept
    )
    return rects + _RECT.sub("", body)
