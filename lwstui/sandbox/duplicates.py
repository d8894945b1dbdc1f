"""Keys that a body has twice: told, or refused, as its ``fieldValidation`` asks."""

import json
from collections.abc import Iterator
from typing import Any

import yaml


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it is written."""


def duplicate_fields(raw: bytes, *, is_yaml: bool) -> list[str]:
    """Return what to say of each key that a body has twice in one object.

    Args:
        raw: A body that has been read without a fault.
        is_yaml: It was announced as YAML, of which JSON is a part.
    """
    try:
        if raw.lstrip()[:1] in (b"{", b"["):
            return [f'duplicate field "{path}"' for path in _json_paths(raw)]
        return list(_yaml_faults(raw)) if is_yaml else []
    except (ValueError, RecursionError):
        return []  # YAML in braces is no JSON, and what nests too deep has been refused


def _json_paths(raw: bytes) -> Iterator[str]:
    twice = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal twice
        twice = twice or (len(pairs) > 1 and len({name for name, _ in pairs}) < len(pairs))

    json.loads(raw, object_pairs_hook=look)
    if twice:  # rare, so paths are worked out only now
        yield from dict.fromkeys(_paths(json.loads(raw, object_pairs_hook=_Pairs), ""))


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, _Pairs):
        seen = set()
        for name, inner in value:
            where = f"{path}.{name}" if path else name
            if name in seen:
                yield where
            seen.add(name)
            yield from _paths(inner, where)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, f"{path}[{index}]")


def _yaml_faults(raw: bytes) -> Iterator[str]:
    nodes: list[Any] = [yaml.compose(raw, yaml.CSafeLoader)]
    known: set[int] = set()
    while nodes:
        node = nodes.pop()
        if isinstance(node, tuple):
            nodes += reversed(node)
        elif isinstance(node, yaml.CollectionNode) and id(node) not in known:
            known.add(id(node))
            nodes += reversed(node.value)
            if isinstance(node, yaml.MappingNode):
                yield from _twice(node)


def _twice(node: yaml.MappingNode) -> Iterator[str]:
    seen = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                yield f'line {key.start_mark.line + 1}: key "{key.value}" already set in map'
            seen.add(key.value)
