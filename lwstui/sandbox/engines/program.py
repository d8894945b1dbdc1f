"""Small programs that are played as they are written: ``echo``, ``sleep``, ``true``, ``false``.

What a container is told to run is read statically, so that its end is known when it starts. A
command with anything else in it is no such program; the sandbox then plays a process that stays.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lwstui.sandbox.engines.detect import environment, expand

_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_SHELL_IMAGES = frozenset({"alpine", "bash", "busybox", "centos", "debian", "fedora", "ubuntu"})
_MOMENT_S = 0.05
_FOREVER = ("infinity", "inf")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SEPARATORS = frozenset({";", "&&", "||", "\n"})


@dataclass(slots=True)
class Program:
    """What a program does: how long it runs, what it prints when, and its exit code."""

    run_s: float = _MOMENT_S
    exit_code: int = 0
    lines: list[tuple[float, str]] = field(default_factory=list)


class _Unknown(Exception):
    """Something that is not played as it is written."""


class _Exit(Exception):
    """The script ends."""


def program(container: Mapping[str, Any]) -> Program | None:
    """Return what a container runs if it is a small program, None otherwise."""
    env = environment(container)
    argv = [*(container.get("command") or ()), *(container.get("args") or ())]
    made = Program()
    if is_shell(container):
        made.run_s = float("inf")  # it says nothing until somebody types
        return made
    if not argv:
        return None
    try:
        if _base(argv[0]) in _SHELLS:
            _play_script(made, argv[1:], env)
        else:
            _play(made, [expand(word, env) for word in argv])
    except _Unknown:
        return None
    except _Exit:
        pass
    return made


def is_shell(container: Mapping[str, Any]) -> bool:
    """Tell whether a container is a shell that reads what is typed into it."""
    argv = [*(container.get("command") or ()), *(container.get("args") or ())]
    if not container.get("stdin"):
        return False
    if argv:
        return len(argv) == 1 and _base(argv[0]) in _SHELLS
    named = str(container.get("image", "")).rpartition("/")[2]
    return re.split("[:@]", named)[0] in _SHELL_IMAGES


def _base(word: str) -> str:
    return word.rpartition("/")[2] if word.startswith(("/bin/", "/usr/bin/")) else word


def _play_script(made: Program, args: Sequence[str], env: Mapping[str, str]) -> None:
    if len(args) < 2 or not args[0].startswith("-") or not args[0].endswith("c"):
        raise _Unknown
    joined = ";"
    for words, following in _commands(expand(args[1], env)):
        skipped = (joined == "&&" and made.exit_code) or (joined == "||" and not made.exit_code)
        if words and not skipped:
            _play(made, words)
            if made.exit_code and "e" in args[0] and following != "||":
                return
        joined = following


def _commands(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield the commands of a script, each with the separator after it."""
    if any(mark in text for mark in ("$", "`", "\\")):
        raise _Unknown
    lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=True)
    words: list[str] = []
    try:
        for word in lexer:
            if word in _SEPARATORS:
                yield words, word
                words = []
            elif set(word) <= set("();<>|&"):
                raise _Unknown
            else:
                words.append(word)
    except ValueError:
        raise _Unknown from None
    yield words, ";"


def _play(made: Program, words: Sequence[str]) -> None:
    """Run one command: its time, output and exit code are added to the program's."""
    name, args = _base(words[0]), words[1:]
    match name:
        case "echo":
            shown = args[1:] if args[:1] == ["-n"] else args
            made.lines.append((made.run_s, " ".join(shown)))
            made.exit_code = 0
        case "true" | ":":
            made.exit_code = 0
        case "false":
            made.exit_code = 1
        case "sleep" if args:
            made.run_s += sum(map(_seconds, args))
            made.exit_code = 0
        case "exit":
            made.exit_code = _code(args, made.exit_code)
            raise _Exit
        case _:
            raise _Unknown


def _seconds(text: str) -> float:
    if text in _FOREVER:
        return float("inf")
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        return float(number) * _UNITS[unit]
    except ValueError:
        raise _Unknown from None


def _code(args: Sequence[str], last: int) -> int:
    if not args:
        return last
    if not args[0].isdecimal():
        raise _Unknown
    return int(args[0]) % 256
