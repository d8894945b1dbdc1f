"""What a log line says of its weight, and how it is shown: levels, structured lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from lwstui.kube.clean import clean_line
from lwstui.view.types import Tone

HEAD_CHARACTERS: Final = 200
"""Levels are looked for in the head of a line."""

_ERRORS: Final = "ERROR|FATAL|CRITICAL|PANIC"
_TOKENS: Final = (
    "ERROR", "FATAL", "CRITICAL", "PANIC", "WARN", "INFO", "DEBUG", "TRACE", "Traceback",
    "panic:", "CUDA error", "NCCL", "Error:", "Exception:", "OutOfMemoryError", "error:",
)  # fmt: skip
_LEVEL: Final = re.compile(
    rf"\b(?:(?P<error>{_ERRORS})\b|(?P<warn>WARN(?:ING)?)\b|(?P<info>INFO)\b"
    r"|(?P<debug>DEBUG|TRACE)\b"
    r"|(?P<wordless>Traceback \(|panic: |CUDA error|NCCL WARN|OutOfMemoryError"
    r"|\w*(?:Error|Exception): |error: ))"
)
_KLOG: Final[dict[str, str]] = {"E": "error", "F": "error", "W": "warn", "I": "info"}
WORDS: Final[dict[str, str]] = {
    "error": "ERROR",
    "warn": "WARN",
    "info": "INFO",
    "debug": "DEBUG",
}
LEVEL_TONES: Final[dict[str, Tone]] = {"error": "bad", "warn": "warn", "debug": "dim"}

_SPELLINGS: Final[dict[str, str]] = {
    **dict.fromkeys(("error", "err", "fatal", "critical", "panic", "alert", "emerg"), "error"),
    **dict.fromkeys(("warn", "warning"), "warn"),
    **dict.fromkeys(("info", "notice", "information"), "info"),
    **dict.fromkeys(("debug", "trace", "verbose"), "debug"),
    "10": "debug",
    "20": "debug",
    "30": "info",
    "40": "warn",
    "50": "error",
    "60": "error",
}
_LEVEL_KEYS: Final = ("level", "lvl", "severity", "levelname", "log.level")
_MESSAGE_KEYS: Final = ("message", "msg", "event")
_TIME_KEYS: Final = frozenset(("ts", "time", "timestamp", "@timestamp", "asctime"))


class Shown(NamedTuple):
    """A line as it is read: its level, its text, and how far the text was moved to the right.

    ``moved`` is -1 if the text is another one altogether.
    """

    level: str
    text: str
    moved: int = 0


def any_of(expressions: Sequence[str]) -> re.Pattern[str] | None:
    """Return what finds any of some expressions, None if there are none."""
    return re.compile("|".join(f"(?:{one})" for one in expressions)) if expressions else None


def shown(text: str, errors: re.Pattern[str] | None = None) -> Shown:
    """Return how a line is read.

    A level that the line does not spell out, such as that of ``NCCL WARN`` or a traceback, is put
    before it as a word. A line of JSON becomes ``LEVEL message key=value``.

    Args:
        text: The line.
        errors: What makes a line an error beside what is known.
    """
    found = _shown(text)
    if errors is None or found.level == "error" or errors.search(text) is None:
        return found
    word = WORDS["error"]
    moved = -1 if found.moved < 0 else found.moved + len(word) + 1
    return Shown("error", f"{word} {found.text}", moved)


def _shown(text: str) -> Shown:
    if text[:1] == "{" and text[-1:] == "}":
        structured = _structured(text)
        if structured is not None:
            return structured
    level, spelled = _level(text)
    if not level or spelled:
        return Shown(level, text)
    word = WORDS[level]
    return Shown(level, f"{word} {text}", len(word) + 1)


def level_of(text: str) -> str:
    """Return ``error``, ``warn``, ``info``, ``debug`` or empty."""
    return shown(text).level


def _level(text: str) -> tuple[str, bool]:
    """Return the level and whether the line spells it out."""
    head = text[:HEAD_CHARACTERS]
    if head[1:5].isdigit() and head[:1] in _KLOG:
        return _KLOG[head[:1]], False
    for token in _TOKENS:
        if token in head:
            break
    else:
        return "", False
    found = _LEVEL.search(head)
    if found is None:
        return "", False
    kind = found.lastgroup or ""
    return ("error", False) if kind == "wordless" else (kind, True)


def _structured(text: str) -> Shown | None:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    left = {str(key): value for key, value in document.items() if key not in _TIME_KEYS}
    spelled = _plain(_take(left, _LEVEL_KEYS))
    message = _plain(_take(left, _MESSAGE_KEYS))
    if not message and not spelled:
        return None
    level = _SPELLINGS.get(spelled.lower(), "")
    word = WORDS.get(level, spelled.upper())
    pairs = (f"{key}={_quoted(value)}" for key, value in left.items())
    return Shown(level, clean_line(" ".join((*filter(None, (word, message)), *pairs))), -1)


def _take(document: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """Take the first of some keys out of a document."""
    return next((document.pop(key) for key in keys if key in document), "")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _quoted(value: Any) -> str:
    text = _plain(value)
    return f'"{text}"' if isinstance(value, str) and (" " in text or not text) else text
