"""What is looked for in a log: terms to find, terms to leave out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_REGEX_MARKS: Final = re.compile(r"[|(\[^$]|\.\*")
_TERM: Final = re.compile(r'!?~?(?:"[^"]*"?|\S+)')

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for in a log.

    Attributes:
        text: As typed.
        includes: What a line must contain, all of it.
        excludes: What hides a line, any of it.
        problem: Why a term is no valid expression; it is then looked for literally.
    """

    text: str = ""
    includes: tuple[Pattern, ...] = ()
    excludes: tuple[Pattern, ...] = ()
    problem: str = ""

    def hides(self, text: str) -> bool:
        """Tell whether a line is left out."""
        return any(pattern.search(text) for pattern in self.excludes)

    def finds(self, text: str) -> bool:
        """Tell whether a line contains all that is looked for, if anything is."""
        return bool(self.includes) and all(pattern.search(text) for pattern in self.includes)

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return (start, end) of all matches in a text, for highlighting."""
        found = {m.span() for pattern in self.includes for m in pattern.finditer(text)}
        return tuple(sorted(span for span in found if span[1] > span[0]))


def search(text: str) -> Search:
    """Return the search a text means.

    Blanks separate terms, double quotes keep them together. A term is looked for literally, or
    as a regular expression after ``~`` and when it contains characters of one; ``!`` before it
    hides the lines that contain it. Case is ignored unless the term has capitals.
    """
    includes: list[Pattern] = []
    excludes: list[Pattern] = []
    problems: list[str] = []
    for term in _terms(text):
        pattern, problem = _compiled(term.removeprefix("!"))
        if pattern is not None:
            (excludes if term.startswith("!") else includes).append(pattern)
        if problem:
            problems.append(problem)
    return Search(text, tuple(includes), tuple(excludes), "; ".join(problems))


def _terms(text: str) -> Iterator[str]:
    for match in _TERM.finditer(text):
        yield match[0]


def _compiled(term: str) -> tuple[Pattern | None, str]:
    """Return the pattern of a term, None for nothing, and what is wrong with it."""
    forced = term.startswith("~")
    wanted = term.removeprefix("~")
    quoted = wanted.startswith('"')
    wanted = wanted.strip('"') if quoted else wanted
    if not wanted:
        return None, ""
    flags = re.NOFLAG if any(c.isupper() for c in wanted) else re.IGNORECASE
    literal = re.compile(re.escape(wanted), flags)
    if not forced and (quoted or not _REGEX_MARKS.search(wanted)):
        return literal, ""
    try:
        return re.compile(wanted, flags), ""
    except (re.error, RecursionError, OverflowError) as error:
        return literal, f"“{wanted}” is no regular expression: {error}"
