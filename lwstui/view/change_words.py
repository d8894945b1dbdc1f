"""What changed between two templates in a few words: ``image v0.8.4 → v0.8.5``. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from controller.api.names import RESTARTED_AT
from lwstui.view.diffs import Change, short

_SHOWN: Final = 3
_WORDS: Final = ("args", "command")


def change_words(found: Sequence[Change] | None) -> str:
    """Return changes as words, the same change of leader and worker once.

    Args:
        found: The changes; None for a template that has nothing before it.
    """
    if found is None:
        return "the oldest that is kept"
    words = list(dict.fromkeys(word for change in found for word in _words(change)))
    if not words:
        return "no difference"
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _words(change: Change) -> Iterator[str]:
    field, before, after = change
    name = field.rpartition(".")[2]
    if RESTARTED_AT in field or field.endswith("restartedAt"):
        yield "rolling restart"
    elif name == "image" and isinstance(before, str) and isinstance(after, str):
        yield f"image {' → '.join(_apart(before, after))}"
    elif name in _WORDS and _texts(before) and _texts(after):
        yield from _arguments(before or (), after or ())
    else:
        where = _where(field)
        yield f"{where} {_value(before)} → {_value(after)}"


def _apart(before: str, after: str) -> tuple[str, str]:
    """Return two image names without the repository they share, else without its path."""
    old, new = before.rpartition("/"), after.rpartition("/")
    if old[0] != new[0]:
        return before, after
    repository, _, tag = old[2].partition(":")
    other, _, another = new[2].partition(":")
    if repository == other and tag and another:
        return tag, another
    return old[2], new[2]


def _texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value))


def _arguments(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Yield the flags that changed, came or went."""
    old, new = dict(_flags(before)), dict(_flags(after))
    for flag in dict.fromkeys((*old, *new)):
        was, now = old.get(flag), new.get(flag)
        if was == now:
            continue
        if was is None:
            yield f"+{flag} {now}".rstrip()
        elif now is None:
            yield f"-{flag} {was}".rstrip()
        else:
            yield f"{flag} {was or '(none)'} → {now or '(none)'}"


def _flags(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (flag, value) of ``--flag value``, ``--flag=value`` and bare words."""
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        flag, equals, value = word.partition("=")
        if not word.startswith("-"):
            yield short(word), ""
        elif equals:
            yield flag, short(value)
        elif at < len(words) and not words[at].startswith("-"):
            yield flag, short(words[at])
            at += 1
        else:
            yield flag, ""


def _where(field: str) -> str:
    """Return the end of a path that tells what is meant: ``env[MODE]``, ``resources.limits``."""
    parts = field.split(".")
    last = parts[-1]
    if last == "value" and len(parts) > 1:
        return parts[-2]
    return ".".join(parts[-2:]) if len(parts) > 2 else field


def _value(value: Any) -> str:
    return "(none)" if value is None else short(value)
