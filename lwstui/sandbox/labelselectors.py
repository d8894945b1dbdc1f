"""The text of a label selector, read as the API server reads it, with its words for what is wrong.

Source: behaviour of kubernetes staging/src/k8s.io/apimachinery/pkg/labels/selector.go.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lwstui.sandbox import status
from lwstui.sandbox.names import label_value_faults, qualified_name_faults
from lwstui.sandbox.schema import shown

Labels = Mapping[str, str]
Check = Callable[[Labels], bool]

_TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+|$)")
_SYMBOLS = frozenset({"==", "!=", "=", "!", "(", ")", ",", "<", ">"})
_COMPARISONS = ("in", "=", "==", ">", "<", "notin", "!=")
_WHOLE = re.compile(r"[+-]?[0-9]+")


class _Unreadable(Exception):
    """The text is no selector; the message says why."""


@dataclass(frozen=True, slots=True)
class _Requirement:
    """What one label must be: ``!`` absent, empty operator present, or compared to values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def check(self) -> Check:
        key, values = self.key, self.values
        match self.operator:
            case "":
                return lambda labels: key in labels
            case "!":
                return lambda labels: key not in labels
            case "<":
                return lambda labels: _number(labels.get(key)) < int(values[0])
            case ">":
                return lambda labels: -_number(labels.get(key), -1) > int(values[0])
            case "notin" | "!=":
                return lambda labels: labels.get(key) not in values
        return lambda labels: labels.get(key) in values


def _number(label: str | None, sign: int = 1) -> float:
    """Return a label's number times ``sign``; what has none is beyond every bound."""
    return sign * int(label) if label and _WHOLE.fullmatch(label) else float("inf")


def checks(text: str) -> list[Check]:
    """Return what a selector asks of labels, all of which must hold; nothing for an empty one.

    Raises:
        StatusError: 400, the text is no selector.
    """
    try:
        return [each.check() for each in _Parser(text).requirements()]
    except _Unreadable as error:
        raise status.bad_request(str(error)) from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def _look(self) -> str:
        """Return the next token, empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._look()
        self._at += 1
        return token

    def requirements(self) -> Iterable[_Requirement]:
        first = self._look()
        if first and first != "!" and not _is_name(first):
            raise _Unreadable(f"found '{first}', expected: !, identifier, or 'end of string'")
        while self._look():
            try:
                yield self._requirement()
            except _Unreadable as error:
                raise _Unreadable(f"unable to parse requirement: {error}") from None
            after = self._take()
            if after == ",":
                following = self._look()
                if following != "!" and not _is_name(following):
                    raise _Unreadable(f"found '{following}', expected: identifier after ','")
            elif after:
                raise _Unreadable(f"found '{after}', expected: ',' or 'end of string'")

    def _requirement(self) -> _Requirement:
        absent = self._look() == "!"
        if absent:
            self._take()
        key = self._name()
        faults = qualified_name_faults(key)
        if faults:
            raise _Unreadable(f"<nil>: Invalid value: {shown(key)}: {'; '.join(faults)}")
        if absent or self._look() in ("", ","):
            return _Requirement(key, "!" if absent else "")
        operator = self._take()
        if operator not in _COMPARISONS:
            raise _Unreadable(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")
        values = self._values() if operator in ("in", "notin") else {self._value()}
        return _checked(_Requirement(key, operator, tuple(sorted(values))))

    def _name(self) -> str:
        name = self._take()
        if not _is_name(name):
            raise _Unreadable(f"found '{name}', expected: identifier")
        return name

    def _value(self) -> str:
        return "" if self._look() in ("", ",") else self._name()

    def _values(self) -> set[str]:
        opening = self._take()
        if opening != "(":
            raise _Unreadable(f"found '{opening}' expected: '('")
        values: set[str] = set()
        while True:
            values.add(self._take() if _is_name(self._look()) else "")
            after = self._take()
            if after == ")":
                return values
            if after != ",":
                raise _Unreadable(f"found '{after}', expected: ',' or ')'")


def _is_name(token: str) -> bool:
    return bool(token) and token not in _SYMBOLS


def _checked(requirement: _Requirement) -> _Requirement:
    faults = []
    for index, value in enumerate(requirement.values):
        if requirement.operator in ("<", ">") and not _WHOLE.fullmatch(value):
            rule = "for 'Gt', 'Lt' operators, the value must be an integer"
            faults.append(f"values[{index}]: Invalid value: {shown(value)}: {rule}")
        why = "; ".join(label_value_faults(value))
        if why:
            where = f"values[{index}][{requirement.key}]"
            faults.append(f"{where}: Invalid value: {shown(value)}: {why}")
    if faults:
        raise _Unreadable(faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]")
    return requirement
