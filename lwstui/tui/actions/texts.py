"""Actions of text views and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from lwstui.tui.actions.spec import ActionSpec


def texts(scope: Literal["text", "logs"]) -> Iterator[ActionSpec]:
    """Yield what works in a text view."""

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
    yield spec("full-screen", "Full screen", "Nothing but the text, or all again.", "f")
    yield spec("copy", "Copy", "Copy the text; what is too long goes to a file.", "c")
    yield spec("save", "Save", "Save the text to a file that only you can read.", "ctrl+s")


def documents() -> Iterator[ActionSpec]:
    """Yield what works in descriptions and YAML."""

    def spec(name: str, title: str, text: str, key: str, priority: int) -> ActionSpec:
        return ActionSpec(f"document.{name}", title, text, (key,), "document", 0, "Text", priority)

    yield spec("live", "Live", "Follow the cluster or stand still.", "r", 20)
    yield spec("managed", "Managed fields", "YAML: show or hide managed fields.", "m", 30)
    yield ActionSpec(
        "document.edit", "Edit", "Edit the set or the node.", ("e",), "document", 2, "Text", 35
    )


def logs() -> Iterator[ActionSpec]:
    """Yield what works in logs."""

    def spec(name: str, title: str, text: str, key: str, priority: int = 0) -> ActionSpec:
        return ActionSpec(f"logs.{name}", title, text, (key,), "logs", 0, "Logs", priority)

    yield spec("follow", "Follow", "Follow new lines or stand still.", "s", 10)
    yield spec(
        "only-matches",
        "Matches",
        "Mark matches, show only them, or them and the lines around them.",
        "v",
        20,
    )
    yield spec("fold", "Fold", "Lines that say the same share a row, or not.", "x", 25)
    yield spec("unfold", "Unfold", "Unfold the rows on the screen; again folds them.", "enter", 0)
    yield spec("timestamps", "Times", "Timestamps: off, absolute, relative.", "t", 30)
    yield spec(
        "previous-run",
        "Previous",
        "Previous container run, and what was kept of pods that are gone; or the current one.",
        "p",
        35,
    )
    yield spec("next-role", "Role", "Next role: all, leader, workers, subgroups.", "r", 37)
    yield spec("containers", "Containers", "All containers or the main one.", "a", 55)
    yield spec("pick-container", "Container", "Pick a container.", "A")
    yield spec("sources", "Sources", "Show or hide the source column.", "L", 50)
    yield spec("mark", "Mark", "Draw a line that says when.", "m")
    yield spec("clear", "Clear", "Clear the view.", "C", 60)
    yield from texts("logs")


def sources() -> Iterator[ActionSpec]:
    """Yield what works in the strip of sources under a log."""

    def spec(name: str, title: str, text: str, *keys: str, priority: int = 0) -> ActionSpec:
        return ActionSpec(f"sources.{name}", title, text, keys, "sources", 0, "Sources", priority)

    yield spec("source-left", "Left", "The source before.", "left", "h", "k", "up")
    yield spec("source-right", "Right", "The next source.", "right", "j", "down")
    yield spec("mute", "Mute", "Leave the source out, or show it again.", "space", priority=5)
    yield spec(
        "solo",
        "Solo",
        "Show only this source, or all again; read it if it is only listed.",
        "enter",
        priority=6,
    )
