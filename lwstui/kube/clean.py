"""Cleaning of foreign text: what a terminal would obey or a reader cannot see is removed.

Applied once, when text enters the process. Names, messages and log lines all pass here.
"""

from __future__ import annotations

import re
from typing import Final

from yaml import YAMLError

ESCAPE_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, clipboard, links
    r"|[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|[ -/]*[0-~])"  # two-character sequences
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI as one 8-bit control
)
_HARMFUL: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e0fff"  # tags and variation selectors
    "]"
)


def clean(text: str) -> str:
    """Return text without escape sequences, controls and invisible or reordering characters.

    Tabs and newlines stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HARMFUL.sub("", ESCAPE_SEQUENCE.sub("", text))


def clean_line(text: str) -> str:
    """Return text cleaned for one line: newlines and tabs become blanks."""
    if text.isascii() and text.isprintable():
        return text
    return clean(text.replace("\n", " ").replace("\t", " "))


def yaml_problem(error: YAMLError) -> str:
    """Return what is wrong with a YAML text, and in which line, to follow the text's name."""
    mark = getattr(error, "problem_mark", None)
    where = f" line {mark.line + 1}" if mark is not None else ""
    problem = getattr(error, "problem", None) or "it cannot be parsed"
    return f"{where} is not valid YAML: {clean_line(problem)}"
