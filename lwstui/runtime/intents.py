"""What the engine is asked to do, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from lwstui.state.intents import (
    Apply,
    CopyIn,
    Cordon,
    DeleteNode,
    DeletePod,
    DeleteSet,
    Drain,
    Edit,
    Freeze,
    Hold,
    Intent,
    NodeChange,
    PauseController,
    PauseRollout,
    RecreateGroup,
    ResumeRollout,
    RollingRestart,
    Scale,
    SetImage,
    SetPartition,
    SpecChange,
    Undo,
)

__all__ = [
    "Apply",
    "CopyIn",
    "Cordon",
    "DeleteNode",
    "DeletePod",
    "DeleteSet",
    "Drain",
    "Edit",
    "Freeze",
    "Hold",
    "Intent",
    "NodeChange",
    "Outcome",
    "PauseController",
    "PauseRollout",
    "RecreateGroup",
    "ResumeRollout",
    "RollingRestart",
    "Scale",
    "SetImage",
    "SetPartition",
    "SpecChange",
    "Undo",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an intent or of its dry run.

    Attributes:
        ok: The server accepted it.
        message: One sentence: what was done, or what failed, on what, and what to do.
        note: What to know although it was accepted, empty if nothing.
        caution: Whether the note speaks against it.
        moved: It was refused because what it was decided on has changed since.
    """

    ok: bool
    message: str
    note: str = ""
    caution: bool = False
    moved: bool = False
