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


def logs() -> Iterator[ActionSpec]:
    """Yield what works in logs."""

    def spec(name: str, title: str, text: str, key: str, priority: int) -> ActionSpec:
        return ActionSpec(f"logs.{name}", title, text, (key,), "logs", 0, "Logs", priority)

    yield spec("follow", "Follow", "Follow new lines or stand still.", "s", 10)
    yield spec("only-matches", "Only matches", "Show only matches, or mark them.", "v", 20)
    yield spec("timestamps", "Times", "Timestamps: off, absolute, relative.", "t", 30)
    yield spec("sources", "Sources", "Show or hide the source column.", "L", 50)
    yield spec("previous-run", "Previous", "Previous container run or the current one.", "p", 35)
    yield spec("clear", "Clear", "Clear the view.", "C", 60)
    yield from texts("logs")
