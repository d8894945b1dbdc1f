"""What the words of a command mean, for the functions that run it."""

from __future__ import annotations

from lwstui.tui import targets
from lwstui.tui.commands.objects import resolve
from lwstui.tui.commands.spec import Command, CommandError, Refused
from lwstui.tui.host import Host
from lwstui.view.types import Ref


def target(host: Host, command: Command) -> Ref:
    """Return the object that the first word names.

    Raises:
        CommandError: If there is none, or several.
    """
    return resolve(host.snapshot, command.arg(0))


def one_set(host: Host, command: Command) -> Ref:
    """Return the set that the first word names.

    Raises:
        CommandError: If there is none, or it is something else.
    """
    ref = target(host, command)
    if ref.kind != "set":
        raise CommandError(f"“{command.arg(0)}” is a {ref.kind}, not a set")
    return ref


def writable(host: Host) -> None:
    """Refuse to go on where nothing may be changed.

    Raises:
        Refused: It says why.
    """
    why = targets.refusal(host.snapshot, read_only=host.read_only)
    if why:
        raise Refused(why)
