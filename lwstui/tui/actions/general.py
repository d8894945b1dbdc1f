"""Actions that are not about one object: everywhere, moving, tables and maps."""

from __future__ import annotations

from collections.abc import Iterator

from lwstui.tui.actions.spec import ActionSpec


def everywhere() -> Iterator[ActionSpec]:
    """Yield what works on every screen."""

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
    yield spec("clear-text", "Clear", "Clear the filter, or what is typed.", "ctrl+q")
    yield spec("leave", "Leave", "Leave this screen.", "q")
    yield spec("history-back", "Back in history", "Go to where you were before.", "[")
    yield spec("history-forward", "Forward in history", "Undo a step back in history.", "]")
    yield spec("reload", "Reload", "List everything again now, ignoring caches.", "ctrl+r")
    yield spec("palette", "Palette", "Search every object and action.", "ctrl+p")
    yield spec(
        "next-problem", "Next problem", "Go to the next thing that is not fine.", "!", priority=75
    )
    yield spec("toggle-header", "Header", "Show or hide the first lines.", "ctrl+e")
    yield spec("toggle-crumbs", "Crumbs", "Show or hide the breadcrumbs.", "ctrl+g")
    yield spec("aliases", "Aliases", "Commands, aliases, own keys and plugins.", "ctrl+a")
    yield spec("repeat", "Repeat", "Run the last command again.", "-")
    yield spec(
        "to-namespace", "Its namespace", "Look at the namespace of what is selected only.", "W"
    )
    yield spec("events", "Events", "Events of what is selected.", "E")
    yield spec(
        "choice", "Choices", "Pick one of the numbered choices.", *"0123456789", per_key=True
    )
    yield spec("save", "Save", "Save what is shown as text, CSV or JSON.", "ctrl+s")
    yield spec("quit-guard", "Quit", "Leave the program; asks if something is at stake.", "ctrl+c")


def moves() -> Iterator[ActionSpec]:
    """Yield what works in everything with a cursor."""

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
    yield spec("mark", "Mark", "Mark what is under the cursor, or take its mark away.", "space")
    yield spec(
        "mark-range", "Mark range", "Mark from the last mark to here.", "ctrl+@", "ctrl+space"
    )
    yield spec("clear-marks", "Clear marks", "Take all marks away.", "ctrl+backslash")


def tables() -> Iterator[ActionSpec]:
    """Yield what works in tables, and in maps."""
    yield ActionSpec(
        "table.sort-by",
        "Sort",
        "Sort by name, age, state, namespace or ready; again reverses.",
        tuple("NASPR"),
        "table",
        group="Move",
        per_key=True,
    )

    def spec(name: str, title: str, text: str, key: str) -> ActionSpec:
        return ActionSpec(f"table.{name}", title, text, (key,), "table", group="Tables")

    yield spec("pick-left", "Pick left", "Pick the column to the left.", "shift+left")
    yield spec("pick-right", "Pick right", "Pick the column to the right.", "shift+right")
    yield spec("sort-picked", "Sort picked", "Sort by the picked column; again reverses.", "O")
    yield spec("wide", "Wide", "Show all columns, or those that fit.", "ctrl+w")
    yield spec("columns", "Columns", "Choose columns and their order.", "ctrl+o")
    yield spec("faults", "Faults only", "Show only what is not fine, or all.", "ctrl+z")
    yield ActionSpec(
        "map.faults",
        "Exceptions",
        "Go to the list of what is not fine.",
        ("ctrl+z",),
        "map",
        group="Move",
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
