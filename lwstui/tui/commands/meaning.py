"""What the words of a command mean, for the functions that run it."""

from __future__ import annotations

from lwstui.tui import targets
from lwstui.tui.commands.objects import resolve
from lwstui.tui.commands.spec import Command, CommandError, Refused
from lwstui.tui.host import Host
from lwstui.view.types import Ref


def target(host: Host, command: Command, at: int = 0) -> Ref:
    """Return the object that a word names, the first one if no other is meant.

    Raises:
        CommandError: If there is none, or several.
    """
    return resolve(host.snapshot, command.arg(at))


def one_set(host: Host, command: Command, at: int = 0) -> Ref:
    """Return the set that a word names, the first one if no other is meant.

    Raises:
        CommandError: If there is none, or it is something else.
    """
    ref = target(host, command, at)
    if ref.kind != "set":
        raise CommandError(f"“{command.arg(at)}” is a {ref.kind}, not a set")
    return ref


def writable(host: Host) -> None:
    """Refuse to go on where nothing may be changed.

    Raises:
        Refused: It says why.
    """
    why = targets.refusal(host.snapshot, read_only=host.read_only)
    if why:
        raise Refused(why)
