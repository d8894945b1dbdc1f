"""How keys are written for people: ``ctrl-f``, ``shift-l``, ``enter``."""

from __future__ import annotations

_NAMES = {
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "ctrl+@": "ctrl-space",
    "ctrl+backslash": "ctrl-\\",
}


def display(key: str) -> str:
    """Return a key's name for key lines and help.

    Args:
        key: A key as bindings name it, such as ``ctrl+f``, ``L`` or ``:``.

    Returns:
        Plain ASCII without ``+``: ``ctrl-f``, ``shift-l``, ``:``.
    """
    if key in _NAMES:
        return _NAMES[key]
    if len(key) == 1:
        return f"shift-{key.lower()}" if key.isupper() else key
    return key.replace("+", "-")


def display_all(keys: tuple[str, ...]) -> str:
    """Return several keys as one text; ten digits read as a range."""
    if keys == tuple("0123456789"):
        return "0-9"
    return " ".join(dict.fromkeys(display(key) for key in keys))
