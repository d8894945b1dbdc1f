"""Actions on a rollout and on the revisions of a set."""

from __future__ import annotations

from collections.abc import Iterator

from lwstui.tui.actions.spec import ActionSpec


def of_revision() -> Iterator[ActionSpec]:
    """Yield what can be done with a rollout, and with the revision under the cursor."""

    def verb(name: str, title: str, text: str, key: str, *, at: int, danger: int = 0) -> ActionSpec:
        return ActionSpec(f"revision.{name}", title, text, (key,), "revision", danger, priority=at)

    yield verb(
        "open-revision", "Diff", "What the revision under the cursor changed.", "enter", at=5
    )
    yield verb("diff", "Diff", "What the revision under the cursor changed.", "D", at=0)
    yield verb("next-group", "Release next", "Let one more group be updated.", ".", at=10, danger=2)
    yield verb("release-all", "Release all", "Let every group be updated.", ">", at=12, danger=3)
    yield verb("hold", "Hold", "Hold the rollout where it is.", "<", at=14, danger=1)
    yield verb(
        "undo", "Undo", "Go back to the revision under the cursor.", "ctrl+l", at=16, danger=3
    )
    yield verb("logs", "Logs", "Logs of the group that holds the rollout.", "l", at=18)
