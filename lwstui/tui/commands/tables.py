"""Commands about what is shown: columns, copies, saved screens, the mouse."""

from __future__ import annotations

from typing import Final

from lwstui.tui.commands.spec import FORMS, Command, CommandError, CommandSpec
from lwstui.tui.host import Host
from lwstui.tui.saving import pick_saved


def _columns(host: Host, command: Command) -> None:
    del command
    host.front.choose_columns()


def _copy(host: Host, command: Command) -> None:
    del command
    host.front.copy_names()


def _save(host: Host, command: Command) -> None:
    form = command.arg(0)
    if form and form not in FORMS:
        raise CommandError(f"“{form}” is not a format: {', '.join(FORMS)}")
    host.front.save_shown(form)


def _shot(host: Host, command: Command) -> None:
    del command
    host.run_task(pick_saved(host))


COMMANDS: Final = (
    CommandSpec("columns", "choose columns and their order", _columns, ("cols",)),
    CommandSpec("copy", "copy the name of what is selected", _copy),
    CommandSpec("save", "save what is shown as text, csv or json", _save, (), ("form",)),
    CommandSpec("shot", "saved screens", _shot, ("sd",)),
)
