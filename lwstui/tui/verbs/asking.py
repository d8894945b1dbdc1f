"""Asking before a change, and carrying out what was confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

from controller.api.meta import Key
from lwstui.runtime.intents import Intent, Outcome
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.view.impact import impact
from lwstui.view.safety import TYPED_EVERYWHERE
from lwstui.view.types import Impact, Span

DANGEROUS: Final = 3
HURRIED: Final = Span("this is done to a third object within a minute", "warn")
_LOOK_S: Final = 1.0
LEAVING: Final = "leaving"
"""Class of the dialog that asks whether to leave: in it a second ctrl-c leaves."""


async def confirm(host: Host, intent: Intent, label: str) -> None:
    """Show what an intent does and carry it out if it is confirmed.

    Args:
        host: The application.
        intent: What is asked for.
        label: Of the confirm button.
    """

    def ask() -> Future[Outcome]:
        return host.backend.dry_run(intent)

    shown = impact_of(host, intent)
    dialog = ConfirmDialog(
        shown,
        None if shown.refused else ask(),
        again=ask,
        live=lambda: impact_of(host, intent),
        confirm=label,
    )
    if await host.ask(dialog):
        await submit(host, intent)


async def change_spec(
    host: Host, key: Key, intent: Callable[[Key, str, int], Intent], label: str
) -> None:
    """Confirm and carry out a change of the spec that is on the screen.

    Args:
        host: The application.
        key: The set.
        intent: Makes the intent from the set's key, UID and generation.
        label: Of the confirm button.
    """
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    await confirm(host, intent(key, lws.metadata.uid, lws.metadata.generation), label)


def impact_of(host: Host, intent: Intent) -> Impact:
    """Return what an intent would do, as it is known now, and what must be typed for it."""
    found = impact(host.snapshot, intent, host.now(), safety=host.safety)
    if found.level < DANGEROUS or not host.pace.hurried(intent, host.now()):
        return found
    strict = impact(
        host.snapshot, intent, host.now(), safety=host.safety, at_least=TYPED_EVERYWHERE
    )
    return replace(strict, facts=(*strict.facts, ("Asked because", HURRIED)))


async def submit(host: Host, intent: Intent) -> Outcome:
    """Carry an intent out and say what became of it."""
    host.pace.note(intent, host.now())
    host.say("asking the server…", "busy")
    outcome = await asyncio.wrap_future(host.backend.submit(intent))
    host.say(outcome.message, "ok" if outcome.ok else "bad")
    if outcome.ok:
        host.run_task(_to_the_end(host, intent.target))
    return outcome


async def _to_the_end(host: Host, target: Key) -> None:
    """Wait until what was asked for has come to its end, and say how it ended."""
    followed = False
    while True:
        await asyncio.sleep(_LOOK_S)
        snapshot = host.snapshot
        if target in snapshot.underway:
            followed = True
        elif target not in snapshot.pending:
            break
    mine = (a for a in reversed(snapshot.activity) if a.who == "you" and a.target == str(target))
    last = next(mine, None)
    if followed and last is not None:
        told = last.outcome if last.what in last.outcome else f"{last.what}: {last.outcome}"
        host.say(f"{last.target}: {told}", "ok" if last.ok else "bad")


async def leave_guard(host: Host, impact_text: Impact, *, quits: bool = True) -> bool:
    """Ask whether to leave although something depends on this program.

    Args:
        host: The application.
        impact_text: What leaving interrupts.
        quits: Whether the program is left, not only the cluster.
    """
    dialog = ConfirmDialog(impact_text, confirm="Leave")
    dialog.set_class(quits, LEAVING)
    answer: bool | None = await host.ask(dialog)
    return bool(answer)
