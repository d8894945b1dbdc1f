"""The part of the shell's grammar that is known: lists, pipes, quotes, variables, redirects."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_OPERATORS = ("&&", "||", ";", "|", "\n")
_JOINTS = ("&&", "||", ";", "\n")
_TOKEN = re.compile(
    r"""(?P<space>[ \t]+|\\\n)
    |(?P<comment>(?<![^\s;|&])\#[^\n]*)
    |(?P<redirect>(?:[12]|&)?>{1,2}(?:&[12])?|<)
    |(?P<operator>&&|\|\||;|\||\n)
    |(?P<single>'[^']*')
    |(?P<double>"(?:[^"\\]|\\.)*")
    |(?P<escape>\\.)
    |(?P<plain>[^\s'"\\;|&<>]+)""",
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>[A-Za-z_]\w*|\?)(?::?-(?P<default>[^}]*))?\}|"
                       r"(?P<bare>[A-Za-z_]\w*|\?))")  # fmt: skip
_UNSUPPORTED = {
    "$(": "command substitution",
    "`": "command substitution",
}
_KEYWORDS = ("for", "while", "until", "if", "case", "function", "{", "(", "!")


class ShellSyntaxError(Exception):
    """The text is no command that the simulated shell understands."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a word: quoted text stays one word, literal text is not expanded."""

    text: str
    quoted: bool = False
    literal: bool = False


Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where an output goes: ``what`` is 1, 2 or & (both), ``to`` a path or a number after &."""

    what: str
    to: str


@dataclass(frozen=True, slots=True)
class Simple:
    """One command with its words and redirects."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by pipes, and how the pipeline follows the one before it."""

    joint: str
    commands: tuple[Simple, ...]


def parse(text: str) -> list[Pipeline]:
    """Return the pipelines of a script.

    Raises:
        ShellSyntaxError: Something in it is malformed or not understood.
    """
    pipelines: list[Pipeline] = []
    joint = ";"
    commands: list[Simple] = []
    words = _Builder()
    for kind, token in _tokens(text):
        if kind != "operator":
            words.add(kind, token)
            continue
        simple = words.finish()
        if simple is None:
            if token in (";", "\n") and not commands and joint in (";", "\n"):
                continue
            shown = "newline" if token == "\n" else token
            raise ShellSyntaxError(f'syntax error near unexpected token "{shown}"')
        commands.append(simple)
        if token in _JOINTS:
            pipelines.append(Pipeline(joint, tuple(commands)))
            joint, commands = token, []
    simple = words.finish()
    if simple is not None:
        pipelines.append(Pipeline(joint, (*commands, simple)))
    elif commands or joint in ("&&", "||"):
        raise ShellSyntaxError("syntax error: unexpected end of file")
    return pipelines


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    offset = 0
    while offset < len(text):
        hit = _TOKEN.match(text, offset)
        if hit is None:
            _complain(text[offset:])
        else:
            yield str(hit.lastgroup), hit[0]
            offset = hit.end()
    yield "space", ""


def _complain(rest: str) -> None:
    if rest[0] in "'\"":
        raise ShellSyntaxError("syntax error: unterminated quoted string")
    what = "running in the background" if rest[0] == "&" else f'"{rest[0]}"'
    raise ShellSyntaxError(f"the simulated shell does not know {what}")


class _Builder:
    """Gathers the words of one command."""

    def __init__(self) -> None:
        self._words: list[Word] = []
        self._parts: list[Part] = []
        self._redirects: list[Redirect] = []
        self._redirect = ""

    def add(self, kind: str, token: str) -> None:
        """Take a token."""
        match kind:
            case "space" | "comment":
                self._end_word()
            case "redirect":
                self._end_word()
                self._begin_redirect(token)
            case "single":
                self._parts.append(Part(token[1:-1], quoted=True, literal=True))
            case "double":
                self._parts += _double(token[1:-1])
            case "escape":
                self._parts.append(Part(token[1:], quoted=True, literal=True))
            case _:
                self._parts.append(_checked(Part(token)))

    def _begin_redirect(self, token: str) -> None:
        if token == "<":
            raise ShellSyntaxError("the simulated shell does not read from files with <")
        what, _, to = token.partition(">")
        to = to.removeprefix(">")
        if to:
            self._redirects.append(Redirect(what or "1", to))
        else:
            self._redirect = what or "1"

    def _end_word(self) -> None:
        if not self._parts:
            return
        word, self._parts = tuple(self._parts), []
        if self._redirect:
            path = "".join(part.text for part in word)
            self._redirects.append(Redirect(self._redirect, path))
            self._redirect = ""
            return
        if not self._words and word[0].text in _KEYWORDS and not word[0].quoted:
            raise ShellSyntaxError(f'the simulated shell does not know "{word[0].text}"')
        self._words.append(word)

    def finish(self) -> Simple | None:
        """Return the command, None when there is none."""
        self._end_word()
        if self._redirect:
            raise ShellSyntaxError("syntax error: a redirect names no file")
        found = Simple(tuple(self._words), tuple(self._redirects)) if self._words else None
        self._words, self._redirects = [], []
        return found


def _double(text: str) -> Iterator[Part]:
    """Yield the parts of a double-quoted text: a backslash escapes only what is special there."""
    for piece in re.split(r"(\\[\\\"$`\n])", text):
        if re.fullmatch(r"\\[\\\"$`\n]", piece):
            yield Part("" if piece[1] == "\n" else piece[1], quoted=True, literal=True)
        else:
            yield _checked(Part(piece, quoted=True))


def _checked(part: Part) -> Part:
    for mark, what in _UNSUPPORTED.items():
        if mark in part.text:
            raise ShellSyntaxError(f"the simulated shell does not know {what}")
    return part


def expand(word: Word, variables: Mapping[str, str]) -> list[str]:
    """Return what a word becomes: variables replaced, unquoted ones split at white space."""
    fields, open_field = [""], False
    for part in word:
        text = part.text if part.literal else _replaced(part.text, variables)
        if part.quoted or text == part.text:
            fields[-1] += text
            open_field = True
            continue
        pieces = re.split(r"[ \t\n]+", text)
        for index, piece in enumerate(pieces):
            if index:
                fields.append("")
                open_field = False
            fields[-1] += piece
            open_field = open_field or bool(piece)
    return [*(field for field in fields[:-1] if field), *([fields[-1]] if open_field else [])]


def _replaced(text: str, variables: Mapping[str, str]) -> str:
    def value(hit: re.Match[str]) -> str:
        name = hit["braced"] or hit["bare"]
        return variables.get(name) or hit["default"] or ""

    return _VARIABLE.sub(value, text)
