"""The one registry of everything that can be typed in the command bar."""

from __future__ import annotations

from typing import Final

from lwstui.tui.commands import (
    changing,
    copying,
    diagnosing,
    going,
    manifests,
    overtime,
    program,
    tables,
    taping,
)
from lwstui.tui.commands.spec import CommandSpec

COMMANDS: Final[tuple[CommandSpec, ...]] = (
    *going.COMMANDS,
    *overtime.COMMANDS,
    *diagnosing.COMMANDS,
    *changing.COMMANDS,
    *copying.COMMANDS,
    *manifests.COMMANDS,
    *tables.COMMANDS,
    *taping.COMMANDS,
    *program.COMMANDS,
)
"""Every command; the order is that of the help screen and of completion."""
