"""Commands that ask what is wrong."""

from __future__ import annotations

from typing import Final

from lwstui.tui.commands.meaning import target
from lwstui.tui.commands.spec import TABS, Command, CommandSpec
from lwstui.tui.host import Host
from lwstui.tui.routes import Route


def _why(host: Host, command: Command) -> None:
    tab = TABS.get(command.arg(1), "why")
    host.goto(Route("why", target(host, command)), top=True, tab=tab)


def _insights(host: Host, command: Command) -> None:
    del command
    host.goto(Route("insights"), top=True)


def _telemetry(host: Host, command: Command) -> None:
    del command
    host.goto(Route("telemetry"), top=True)


def _idle(host: Host, command: Command) -> None:
    del command
    host.goto(Route("idle"), top=True)


COMMANDS: Final = (
    CommandSpec("why", "why something is as it is", _why, (), ("target", "tab"), 1),
    CommandSpec("insights", "everything that is wrong", _insights, ("problems",)),
    CommandSpec("telemetry", "where measured numbers come from", _telemetry, ("metrics",)),
    CommandSpec("idle", "accelerators that are held and do nothing", _idle),
)
