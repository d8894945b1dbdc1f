"""Parser of the CEL subset that ``x-kubernetes-validations`` rules are written in.

An expression becomes a tree of ``Node``: literals, names, field selections, calls and macros. The
evaluator in ``cel`` gives it a meaning.
"""

import re
from dataclasses import dataclass
from typing import Any


class CelSyntaxError(ValueError):
    """The text is not an expression of the subset."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: its name, a literal or identifier, and its operands."""

    op: str
    value: Any = None
    args: tuple["Node", ...] = ()


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?)u?
      | (?P<raw>r)?(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<name>[A-Za-z_]\w*)
      | (?P<symbol>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]])
    )""",
    re.VERBOSE,
)
_BINARY = (
    ("||",),
    ("&&",),
    ("==", "!=", "<", "<=", ">", ">=", "in"),
    ("+", "-"),
    ("*", "/", "%"),
)
_MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_LITERALS = {"true": True, "false": False, "null": None}


def parse(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        CelSyntaxError: The text is not an expression of the subset.
    """
    parser = _Parser(text)
    tree = parser.ternary()
    parser.expect("end", "")
    return tree


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._scan(text))
        self._at = 0

    def _scan(self, text: str) -> list[tuple[str, Any]]:
        tokens: list[tuple[str, Any]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise CelSyntaxError(f"unexpected {text[position:].strip()[:10]!r} in {text!r}")
            tokens.append(_token(match))
            position = match.end()
        return [*tokens, ("end", "")]

    def _peek(self) -> tuple[str, Any]:
        return self._tokens[self._at]

    def _next(self) -> tuple[str, Any]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _accept(self, value: str) -> bool:
        kind, found = self._peek()
        if kind in ("symbol", "name") and found == value:
            self._at += 1
            return True
        return False

    def expect(self, kind: str, value: str) -> None:
        """Take the given token or fail."""
        if self._next() != (kind, value):
            raise CelSyntaxError(f"expected {value or kind!r} in {self._text!r}")

    def ternary(self) -> Node:
        """Return ``condition ? first : second`` or what binds tighter."""
        condition = self._binary(0)
        if not self._accept("?"):
            return condition
        first = self.ternary()
        self.expect("symbol", ":")
        return Node("?:", None, (condition, first, self.ternary()))

    def _binary(self, level: int) -> Node:
        if level == len(_BINARY):
            return self._unary()
        left = self._binary(level + 1)
        while True:
            operator = next((each for each in _BINARY[level] if self._accept(each)), None)
            if operator is None:
                return left
            left = Node(operator, None, (left, self._binary(level + 1)))

    def _unary(self) -> Node:
        if self._accept("!"):
            return Node("!", None, (self._unary(),))
        if self._accept("-"):
            return Node("negate", None, (self._unary(),))
        return self._postfix(self._primary())

    def _postfix(self, target: Node) -> Node:
        while True:
            if self._accept("."):
                target = self._member(target)
            elif self._accept("["):
                index = self.ternary()
                self.expect("symbol", "]")
                target = Node("index", None, (target, index))
            else:
                return target

    def _member(self, target: Node) -> Node:
        kind, name = self._next()
        if kind != "name":
            raise CelSyntaxError(f"expected a field name in {self._text!r}")
        if not self._accept("("):
            return Node("select", name, (target,))
        arguments = self._arguments(")")
        if name in _MACROS:
            variable, *bodies = arguments
            return Node("macro", (name, variable.value), (target, *bodies))
        return Node("method", name, (target, *arguments))

    def _arguments(self, end: str) -> list[Node]:
        arguments: list[Node] = []
        while not self._accept(end):
            if arguments:
                self.expect("symbol", ",")
            arguments.append(self.ternary())
        return arguments

    def _primary(self) -> Node:
        kind, value = self._next()
        if kind in ("number", "string"):
            return Node("literal", value)
        if kind == "name":
            return self._named(value)
        if (kind, value) == ("symbol", "("):
            inner = self.ternary()
            self.expect("symbol", ")")
            return inner
        if (kind, value) == ("symbol", "["):
            return Node("list", None, tuple(self._arguments("]")))
        raise CelSyntaxError(f"unexpected {value or 'end'!r} in {self._text!r}")

    def _named(self, name: str) -> Node:
        if name in _LITERALS:
            return Node("literal", _LITERALS[name])
        if not self._accept("("):
            return Node("name", name)
        arguments = self._arguments(")")
        if name == "has":
            if len(arguments) != 1 or arguments[0].op != "select":
                raise CelSyntaxError(f"has() takes a field selection in {self._text!r}")
            return Node("has", arguments[0].value, arguments[0].args)
        return Node("call", name, tuple(arguments))


def _token(match: re.Match[str]) -> tuple[str, Any]:
    if match["number"] is not None:
        number = match["number"]
        return "number", float(number) if "." in number else int(number)
    if match["string"] is not None:
        inner = match["string"][1:-1]
        return "string", inner if match["raw"] else _unescaped(inner)
    return ("name", match["name"]) if match["name"] else ("symbol", match["symbol"])


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)
