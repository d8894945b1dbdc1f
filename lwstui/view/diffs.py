"""How two objects differ: field by field, and as YAML with the lines that left and came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, NamedTuple

import msgspec
import yaml

from lwstui.kube.clean import clean_line
from lwstui.view.types import Line, Span

_LONGEST: Final = 60
_FIRST: Final = ("apiVersion", "kind", "metadata", "spec", "data")
_SERVERS: Final = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_OPEN: Final = ("metadata.annotations.", "metadata.labels.")  # their keys have dots of their own
CONTEXT: Final = 3
"""Unchanged lines shown around a change."""


class Change(NamedTuple):
    """A field with its values before and after, None where it is not set."""

    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        field = self.field.removeprefix("leaderWorkerTemplate.")
        return f"{field}: {short(self.before)} -> {short(self.after)}"


def changes(before: Any, after: Any, path: str = "") -> tuple[Change, ...]:
    """Return the fields in which two JSON values differ, in the order of their names.

    Items of lists that all have names are compared by name: ``containers[vllm].image``. A field
    that is null counts as one that is not set.

    Args:
        before: The value before, None if there is none.
        after: The value after, None if there is none.
        path: Where the values stand.
    """
    return tuple(_compare(path, before, after))


def _compare(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    old, new = _parts(before), _parts(after)
    if old is None or new is None:
        yield Change(path, before, after)
        return
    for name in sorted(old.keys() | new.keys()):
        inner = name if not path or name.startswith("[") else f".{name}"
        yield from _compare(path + inner, old.get(name), new.get(name))


def _parts(value: Any) -> dict[str, Any] | None:
    """Return an object's fields, or a list's named items as ``[name]``; None for the rest."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list) and value and all(_name(item) for item in value):
        return {f"[{_name(item)}]": item for item in value}
    return None


def _name(item: Any) -> str:
    return str(item.get("name") or "") if isinstance(item, Mapping) else ""


def short(value: Any) -> str:
    """Return a value on one line, cut where it is long."""
    if value is None:
        return "(none)"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def essence(body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an object without what only the server writes; nothing for None."""
    if body is None:
        return {}
    kept = {name: part for name, part in body.items() if name != "status"}
    meta = kept.get("metadata")
    if isinstance(meta, Mapping):
        kept["metadata"] = {name: part for name, part in meta.items() if name not in _SERVERS}
        annotations = meta.get("annotations")
        if isinstance(annotations, Mapping) and _LAST_APPLIED in annotations:
            rest = {name: part for name, part in annotations.items() if name != _LAST_APPLIED}
            kept["metadata"]["annotations"] = rest
    return kept


def yaml_text(body: Any) -> str:
    """Return an object as YAML, its best known fields first."""
    if isinstance(body, Mapping):
        body = {name: body[name] for name in (*_FIRST, *body) if name in body}
    text: str = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=1000)
    return text


def yaml_diff(before: Any, after: Any, context: int | None = CONTEXT) -> tuple[Line, ...]:
    """Return two objects as one YAML text with ``-`` and ``+`` before the lines that differ.

    Args:
        before: The object before, empty or None if there is none.
        after: The object after, likewise.
        context: Unchanged lines around a change; None for all.
    """
    sides = (before, aligned(after, before))
    old, new = (yaml_text(side).splitlines() if side else [] for side in sides)
    return text_diff(old, new, context)


def aligned(value: Any, model: Any) -> Any:
    """Return a value with its fields in the order of another: order is no difference."""
    if isinstance(value, Mapping) and isinstance(model, Mapping):
        names = [name for name in model if name in value]
        names += [name for name in value if name not in model]
        return {name: aligned(value[name], model.get(name)) for name in names}
    if isinstance(value, list) and isinstance(model, list):
        rest = [None] * max(0, len(value) - len(model))
        return [aligned(*pair) for pair in zip(value, [*model, *rest], strict=False)]
    return value


def text_diff(
    old: Sequence[str], new: Sequence[str], context: int | None = CONTEXT
) -> tuple[Line, ...]:
    """Return the lines of two texts with ``-`` and ``+`` before those that differ."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    around = max(len(old), len(new)) if context is None else context
    lines: list[Line] = []
    for number, group in enumerate(matcher.get_grouped_opcodes(around)):
        if number or group[0][1] or group[0][3]:
            lines.append((Span("  …", "dim"),))
        for tag, a, b, c, d in group:
            lines += _piece(tag, old[a:b], new[c:d])
    return tuple(lines)


def _piece(tag: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    if tag == "equal":
        yield from ((Span(f"  {clean_line(line)}", "dim"),) for line in old)
        return
    yield from ((Span(f"- {clean_line(line)}", "bad"),) for line in old)
    yield from ((Span(f"+ {clean_line(line)}", "ok"),) for line in new)


def field_diff(found: Sequence[Change], notes: Mapping[str, str] | None = None) -> tuple[Line, ...]:
    """Return changes under the object each is in: its path, then ``-`` and ``+`` with the field.

    Args:
        found: The changes.
        notes: What to say of a field, by its path.
    """
    lines: list[Line] = []
    above = ""
    for change in sorted(found, key=lambda change: _split(change.field)):
        parent, name = _split(change.field)
        if parent != above or not lines:
            lines.append((Span(clean_line(parent or "(the whole object)"), "dim"),))
            above = parent
        old = [Span(f"-   {line}", "bad") for line in _written(name, change.before)]
        new = [Span(f"+   {line}", "ok") for line in _written(name, change.after)]
        shown: list[Line] = [(span,) for span in (*old, *new)]
        if (note := (notes or {}).get(change.field)) and shown:
            shown[-1] = (*shown[-1], Span(f"   {note}", "info"))
        lines += shown
    return tuple(lines)


def _split(field: str) -> tuple[str, str]:
    """Return path and last part of a field; dots within brackets belong to a name."""
    for prefix in _OPEN:
        if field.startswith(prefix):
            return prefix[:-1], field[len(prefix) :]
    depth, at = 0, -1
    for i, char in enumerate(field):
        depth += (char == "[") - (char == "]")
        if char == "." and not depth:
            at = i
    return (field[:at], field[at + 1 :]) if at >= 0 else ("", field)


def _written(name: str, value: Any) -> list[str]:
    """Return a field as YAML lines, scalars on one; nothing if it is not set."""
    if value is None:
        return []
    if isinstance(value, Mapping | list):
        return [clean_line(line) for line in yaml_text({name: value}).splitlines()]
    return [clean_line(f"{name}: {short(value)}")]
