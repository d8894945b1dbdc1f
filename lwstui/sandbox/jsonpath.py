r"""The JSONPath subset of printer columns and scale subresources.

Dotted names (with ``\.`` for a dot in a name), ``['quoted names']``, indices and ``[*]``, and
equality filters such as ``.status.conditions[?(@.type=="Ready")].status``.
"""

import re
from collections.abc import Callable
from typing import Any

Step = Callable[[Any], list[Any]]

_STEP = re.compile(
    r"""\.?(?P<name>(?:[^.\[\]\\]|\\.)+)
      | \.?\[\s*'(?P<quoted>[^']*)'\s*\]
      | \.?\[\s*(?P<index>-?\d+|\*)\s*\]
      | \.?\[\?\(\s*@(?P<path>[^=!]+?)\s*==\s*(?P<quote>["'])(?P<value>.*?)(?P=quote)\s*\)\]
    """,
    re.VERBOSE,
)


def compile_path(text: str) -> Callable[[Any], list[Any]]:
    """Return a function from an object to the values at a path, in order.

    Raises:
        ValueError: The path uses what is not supported.
    """
    steps: list[Step] = []
    trimmed = text.strip().removeprefix("{").removesuffix("}")
    position = 1 if trimmed == "." else 0
    while position < len(trimmed):
        match = _STEP.match(trimmed, position)
        if match is None:
            raise ValueError(f"unsupported JSONPath {text!r} at {trimmed[position:]!r}")
        steps.append(_step(match))
        position = match.end()

    def find(value: Any) -> list[Any]:
        found = [value]
        for step in steps:
            found = [inner for outer in found for inner in step(outer)]
        return found

    return find


def _step(match: re.Match[str]) -> Step:
    if match["path"] is not None:
        inner, wanted = compile_path(match["path"]), match["value"]
        return lambda value: [
            item
            for item in (value if isinstance(value, list) else [])
            if [str(each) for each in inner(item)] == [wanted]
        ]
    if match["index"] is not None:
        return _index_step(match["index"])
    name = (
        match["quoted"] if match["quoted"] is not None else re.sub(r"\\(.)", r"\1", match["name"])
    )
    return lambda value: [value[name]] if isinstance(value, dict) and name in value else []


def _index_step(index: str) -> Step:
    if index == "*":
        return lambda value: list(value) if isinstance(value, list) else []
    at = int(index)

    def pick(value: Any) -> list[Any]:
        inside = isinstance(value, list) and -len(value) <= at < len(value)
        return [value[at]] if inside else []

    return pick
