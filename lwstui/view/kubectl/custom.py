"""An object of any kind as ``kubectl describe`` tells it: its tree, with spelled-out names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from controller.api.core import Event
from lwstui.view.kubectl.text import Json, aligned, events, pairs, part

_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]+")
_ACRONYMS: Final = frozenset({"API", "URL", "UID", "OSB", "GUID"})
_TOLD: Final = frozenset({"name", "namespace", "labels", "annotations", "managedFields"})


def describe_object(body: Json, found: Iterable[Event], now: float) -> list[str]:
    """Return the lines of an object's description.

    Args:
        body: The object.
        found: Events about it.
        now: Epoch seconds.
    """
    meta = part(body, "metadata")
    shown = {**body, "metadata": {k: v for k, v in meta.items() if k not in _TOLD}}
    return aligned(
        [
            f"Name:\t{meta.get('name', '')}",
            f"Namespace:\t{meta.get('namespace', '')}",
            *pairs("Labels", part(meta, "labels")),
            *pairs("Annotations", part(meta, "annotations"), ": "),
            *tree(shown),
            *events(found, now),
        ]
    )


def tree(found: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield an object as a tree of lines, by name."""
    for key, value in sorted(found.items()):
        title = f"{indent}{label(key)}:"
        if isinstance(value, Mapping):
            yield title
            yield from tree(value, indent + "  ")
        elif isinstance(value, list):
            yield title
            for one in value:
                if isinstance(one, Mapping):
                    yield from tree(one, indent + "  ")
                else:
                    yield from (f"{indent}  {line}" for line in str(one).splitlines() or [""])
        else:
            first, *rest = _scalar(value).splitlines() or [""]
            yield f"{title}\t{first}"
            yield from (f"{indent}\t{line}" for line in rest)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)


def label(name: str) -> str:
    """Return a field's name spelled out: ``leaderWorkerTemplate`` is Leader Worker Template.

    Names that are no Go identifiers, such as resource names, stay as they are.
    """
    if not name.isalnum():
        return name
    words = [word[:1].upper() + word[1:] for word in _WORDS.findall(name)]
    return " ".join(w.upper() if w.upper() in _ACRONYMS else w for w in words)
