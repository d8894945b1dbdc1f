"""Editing an object in the operator's editor, or its common fields in a form."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, NODES, Resource
from controller.errors import ControllerError
from lwstui.runtime.intents import Edit
from lwstui.state.editing import editable, rebased
from lwstui.state.fields import changed, fields
from lwstui.state.patches import Unpatchable
from lwstui.tui import targets
from lwstui.tui.edited import Unreadable, again, offered, same, understood
from lwstui.tui.handoff import EditorFailed, NoTerminal, editor
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.screens.modals.form import Asked, FormDialog
from lwstui.tui.verbs.asking import impact_of, submit
from lwstui.view.types import Ref


@dataclass(frozen=True, slots=True)
class _Source:
    """An object as it was read to be edited.

    Attributes:
        body: What may be edited of it.
    """

    resource: Resource
    key: Key
    uid: str
    body: dict[str, Any]

    def intent(self, after: Mapping[str, Any]) -> Edit:
        """Return the change to another state."""
        return Edit(self.key, self.resource, self.uid, self.body, after)


async def edit(host: Host, ref: Ref | None) -> None:
    """Open what is selected in an editor, and send what was changed once it is confirmed."""
    source = await _read(host, ref)
    if source is None:
        return
    text = offered(source.body)
    while True:
        try:
            left = host.edit_text(text, editor(os.environ), name=f"{source.key.name}.yaml")
        except (NoTerminal, EditorFailed) as error:
            host.say(str(error), "bad")
            return
        if same(left, text):
            host.say("nothing was changed, nothing was sent", "dim")
            return
        try:
            intent = source.intent(understood(left, source.body))
        except Unreadable as error:
            text = again(left, f"Not sent, because {error}")
            continue
        problem = await _send(host, intent)
        if problem is None:
            return
        fresh = await _read(host, ref)
        if fresh is None:
            return
        # Three ways: what was edited, onto what it is by now.
        merged = rebased(source.body, intent.after, fresh.body)
        source, text = fresh, again(offered(merged), problem)


async def _send(host: Host, intent: Edit) -> str | None:
    """Ask, and send; return why it could not be sent, None when there is nothing more to do."""
    if impact_of(host, intent).refused == "nothing was changed":
        host.say("nothing was changed, nothing was sent", "dim")
        return None
    verdict = await asyncio.wrap_future(host.backend.dry_run(intent))
    if not verdict.ok:
        return f"Not sent, because the server says: {verdict.message}"
    dialog = ConfirmDialog(
        impact_of(host, intent),
        host.backend.dry_run(intent),
        again=lambda: host.backend.dry_run(intent),
        live=lambda: impact_of(host, intent),
        confirm="Send",
    )
    if not await host.ask(dialog):
        host.say("nothing was sent", "dim")
        return None
    outcome = await submit(host, intent)
    return None if outcome.ok else f"Not sent, because {outcome.message}"


async def edit_fields(host: Host, key: Key) -> None:
    """Ask for the common fields of a set, and send what was changed once it is confirmed."""
    source = await _read(host, Ref("set", *key))
    if source is None:
        return

    def wrong(values: dict[str, str]) -> str:
        try:
            changed(source.body, values)
        except Unpatchable as error:
            return str(error)
        return ""

    asked = [Asked(one.name, one.value, one.hint) for one in fields(source.body)]
    what = ("Empty takes a field away. What it does is shown before it is sent.",)
    dialog = FormDialog(f"FIELDS OF {key}", what, asked, wrong=wrong, confirm="Show")
    values = await host.ask(dialog)
    if values is None:
        return
    problem = await _send(host, source.intent(changed(source.body, values)))
    if problem is not None:
        host.say(problem, "bad")


async def _read(host: Host, ref: Ref | None) -> _Source | None:
    """Read what is to be edited: a node, else the set that something belongs to."""
    if ref is not None and ref.kind == "node":
        resource, key = NODES, Key("", ref.name)
    else:
        found = targets.set_key(host.snapshot, ref)
        if found is None:
            host.say("nothing here that can be edited", "warn")
            return None
        resource, key = LEADERWORKERSETS, found
    try:
        body = await asyncio.wrap_future(host.backend.read(resource, *key))
    except ControllerError as error:
        host.say(f"{key} cannot be read: {error}", "bad")
        return None
    return _Source(resource, key, str(body["metadata"].get("uid", "")), editable(body))
