"""The one registry of everything a key can do.

Bindings, key line, help and the key reference are generated from it. A binding runs the Textual
action named after the last part of its id: ``set.scale`` runs ``action_scale`` of the widget or
screen that has the binding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from textual.binding import Binding

from lwstui.tui.actions.activity import of_activity, of_controller, of_event, of_tree
from lwstui.tui.actions.general import everywhere, moves, tables
from lwstui.tui.actions.manifests import of_apply, of_check, of_create, of_takeover
from lwstui.tui.actions.objects import of_group, of_node, of_pod, of_set
from lwstui.tui.actions.revisions import of_revision
from lwstui.tui.actions.spec import ActionSpec, Scope
from lwstui.tui.actions.tapes import of_tape
from lwstui.tui.actions.texts import documents, logs, sources, texts

__all__ = ["ACTIONS", "ActionSpec", "Scope", "actions", "bindings"]

ACTIONS: Final[tuple[ActionSpec, ...]] = (
    *everywhere(),
    *moves(),
    *tables(),
    *of_set(),
    *of_group(),
    *of_pod(),
    *of_node(),
    *of_revision(),
    *of_activity(),
    *of_controller(),
    *of_event(),
    *of_tree(),
    *texts("text"),
    *documents(),
    *logs(),
    *sources(),
    *of_apply(),
    *of_check(),
    *of_takeover(),
    *of_create(),
    *of_tape(),
)
"""Every action of the console."""


def actions(scope: Scope) -> tuple[ActionSpec, ...]:
    """Return the actions of one scope."""
    return tuple(spec for spec in ACTIONS if spec.scope == scope)


def bindings(scope: Scope) -> list[Binding]:
    """Return a scope's bindings; their ids are those of the actions, so keymaps can move them."""
    return [binding for spec in actions(scope) for binding in _bindings(spec)]


def _bindings(spec: ActionSpec) -> Iterator[Binding]:
    priority = spec.keys == ("ctrl+c",)  # must work while a prompt has the focus
    for key in spec.keys:
        action = f"{spec.action}({key!r})" if spec.per_key else spec.action
        yield Binding(key, action, spec.title, show=False, id=spec.id, priority=priority)
