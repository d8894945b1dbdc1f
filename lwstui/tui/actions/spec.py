"""What an entry of the action registry says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal[
    "everywhere",
    "list",
    "table",
    "map",
    "set",
    "group",
    "pod",
    "node",
    "event",
    "text",
    "logs",
    "document",
    "sources",
    "apply",
    "revision",
    "activity",
    "controller",
    "tree",
    "check",
    "takeover",
    "create",
]
"""Where a key works: ``list`` in everything with a cursor, ``table`` and ``map`` in addition in
those widgets, ``set`` to ``event`` and ``revision`` on what is selected, ``text`` and ``logs`` in
text views, ``document`` in descriptions and YAML, ``sources`` in the strip under a log, ``apply``
on the plan of an apply, ``check`` on findings about manifests, ``activity`` on what was done,
``takeover`` on who controls which set, ``controller`` on the controller in this process,
``create`` in the form of a new set,
``tree`` in the tree of a set."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing that keys do.

    Attributes:
        id: Scope and action, such as ``set.scale``; stable, keymaps use it.
        title: A word or two, for key line, palette and help.
        help: One sentence.
        keys: As Textual names them; the first one is shown.
        scope: Where it works.
        danger: 0 reads; 1 asks yes or no; 2 opens a dialog; 3 opens a dialog that shows what
            stops serving; 4 wants the name typed everywhere.
        group: Section of the help screen.
        priority: Place in the key line, low first; 0 keeps it out.
        per_key: The key is handed to the action as its argument.
    """

    id: str
    title: str
    help: str
    keys: tuple[str, ...]
    scope: Scope
    danger: int = 0
    group: str = "This screen"
    priority: int = 0
    per_key: bool = False

    @property
    def action(self) -> str:
        """Name of the Textual action."""
        return self.id.rpartition(".")[2].replace("-", "_")
