"""The one registry of everything a key can do.

Bindings, key line, help and the key reference are generated from it. A binding runs the Textual
action named after the last part of its id: ``set.scale`` runs ``action_scale`` of the widget or
screen that has the binding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from textual.binding import Binding

Scope = Literal[
    "everywhere", "list", "table", "map", "set", "group", "pod", "node", "event", "text", "logs"
]
"""Where a key works: ``list`` in everything with a cursor, ``table`` and ``map`` in addition in
those widgets, ``set`` to ``event`` on what is selected, ``text`` and ``logs`` in text views."""


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


def _everywhere() -> Iterator[ActionSpec]:
    def spec(
        name: str, title: str, text: str, *keys: str, priority: int = 0, per_key: bool = False
    ) -> ActionSpec:
        return ActionSpec(
            f"app.{name}", title, text, keys, "everywhere", 0, "Go", priority, per_key
        )

    yield spec("command", "Command", "Open the command bar.", ":", priority=85)
    yield spec("filter", "Filter", "Filter or search what this screen shows.", "/", priority=80)
    yield spec("help", "Help", "Show the keys of this screen.", "?", priority=90)
    yield spec("step-out", "Back", "Step out: prompt, filter, then the previous screen.", "escape")
    yield spec("leave", "Leave", "Leave this screen.", "q")
    yield spec("history-back", "Back in history", "Go to where you were before.", "[")
    yield spec("history-forward", "Forward in history", "Undo a step back in history.", "]")
    yield spec("reload", "Reload", "List everything again now, ignoring caches.", "ctrl+r")
    yield spec("palette", "Palette", "Search every object and action.", "ctrl+p")
    yield spec(
        "next-problem", "Next problem", "Go to the next thing that is not fine.", "!", priority=75
    )
    yield spec("toggle-header", "Header", "Show or hide the first lines.", "ctrl+e")
    yield spec("events", "Events", "Events of what is selected.", "E")
    yield spec(
        "choice", "Choices", "Pick one of the numbered choices.", *"0123456789", per_key=True
    )
    yield spec("quit-guard", "Quit", "Leave the program; asks if something is at stake.", "ctrl+c")


def _moves() -> Iterator[ActionSpec]:
    def spec(name: str, title: str, text: str, *keys: str) -> ActionSpec:
        return ActionSpec(f"list.{name}", title, text, keys, "list", 0, "Move")

    yield spec("cursor-down", "Down", "Next line.", "j", "down")
    yield spec("cursor-up", "Up", "Previous line.", "k", "up")
    yield spec("cursor-left", "Left", "Columns or cell to the left.", "h", "left")
    yield spec("cursor-right", "Right", "Columns or cell to the right.", "right")
    yield spec("cursor-first", "First", "First line.", "g", "home")
    yield spec("cursor-last", "Last", "Last line.", "G", "end")
    yield spec("page-down", "Page down", "One page down.", "ctrl+f", "pagedown")
    yield spec("page-up", "Page up", "One page up.", "ctrl+b", "pageup")
    yield spec("open-cursor", "Open", "Open what is under the cursor.", "enter")


def _tables() -> Iterator[ActionSpec]:
    yield ActionSpec(
        "table.sort-by",
        "Sort",
        "Sort by name, age, state, namespace or ready; again reverses.",
        tuple("NASPR"),
        "table",
        group="Move",
        per_key=True,
    )
    yield ActionSpec(
        "map.cycle-zoom",
        "Zoom",
        "Next zoom level of the map.",
        ("ctrl+w",),
        "map",
        group="Move",
        priority=60,
    )


def _verb(
    scope: Scope, name: str, title: str, text: str, key: str, *, at: int = 0, danger: int = 0
) -> ActionSpec:
    return ActionSpec(f"{scope}.{name}", title, text, (key,), scope, danger, priority=at)


def _reading(scope: Scope, what: str) -> Iterator[ActionSpec]:
    yield _verb(scope, "describe", "Describe", f"Describe {what}.", "d", at=65)
    yield _verb(scope, "yaml", "YAML", f"YAML of {what}.", "y", at=70)


def _set() -> Iterator[ActionSpec]:
    verb = partial(_verb, "set")
    yield verb("open", "Open", "Groups of the set as a map and as a list.", "enter", at=5)
    yield verb("logs", "Logs", "Logs of all leaders, merged by time.", "l", at=10)
    yield verb("all-logs", "All logs", "Logs of all leaders and workers, merged.", "L", at=72)
    yield verb("scale", "Scale", "Change the number of groups.", "s", at=20, danger=2)
    yield verb("restart", "Restart", "Recreate all groups, rolling.", "r", at=25, danger=3)
    yield verb("image", "Image", "Set container images, rolling.", "i", at=30, danger=2)
    yield verb("undo", "Undo", "Go back to the revision before.", "ctrl+l", danger=3)
    yield verb("pause-rollout", "Pause", "Let no further group be replaced.", "<", danger=2)
    yield verb("resume-rollout", "Resume", "Let a paused rollout go on.", ">", danger=3)
    yield verb("next-group", "Next group", "Let one more group be updated.", ".", danger=2)
    yield verb("nodes", "GPUs", "Nodes and their accelerators.", "m", at=35)
    yield verb("previous-logs", "Previous logs", "Logs of the previous runs.", "p", at=74)
    yield from _reading("set", "the set")


def _group() -> Iterator[ActionSpec]:
    verb = partial(_verb, "group")
    yield verb("open", "Pods", "Pods of the group.", "enter", at=5)
    yield verb("logs", "Logs", "Logs of leader and workers, merged by time.", "l", at=10)
    yield verb(
        "recreate", "Recreate group", "Delete the leader and its workers.", "r", at=25, danger=3
    )
    yield from _reading("group", "the group's leader")


def _pod() -> Iterator[ActionSpec]:
    verb = partial(_verb, "pod")
    yield verb("logs", "Logs", "Logs of the pod.", "l", at=10)
    yield verb("previous-logs", "Previous logs", "Logs of the previous run.", "p", at=20)
    yield verb("recreate", "Recreate group", "Recreate the pod's group.", "r", at=25, danger=3)
    yield from _reading("pod", "the pod")


def _node() -> Iterator[ActionSpec]:
    yield _verb("node", "open", "Pods", "Pods on the node.", "enter", at=5)
    yield from _reading("node", "the node")


def _texts(scope: Literal["text", "logs"]) -> Iterator[ActionSpec]:
    def spec(name: str, title: str, text: str, *keys: str, priority: int = 0) -> ActionSpec:
        return ActionSpec(f"{scope}.{name}", title, text, keys, scope, 0, "Text", priority)

    yield spec("line-down", "Down", "One line down.", "j", "down")
    yield spec("line-up", "Up", "One line up.", "k", "up")
    yield spec("text-left", "Left", "To the left.", "h", "left")
    yield spec("text-right", "Right", "To the right.", "right")
    yield spec("first-line", "First", "First line.", "g", "home")
    yield spec("last-line", "Last", "Last line; in logs also follows again.", "G", "end")
    yield spec("text-page-down", "Page down", "One page down.", "ctrl+f", "pagedown")
    yield spec("text-page-up", "Page up", "One page up.", "ctrl+b", "pageup")
    yield spec("half-page-down", "Half page down", "Half a page down.", "ctrl+d")
    yield spec("half-page-up", "Half page up", "Half a page up.", "ctrl+u")
    yield spec("next-match", "Next match", "Next match of the search.", "n", priority=40)
    yield spec("previous-match", "Previous match", "Previous match of the search.", "N")
    yield spec("wrap", "Wrap", "Wrap long lines or not.", "w", priority=45)


def _logs() -> Iterator[ActionSpec]:
    def spec(name: str, title: str, text: str, key: str, priority: int) -> ActionSpec:
        return ActionSpec(f"logs.{name}", title, text, (key,), "logs", 0, "Logs", priority)

    yield spec("follow", "Follow", "Follow new lines or stand still.", "s", 10)
    yield spec("only-matches", "Only matches", "Show only matches, or mark them.", "v", 20)
    yield spec("timestamps", "Times", "Timestamps: off, absolute, relative.", "t", 30)
    yield spec("sources", "Sources", "Show or hide the source column.", "L", 50)
    yield spec("previous-run", "Previous", "Previous container run or the current one.", "p", 35)
    yield spec("clear", "Clear", "Clear the view.", "C", 60)
    yield from _texts("logs")


ACTIONS: Final[tuple[ActionSpec, ...]] = (
    *_everywhere(),
    *_moves(),
    *_tables(),
    *_set(),
    *_group(),
    *_pod(),
    *_node(),
    *_texts("text"),
    *_logs(),
)
"""Every action of the console."""


def actions(scope: Scope) -> tuple[ActionSpec, ...]:
    """Return the actions of one scope."""
    return tuple(spec for spec in ACTIONS if spec.scope == scope)


def bindings(scope: Scope) -> list[Binding]:
    """Return a scope's bindings; their ids are those of the actions, so keymaps can move them."""
    return [binding for spec in actions(scope) for binding in _bindings(spec)]


def _bindings(spec: ActionSpec) -> Iterator[Binding]:
    priority = spec.keys == ("ctrl+c",)  # must work while a prompt has the focus
    for key in spec.keys:
        action = f"{spec.action}({key!r})" if spec.per_key else spec.action
        yield Binding(key, action, spec.title, show=False, id=spec.id, priority=priority)
