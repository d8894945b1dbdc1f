"""What an entry of the command registry says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from lwstui.tui.host import Host

ArgKind = Literal[
    "set",
    "group",
    "target",
    "number",
    "role",
    "image",
    "theme",
    "switch",
    "context",
    "namespaces",
    "path",
    "place",
    "word",
    "form",
    "option",
    "on-off",
    "log-part",
    "tab",
    "rest",
]
"""What a word means: ``target`` is a set, group or pod, ``place`` a path, of a pod after a colon,
``log-part`` a role or how far back (``15m``), ``tab`` one of the why screen,
``rest`` all that follows."""

ROLES: Final = ("leader", "worker", "all")
LOG_PART: Final = re.compile(r"(?:--role=)?(all|leader|worker|sub-\d+)|(?:--since=)?(\d+)([smh])")
FORMS: Final = ("text", "csv", "json")
ON_OFF: Final = ("on", "off")
TABS: Final = {
    "crashes": "crashes",
    "fit": "fit",
    "net": "connectivity",
    "hpa": "autoscaling",
    "ctl": "controller",
}
"""Tabs of the why screen, by the words for them."""
SWITCH: Final = ("pause", "resume")


class CommandError(Exception):
    """A command cannot be run; the text is a sentence for the operator."""


class Refused(CommandError):
    """A command that changes something may not be run at present."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command as typed.

    Attributes:
        verb: Its name.
        args: Its words.
        filter: Filter for what it opens, empty for none.
        context: Context to run it in, empty for the present one.
        namespaces: Namespaces to look at for it, none for all; None for those in view.
    """

    verb: str
    args: tuple[str, ...] = ()
    filter: str = ""
    context: str = ""
    namespaces: tuple[str, ...] | None = None

    def arg(self, index: int) -> str:
        """Return a word, empty if it was not given."""
        return self.args[index] if index < len(self.args) else ""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One verb of the command bar.

    Attributes:
        verb: Its name.
        help: What it does.
        run: Does it, or raises a ``CommandError``.
        aliases: Other names.
        args: What its words mean, in order.
        needed: How many of them must be given.
    """

    verb: str
    help: str
    run: Callable[[Host, Command], None]
    aliases: tuple[str, ...] = ()
    args: tuple[ArgKind, ...] = ()
    needed: int = 0

    @property
    def usage(self) -> str:
        """The verb with its arguments, optional ones in brackets."""
        words = [
            kind.upper() if i < self.needed else f"[{kind.upper()}]"
            for i, kind in enumerate(self.args)
        ]
        return " ".join((self.verb, *words))
