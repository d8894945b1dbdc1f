"""Actions on objects that are about to go into the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from lwstui.tui.actions.spec import ActionSpec


def of_apply() -> Iterator[ActionSpec]:
    """Yield what works on the plan of an apply."""

    def spec(
        name: str, title: str, text: str, key: str, *, at: int = 0, danger: int = 0
    ) -> ActionSpec:
        return ActionSpec(f"apply.{name}", title, text, (key,), "apply", danger, priority=at)

    yield spec("apply", "Apply chosen", "Apply what is chosen, in order.", "a", at=5, danger=2)
    yield spec("choose-object", "Choose", "Send this object, or leave it out.", "space", at=10)
    yield spec(
        "ownership",
        "Fields of others",
        "Leave out the fields that others own, or take them over.",
        "o",
        at=15,
    )
    yield spec("whole-diff", "Diff", "The diff as YAML, or its fields alone.", "D", at=20)
    yield spec("edit-file", "Edit file", "Edit this object's file, then plan again.", "e", at=22)
    yield spec(
        "undo-apply", "Undo last", "Plan what takes the last apply of this back.", "ctrl+l", at=30
    )
    yield spec("plan-again", "Plan again", "Read the files and ask again.", "ctrl+r", at=25)


def of_check() -> Iterator[ActionSpec]:
    """Yield what works on findings about manifests."""
    yield ActionSpec(
        "check.plan", "Plan", "Go on to what would change.", ("a",), "check", 0, priority=5
    )
    yield ActionSpec(
        "check.check-again",
        "Check again",
        "Read the files and ask again.",
        ("ctrl+r",),
        "check",
        priority=10,
    )


def of_takeover() -> Iterator[ActionSpec]:
    """Yield what works on who controls which set."""
    yield ActionSpec(
        "takeover.take-over",
        "Take over",
        "Move the marked sets, or this one, to this controller.",
        ("a",),
        "takeover",
        4,
        priority=5,
    )
    yield ActionSpec(
        "takeover.look-again",
        "Look again",
        "Ask again who controls what.",
        ("ctrl+r",),
        "takeover",
        priority=10,
    )


def of_create() -> Iterator[ActionSpec]:
    """Yield what works in the form of a new set."""

    def spec(name: str, title: str, text: str, key: str, at: int) -> ActionSpec:
        return ActionSpec(f"create.{name}", title, text, (key,), "create", priority=at)

    yield spec("plan-new", "Plan", "Keep the manifest and go on to its plan.", "enter", 5)
    yield spec("next-field", "Next field", "Go to the next field.", "down", 10)
    yield spec("previous-field", "Field before", "Go to the field before.", "up", 15)
