"""Actions on what happened: what was done, the controller that does it, events."""

from __future__ import annotations

from collections.abc import Iterator

from lwstui.tui.actions.spec import ActionSpec


def of_event() -> Iterator[ActionSpec]:
    """Yield what can be done with events."""
    text = "Open what the event is about."
    yield ActionSpec("event.open", "Open", text, ("enter",), "event", priority=5)
    yield ActionSpec(
        "event.fold",
        "Together",
        "One row for each object and reason, for each group and reason, or for each event.",
        ("x",),
        "event",
        priority=20,
    )


def of_tree() -> Iterator[ActionSpec]:
    """Yield what can be done with a tree."""
    text = "Open what is under the cursor, or fold it."
    yield ActionSpec("tree.fold", "Fold", text, ("x",), "tree", priority=6)
    text = "Groups against topology domains; of a pod, copy files."
    yield ActionSpec("tree.placement", "Placement", text, ("t",), "tree", priority=40)


def of_controller() -> Iterator[ActionSpec]:
    """Yield what can be done with the controller in this process."""
    yield ActionSpec(
        "controller.pause-controller",
        "Pause or resume",
        "Pause the controller in this console, or let it act again.",
        ("p",),
        "controller",
        1,
        priority=8,
    )
    yield ActionSpec(
        "controller.pause-set",
        "Pause for set",
        "Pause the controller for the set alone, wherever it runs, or let it serve the set again.",
        ("x",),
        "controller",
        1,
        priority=9,
    )


def of_activity() -> Iterator[ActionSpec]:
    """Yield what can be done with a line of activity."""

    def verb(name: str, title: str, text: str, key: str, *, at: int, danger: int = 0) -> ActionSpec:
        return ActionSpec(f"activity.{name}", title, text, (key,), "activity", danger, priority=at)

    yield verb("open-details", "Details", "Show or hide the details.", "enter", at=5)
    yield verb("open-object", "Object", "Open what was changed.", "o", at=10)
    yield verb(
        "reverse",
        "Take back",
        "Take the change back, where that is possible.",
        "ctrl+l",
        at=15,
        danger=2,
    )
