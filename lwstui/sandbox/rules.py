"""The ``x-kubernetes-validations`` of a schema, compiled once and checked against objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lwstui.sandbox import cel, schema
from lwstui.sandbox.objects import Json
from lwstui.sandbox.status import Cause

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one place in the schema."""

    program: cel.Program
    text: str
    message: str
    field_path: str
    reason: str
    message_program: cel.Program | None

    def check(self, value: Any, old: Any, path: str, type_name: str) -> Cause | None:
        """Return what is wrong with a value, None when the rule holds or does not apply."""
        if self.program.uses_old and old is _ABSENT:
            return None
        variables = {"self": value} | ({} if old is _ABSENT else {"oldSelf": old})
        where = (path + self.field_path).removeprefix(".") or "<nil>"
        shown = f'Invalid value: "{type_name}": '
        try:
            if self.program.evaluate(variables) is True:
                return None
            message = self._message(variables)
        except cel.CelError as error:
            return Cause(where, f"{shown}{error} evaluating rule: {self.message or self.text}")
        return Cause(where, shown + message, self.reason)

    def _message(self, variables: Json) -> str:
        if self.message_program is not None:
            return str(self.message_program.evaluate(variables))
        return self.message or f"failed rule: {self.text}"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules at one place of a schema and below it."""

    own: tuple[Rule, ...]
    type_name: str
    fields: dict[str, "Rules"]
    items: "Rules | None"
    keys: tuple[str, ...]
    is_root: bool = False

    def check(self, value: Any, old: Any = _ABSENT, path: str = "") -> Iterator[Cause]:
        """Yield what is wrong with a value; ``old`` is what it was, for transition rules."""
        seen, was = (_root(value), _root(old)) if self.is_root else (value, old)
        for rule in self.own:
            cause = rule.check(seen, was, path, self.type_name)
            if cause is not None:
                yield cause
        if isinstance(value, dict):
            before = old if isinstance(old, dict) else {}
            for name, rules in self.fields.items():
                if name in value:
                    inner = before.get(name, _ABSENT)
                    yield from rules.check(value[name], inner, f"{path}.{name}")
        elif isinstance(value, list) and self.items is not None:
            for index, item in enumerate(value):
                was = self._old_item(item, old)
                yield from self.items.check(item, was, f"{path}[{index}]")

    def _old_item(self, item: Any, old: Any) -> Any:
        """Return the item of the old list that this one was, which only keys can tell."""
        if not self.keys or not isinstance(old, list) or not isinstance(item, dict):
            return _ABSENT
        identity = [item.get(key) for key in self.keys]
        matching = (each for each in old if [each.get(key) for key in self.keys] == identity)
        return next(matching, _ABSENT)


def _root(value: Any) -> Any:
    """Return an object as rules at the root see it: of metadata only the names."""
    if not isinstance(value, dict):
        return value
    metadata = value.get("metadata") or {}
    names = {key: metadata[key] for key in ("name", "generateName") if key in metadata}
    return {**value, "metadata": names}


def compile_rules(node: Json, *, is_root: bool = True) -> Rules | None:
    """Return the rules of a schema; None when there are none.

    Raises:
        CelSyntaxError: A rule is not an expression of the supported subset.
    """
    own = tuple(_rule(each) for each in node.get("x-kubernetes-validations") or ())
    compiled = {
        name: compile_rules(inner, is_root=False) for name, inner in schema.properties(node).items()
    }
    fields = {name: rules for name, rules in compiled.items() if rules is not None}
    items = compile_rules(node["items"], is_root=False) if node.get("items") else None
    if not own and not fields and items is None:
        return None
    keys = tuple(node.get("x-kubernetes-list-map-keys") or ())
    return Rules(own, node.get("type", "object"), fields, items, keys, is_root)


def _rule(spec: Json) -> Rule:
    expression = spec.get("messageExpression")
    return Rule(
        cel.compile_rule(spec["rule"]),
        spec["rule"],
        spec.get("message", ""),
        spec.get("fieldPath", ""),
        spec.get("reason", "FieldValueInvalid"),
        cel.compile_rule(expression) if expression else None,
    )
