"""The key reference page, generated from the registry: ``python -m lwstui.tui.reference``."""

from __future__ import annotations

import sys
from typing import Final, get_args

from lwstui.tui.actions import ACTIONS, Scope
from lwstui.tui.keys import display_all

_PLACES: Final[dict[Scope, str]] = {
    "everywhere": "Everywhere",
    "list": "Lists, tables and maps",
    "table": "Tables",
    "map": "Group map",
    "set": "On a set",
    "group": "On a group",
    "pod": "On a pod",
    "node": "On a node",
    "event": "On an event",
    "activity": "On what was done",
    "controller": "On the controller",
    "tree": "In the tree of a set",
    "revision": "On a rollout and its revisions",
    "text": "Text views",
    "logs": "Logs",
    "document": "Descriptions and YAML",
    "sources": "Sources of a log",
    "apply": "On the plan of an apply",
    "check": "On findings about manifests",
    "takeover": "On who controls which set",
    "create": "In the form of a new set",
}
_DANGER: Final = ("", "asks yes or no", "asks", "asks, shows what stops", "asks for the name")
_HEAD: Final = """\
# Keys

Generated from the program's own registry (`make docs`). A key never changes the cluster by
itself: where the last column says so, it opens a dialog first. Keys can be changed in
`keymap.yaml`, by id: `set.scale: S`; [settings](config.md) says more.
"""


def page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for scope in get_args(Scope):
        found = [action for action in ACTIONS if action.scope == scope]
        if not found:
            continue
        parts.append(
            f"\n## {_PLACES[scope]}\n\n| key | id | what it does | |\n| --- | --- | --- | --- |\n"
        )
        for action in found:
            keys = " ".join(f"`{_cell(key)}`" for key in display_all(action.keys).split(" "))
            parts.append(
                f"| {keys} | {action.id} | {_cell(action.help)} | {_DANGER[action.danger]} |\n"
            )
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
