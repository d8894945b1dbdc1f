"""Commands about what is shown: columns, copies, saved screens, the mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lwstui.tui.commands.objects import nearest
from lwstui.tui.commands.spec import FORMS, ON_OFF, Command, CommandError, CommandSpec
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


def _option(host: Host, command: Command) -> None:
    key, value = command.arg(0), command.arg(1)
    if key not in OPTIONS:
        near = nearest(key, OPTIONS)
        hint = f"; did you mean “{near}”?" if near else f"; there are {', '.join(OPTIONS)}"
        raise CommandError(f"no option “{key}”{hint}")
    if value not in ON_OFF:
        raise CommandError(f"{key} is {' or '.join(ON_OFF)}")
    OPTIONS[key](host, value == ON_OFF[0])


def _mouse(host: Host, wanted: bool) -> None:
    host.use_mouse(wanted=wanted)
    host.say("the mouse is ours again" if wanted else "the mouse is the terminal's", "dim")


OPTIONS: Final[Mapping[str, Callable[[Host, bool], None]]] = {"mouse": _mouse}
"""What can be switched until the program ends."""

COMMANDS: Final = (
    CommandSpec("columns", "choose columns and their order", _columns, ("cols",)),
    CommandSpec("copy", "copy the name of what is selected", _copy),
    CommandSpec("save", "save what is shown as text, csv or json", _save, (), ("form",)),
    CommandSpec("shot", "saved screens", _shot, ("sd",)),
    CommandSpec("opt", "a setting, until the program ends", _option, (), ("option", "on-off"), 2),
)
