"""What words may be, for completion."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from lwstui.config.schema import SCHEMA
from lwstui.runtime.sources import names_here
from lwstui.tui.commands.objects import object_names
from lwstui.tui.commands.spec import FORMS, ON_OFF, ROLES, SWITCH, TABS, ArgKind
from lwstui.tui.host import Host
from lwstui.tui.places import ALL, known_namespaces


def _sets(host: Host) -> list[str]:
    return object_names(host.snapshot.sets)


def _contexts(host: Host) -> list[str]:
    return [facts.name for facts in host.snapshot.cluster.contexts]


def _namespaces(host: Host) -> list[str]:
    return [ALL, *known_namespaces(host.snapshot)]


VALUES: Final[dict[ArgKind, Callable[[Host], list[str]]]] = {
    "set": _sets,
    "group": _sets,
    "target": _sets,
    "role": lambda _: [*ROLES],
    "log-part": lambda _: [*ROLES, "5m", "15m", "1h"],
    "tab": lambda _: [*TABS],
    "switch": lambda _: [*SWITCH],
    "form": lambda _: [*FORMS],
    "option": lambda _: [one.path for one in SCHEMA if one.live],
    "on-off": lambda _: [*ON_OFF],
    "theme": lambda host: sorted(host.available_themes),
    "context": _contexts,
    "namespaces": _namespaces,
    "path": lambda _: [*names_here()],
}
"""Values by kind; kinds that are not here have none to offer."""


OBJECTS: Final[frozenset[ArgKind]] = frozenset({"set", "group", "target"})
"""Kinds of words that name a set first."""


def values(host: Host, line: str = "") -> Callable[[ArgKind], list[str]]:
    """Return what words of each kind may be at present.

    Args:
        host: The console.
        line: What is typed so far: names are whole where its last word has a namespace.
    """
    return partial(_values, host, "/" in line.rpartition(" ")[2])


def _values(host: Host, whole: bool, kind: ArgKind) -> list[str]:
    if whole and kind in OBJECTS:
        return sorted(map(str, host.snapshot.sets))
    found = VALUES.get(kind)
    return [] if found is None else found(host)
