"""Evaluation of the CEL subset in validation rules: values are JSON values, errors are CelError."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lwstui.sandbox.cel_parser import CelSyntaxError, Node, parse

__all__ = ["CelError", "CelSyntaxError", "Program", "compile_rule"]

Scope = Mapping[str, Any]


class CelError(Exception):
    """An expression has no value, such as a selection of an absent field."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression."""

    tree: Node
    uses_old: bool

    def evaluate(self, variables: Scope) -> Any:
        """Return the value with the given variables, such as ``self`` and ``oldSelf``.

        Raises:
            CelError: The expression has no value.
        """
        return _evaluate(self.tree, variables)


def compile_rule(text: str) -> Program:
    """Return a compiled rule.

    Raises:
        CelSyntaxError: The text is not an expression of the subset.
    """
    tree = parse(text)
    return Program(tree, any(node == Node("name", "oldSelf") for node in _walk(tree)))


def _walk(tree: Node) -> Iterator[Node]:
    yield tree
    for arg in tree.args:
        yield from _walk(arg)


def _evaluate(node: Node, scope: Scope) -> Any:
    if node.op in _LAZY:
        return _LAZY[node.op](node, scope)
    values = [_evaluate(arg, scope) for arg in node.args]
    try:
        return _STRICT[node.op](node, values)
    except KeyError:
        raise CelError(f"undeclared reference to '{node.value or node.op}'") from None
    except (TypeError, AttributeError, ZeroDivisionError, re.error) as error:
        raise CelError(f"no such overload: {error}") from error


def _literal(node: Node, _: Scope) -> Any:
    return node.value


def _name(node: Node, scope: Scope) -> Any:
    if node.value in scope:
        return scope[node.value]
    if node.value in _TYPES:
        return _TypeName(node.value)
    raise CelError(f"undeclared reference to '{node.value}'")


def _has(node: Node, scope: Scope) -> bool:
    target = _evaluate(node.args[0], scope)
    return isinstance(target, dict) and target.get(node.value) is not None


def _short_circuit(node: Node, scope: Scope) -> bool:
    """Evaluate ``&&`` or ``||``; a side that decides the result wins over an error of the other."""
    decisive = node.op == "||"
    failure: CelError | None = None
    for arg in node.args:
        try:
            value = _evaluate(arg, scope)
        except CelError as error:
            failure = failure or error
            continue
        if value is decisive:
            return bool(decisive)
    if failure is not None:
        raise failure
    return not decisive


def _choose(node: Node, scope: Scope) -> Any:
    condition, first, second = node.args
    return _evaluate(first if _evaluate(condition, scope) else second, scope)


def _macro(node: Node, scope: Scope) -> Any:
    name, variable = node.value
    target = _evaluate(node.args[0], scope)
    if not isinstance(target, list | dict):
        raise CelError(f"{name}() needs a list or a map")
    body = node.args[-1]
    items = list(target)
    results = [_evaluate(body, {**scope, variable: item}) for item in items]
    match name:
        case "all":
            return all(results)
        case "exists":
            return any(results)
        case "exists_one":
            return sum(bool(result) for result in results) == 1
        case "filter":
            return [item for item, keep in zip(items, results, strict=True) if keep]
    return results


_LAZY: dict[str, Callable[[Node, Scope], Any]] = {
    "literal": _literal,
    "name": _name,
    "has": _has,
    "&&": _short_circuit,
    "||": _short_circuit,
    "?:": _choose,
    "macro": _macro,
}


class _TypeName(str):
    """A type as a value, which only equals a type."""

    __slots__ = ()


_TYPES = frozenset({"int", "double", "string", "bool", "list", "map", "null_type", "type"})


def _type_of(value: Any) -> _TypeName:
    if isinstance(value, bool):
        return _TypeName("bool")
    names = {int: "int", float: "double", str: "string", list: "list", dict: "map"}
    return _TypeName(names.get(type(value), "null_type"))


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, bool) != isinstance(second, bool):
        return False
    if isinstance(first, _TypeName) != isinstance(second, _TypeName):
        return False
    return bool(first == second)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"not a number: {value!r}")
    return value


def _add(first: Any, second: Any) -> Any:
    if isinstance(first, str) and isinstance(second, str):
        return first + second
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    return _number(first) + _number(second)


def _divide(first: Any, second: Any) -> Any:
    if isinstance(first, int) and isinstance(second, int):
        quotient = abs(first) // abs(second)
        return quotient if (first < 0) == (second < 0) else -quotient
    return _number(first) / _number(second)


def _remainder(first: Any, second: Any) -> int:
    return int(math.fmod(_number(first), _number(second)))


def _select(node: Node, values: list[Any]) -> Any:
    target = values[0]
    if isinstance(target, dict) and node.value in target:
        return target[node.value]
    raise CelError(f"no such key: {node.value}")


def _index(_: Node, values: list[Any]) -> Any:
    target, key = values
    if isinstance(target, list) and isinstance(key, int) and 0 <= key < len(target):
        return target[key]
    if isinstance(target, dict) and key in target:
        return target[key]
    raise CelError(f"no such key: {key}")


def _binary(function: Callable[[Any, Any], Any]) -> Callable[[Node, list[Any]], Any]:
    return lambda _, values: function(values[0], values[1])


def _not(_: Node, values: list[Any]) -> bool:
    if not isinstance(values[0], bool):
        raise TypeError("! needs a bool")
    return not values[0]


def _to_int(value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        raise CelError(f"cannot convert {value!r} to int") from None


def _to_double(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        raise CelError(f"cannot convert {value!r} to double") from None


def _to_string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "size": len,
    "int": _to_int,
    "double": _to_double,
    "string": _to_string,
    "type": _type_of,
}
_METHODS: dict[str, Callable[..., Any]] = {
    "size": len,
    "matches": lambda text, pattern: re.search(pattern, text) is not None,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": lambda text, part: part in text,
    "replace": lambda text, old, new: text.replace(old, new),
    "split": lambda text, separator: text.split(separator),
    "lowerAscii": str.lower,
    "upperAscii": str.upper,
    "trim": str.strip,
    "join": lambda items, separator="": separator.join(items),
}
_STRICT: dict[str, Callable[[Node, list[Any]], Any]] = {
    "==": _binary(_equal),
    "!=": _binary(lambda first, second: not _equal(first, second)),
    "<": _binary(lambda first, second: first < second),
    "<=": _binary(lambda first, second: first <= second),
    ">": _binary(lambda first, second: first > second),
    ">=": _binary(lambda first, second: first >= second),
    "in": _binary(lambda item, container: item in container),
    "+": _binary(_add),
    "-": _binary(lambda first, second: _number(first) - _number(second)),
    "*": _binary(lambda first, second: _number(first) * _number(second)),
    "/": _binary(_divide),
    "%": _binary(_remainder),
    "!": _not,
    "negate": lambda _, values: -_number(values[0]),
    "list": lambda _, values: values,
    "select": _select,
    "index": _index,
    "call": lambda node, values: _FUNCTIONS[node.value](*values),
    "method": lambda node, values: _METHODS[node.value](*values),
}
