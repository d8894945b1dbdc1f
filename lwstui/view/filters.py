"""The filter grammar: what an operator types after ``/``.

filter  := term { blank term }            all terms must match
term    := [ "!" ] ( word | regex | column | label | fuzzy | compare )
word    := text without blanks            substring, ignoring case
regex   := "~" pattern                    also a word with | ( [ ^ $ or .* that compiles
column  := NAME ":" pattern               only that column
compare := NAME ( "<" | ">" | "=" | "<=" | ">=" ) value
                                          number, age (90s 5m 2h 3d) or percent
label   := "-l" key[=value][,...]         all of them; also !key and key!=value, as in kubectl
fuzzy   := "-f" text                      the characters in this order in one cell
"""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from controller.api import names
from lwstui.view.ages import parse_age
from lwstui.view.types import Column, Row

Test = Callable[[Row, float], bool]

_REGEX_MARKS: Final = re.compile(r"[|(\[^$]|\.\*")
_COMPARE: Final = re.compile(r"([a-z][\w-]*)(<=|>=|<|>|=)(.+)", re.IGNORECASE)
_UNFINISHED: Final = re.compile(r"([a-z][\w-]*)(?:[:=]|[<>]=?)", re.IGNORECASE)
_LABEL: Final = re.compile(r"(!?)([^!=]+)(?:(!?={1,2})(.*))?")
_COLUMN: Final = re.compile(r"([a-z][\w-]*):(.+)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_RATIO: Final = re.compile(r"(-?\d[\d,]*)/(\d[\d,]*)")
_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
    "<=": operator.le,
    ">=": operator.ge,
}
_ALIASES: Final = {
    "s": "state",
    "ns": "namespace",
    "rev": "revision",
    "upd": "updated",
    "grp": "group",
    "gpus": "gpu",
    "restart": "restarts",
}


_SHORT_LABELS: Final = {
    names.SET_NAME: "name",
    names.SET_NAME_X: "name",
    names.POD_ROLE: "role",
    names.REVISION: "revision",
}
"""Labels of pods that are held under a shorter name."""


class FilterError(ValueError):
    """A filter that cannot be understood; its text is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter.

    Attributes:
        text: As typed.
        tests: One per term.
    """

    text: str = ""
    tests: tuple[Test, ...] = ()

    def matches(self, row: Row, now: float = 0.0) -> bool:
        """Tell whether all terms match; ``now`` is needed where ages are compared."""
        return all(test(row, now) for test in self.tests)


def parse(text: str, columns: Sequence[Column] = ()) -> Filter:
    """Return the filter a text means for a table with these columns.

    Raises:
        FilterError: With a sentence that says what cannot be understood.
    """
    words = text.split()
    tests: list[Test] = []
    while words:
        word = words.pop(0)
        negate = word.startswith("!")
        term = word[1:] if negate else word
        if not term:
            raise FilterError("'!' needs something after it to leave out, such as !ready")
        if match := _UNFINISHED.fullmatch(term):
            _index(match[1], columns)  # a wrong name is said before there is a value
            continue
        if term in ("-l", "-f"):
            if not words:
                raise FilterError(_missing(term))
            test = _labels(words.pop(0)) if term == "-l" else _fuzzy(words.pop(0))
        else:
            test = _term(term, columns)
        tests.append(_negated(test) if negate else test)
    return Filter(text, tuple(tests))


def problem(text: str, columns: Sequence[Column]) -> str:
    """Return what cannot be understood in a filter, empty if it can be."""
    try:
        parse(text, columns)
    except FilterError as error:
        return str(error)
    return ""


def _missing(option: str) -> str:
    example = "-l team=search" if option == "-l" else "-f lm70"
    return f"'{option}' needs a value, such as {example}"


def _negated(test: Test) -> Test:
    return lambda row, now: not test(row, now)


def _term(term: str, columns: Sequence[Column]) -> Test:
    if term.startswith("~"):
        return _anywhere(_compiled(term[1:]))
    if match := _COLUMN.fullmatch(term):
        return _in_column(match[1], match[2], columns)
    if match := _COMPARE.fullmatch(term):
        return _compare(match[1], match[2], match[3], columns)
    pattern = _guessed(term)
    if pattern is not None:
        return _anywhere(pattern)
    needle = term.lower()
    return lambda row, _now: needle in row.haystack


def _compiled(pattern: str) -> re.Pattern[str]:
    if not pattern:
        raise FilterError("'~' needs a regular expression, such as ~^llama")
    try:
        return _regex(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise FilterError(f"'{pattern}' is not a regular expression: {error}") from None


def _regex(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what other versions of Python may take it for
        return re.compile(pattern, re.IGNORECASE)


def _guessed(word: str) -> re.Pattern[str] | None:
    """Return a word as a regular expression if it looks like one and compiles."""
    if not _REGEX_MARKS.search(word):
        return None
    try:
        return _regex(word)
    except (re.error, OverflowError, RecursionError):
        return None


def _anywhere(pattern: re.Pattern[str]) -> Test:
    # Cell by cell, so that ^ and $ mean the ends of what is seen in one cell.
    return lambda row, _now: any(pattern.search(cell.text) for cell in row.cells)


def _index(name: str, columns: Sequence[Column]) -> int:
    wanted = name.lower()
    wanted = _ALIASES.get(wanted, wanted)
    ids = [column.id for column in columns]
    if wanted in ids:
        return ids.index(wanted)
    titles = [column.title.lower() for column in columns]
    if wanted in titles:
        return titles.index(wanted)
    close = [i for i, known in enumerate(ids) if known.startswith(wanted)]
    if len(close) == 1:
        return close[0]
    raise FilterError(f"there is no column '{name}' here; {_meant(wanted, ids)}")


def _meant(name: str, ids: Sequence[str]) -> str:
    near = get_close_matches(name, ids, n=1)
    return f"did you mean {near[0]}?" if near else f"columns are {', '.join(ids)}"


def _in_column(name: str, pattern: str, columns: Sequence[Column]) -> Test:
    index = _index(name, columns)
    if columns[index].id == "state":
        return _state(pattern, index)
    column = columns[index].id

    def text(row: Row) -> str:
        return row.whole.get(column) or row.cells[index].text

    regex = _compiled(pattern[1:]) if pattern.startswith("~") else _guessed(pattern)
    if regex is not None:
        return lambda row, _now: regex.search(text(row)) is not None
    needle = pattern.lower()
    return lambda row, _now: needle in text(row).lower()


def _state(pattern: str, index: int) -> Test:
    """Match glyphs exactly and state words by their beginning: ``X|P``, ``failed``."""
    glyphs = frozenset(part for part in pattern.split("|") if len(part) == 1)
    words = tuple(part.lower() for part in pattern.split("|") if len(part) > 1)
    return lambda row, _now: (
        row.cells[index].text[:1] in glyphs or bool(words and row.state.startswith(words))
    )


def _compare(name: str, sign: str, value: str, columns: Sequence[Column]) -> Test:
    index = _index(name, columns)
    column, compare = columns[index], _OPERATORS[sign]
    if column.id == "state" and sign == "=":
        return _state(value, index)
    if column.age:
        return _compare_age(index, compare, sign, value)
    share = value.endswith("%")
    wanted = _number(value.removesuffix("%"))
    if wanted is None:
        if sign == "=":
            return lambda row, _now: row.cells[index].text.lower() == value.lower()
        raise FilterError(f"'{value}' is not a number, an age or a percentage")
    read = _percent_of if share else _number

    def test(row: Row, _now: float) -> bool:
        found = read(row.cells[index].text)
        return found is not None and compare(found, wanted)

    return test


def _compare_age(
    index: int, compare: Callable[[float, float], bool], sign: str, value: str
) -> Test:
    wanted = parse_age(value)
    if wanted is None:
        raise FilterError(f"'{value}' is not an age, such as 90s, 5m, 2h or 3d")

    def test(row: Row, now: float) -> bool:
        key, seen = row.sort[index], parse_age(row.cells[index].text)
        if not isinstance(key, int | float) or seen is None:
            return False
        return seen == wanted if sign == "=" else compare(now + key, wanted)

    return test


def _number(text: str) -> float | None:
    match = _NUMBER.match(text.strip())
    return float(match[0].replace(",", "")) if match else None


def _percent_of(text: str) -> float | None:
    """Return a cell such as ``7/8`` or ``66%`` as a percentage."""
    if match := _RATIO.search(text):
        part, whole = (float(number.replace(",", "")) for number in match.groups())
        return 100 * part / whole if whole else None
    match = re.search(r"(\d+(?:\.\d+)?)%", text)
    return float(match[1]) if match else None


def _labels(text: str) -> Test:
    matches = [_LABEL.fullmatch(part) for part in text.split(",") if part]
    wanted = [(m[1], m[2], m[3] or "", m[4] or "") for m in matches if m is not None]
    if not wanted or len(wanted) < len(matches):
        raise FilterError(_missing("-l"))
    return lambda row, _now: all(_labelled(row.labels, *one) for one in wanted)


def _labelled(labels: Mapping[str, str], absent: str, key: str, sign: str, value: str) -> bool:
    """Tell whether labels are as a selector wants one of them, by kubectl's rules."""
    found = labels.get(key)
    if found is None and key in _SHORT_LABELS:
        found = labels.get(_SHORT_LABELS[key])
    if absent:
        return found is None
    if sign == "!=":
        return found != value
    return found is not None and (not sign or found == value)


def _fuzzy(text: str) -> Test:
    letters = text.lower()
    return lambda row, _now: any(_subsequence(letters, cell.text.lower()) for cell in row.cells)


def _subsequence(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
