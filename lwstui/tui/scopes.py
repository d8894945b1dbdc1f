"""The keys of one screen: several scopes of the action registry laid over each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.binding import Binding

from lwstui.tui.actions import ActionSpec, Scope, actions, bindings
from lwstui.tui.keys import display

APP_ACTIONS = frozenset({"app.palette", "app.quit-guard"})
"""Actions that work in front of dialogs too; all others belong to screens."""

TEXTS: Final[frozenset[Scope]] = frozenset({"text", "logs", "sources"})
"""Scopes of screens that have no rows, hence no next problem."""


def specs(*scopes: Scope) -> tuple[ActionSpec, ...]:
    """Return the actions of scopes; where two want one key, the first scope has it."""
    taken: set[str] = set()
    found: list[ActionSpec] = []
    for scope in scopes:
        free = [spec for spec in actions(scope) if taken.isdisjoint(spec.keys)]
        found += free
        taken.update(key for spec in free for key in spec.keys)
    return tuple(found)


def screen_bindings(*scopes: Scope) -> list[Binding]:
    """Return bindings for the actions of scopes and for those that work on every screen."""
    wanted = {spec.id for spec in specs(*scopes, "everywhere")} - APP_ACTIONS
    return [b for scope in (*scopes, "everywhere") for b in bindings(scope) if b.id in wanted]


def tab_bindings(*scopes: Scope) -> list[Binding]:
    """Return bindings for all actions of scopes, of a screen whose tabs lend them one by one.

    Where two scopes want one key, ``check_action`` of the screen says which has it at present;
    if both may, the first scope.
    """
    found = [b for scope in (*scopes, "everywhere") for b in bindings(scope)]
    return [binding for binding in found if binding.id not in APP_ACTIONS]


def app_bindings() -> list[Binding]:
    """Return bindings of the application itself."""
    return [binding for binding in bindings("everywhere") if binding.id in APP_ACTIONS]


def key_pairs(offered: Iterable[tuple[ActionSpec, str]]) -> list[tuple[str, str]]:
    """Return (key, label) pairs for the key line, the most useful first.

    Args:
        offered: Actions, each with why it cannot be had.
    """
    shown = [spec for spec, why in offered if spec.priority and spec.keys and not why]
    shown.sort(key=lambda spec: spec.priority)
    return [(display(spec.keys[0]), spec.title) for spec in shown]
