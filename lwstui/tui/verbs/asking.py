"""Asking before a change, and carrying out what was confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from lwstui.runtime.intents import Intent, Outcome
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.view.impact import impact
from lwstui.view.impact_parts import moved_words
from lwstui.view.safety import TYPED_EVERYWHERE
from lwstui.view.types import Impact, Span

DANGEROUS: Final = 3
HURRIED: Final = Span("this is done to a third object within a minute", "warn")
_LOOK_S: Final = 1.0
LEAVING: Final = "leaving"
"""Class of the dialog that asks whether to leave: in it a second ctrl-c leaves."""


Renew = Callable[[LeaderWorkerSet], Intent | None]
"""Makes an intent again from what its set is by now, None if it means nothing any more."""


async def confirm(host: Host, intent: Intent, label: str, *, renew: Renew | None = None) -> None:
    """Show what an intent does and carry it out if it is confirmed.

    If the set changes while it is asked, or before the change reaches the server, what changed is
    shown and the question is asked anew about what the set is by then.

    Args:
        host: The application.
        intent: What is asked for.
        label: Of the confirm button.
        renew: Makes the intent again; None where it fits one state of the object only.
    """
    question = _Question(host, intent, renew)
    said = ""
    while True:
        shown = question.impact()
        dialog = ConfirmDialog(
            shown,
            None if shown.refused else question.dry_run(),
            again=question.dry_run,
            live=question.impact,
            renew=question.renewed,
            said=said,
            confirm=label,
        )
        if not await host.ask(dialog):
            return
        outcome = await submit(host, question.intent)
        if renew is None or not outcome.moved:
            return
        said = outcome.message


class _Question:
    """An intent that is asked about, and the set that it was made from.

    Args:
        host: The application.
        intent: What is asked for.
        renew: Makes it again.
    """

    def __init__(self, host: Host, intent: Intent, renew: Renew | None) -> None:
        self.intent = intent
        self._host, self._renew = host, renew
        self._lws = host.snapshot.sets.get(intent.target)

    def impact(self) -> Impact:
        """Return what the intent would do."""
        return impact_of(self._host, self.intent)

    def dry_run(self) -> Future[Outcome]:
        """Ask the server about the intent."""
        return self._host.backend.dry_run(self.intent)

    def renewed(self) -> tuple[str, ...]:
        """Make the intent again if the spec of its set has changed, and return what has."""
        before, lws = self._lws, self._host.snapshot.sets.get(self.intent.target)
        if self._renew is None or before is None or lws is None or lws.spec == before.spec:
            return ()
        fresh = self._renew(lws) if lws.metadata.uid == before.metadata.uid else None
        if fresh is None:
            return ()
        self.intent, self._lws = fresh, lws
        return moved_words(before, lws)


async def change_spec(
    host: Host, key: Key, intent: Callable[[Key, str, int], Intent | None], label: str
) -> None:
    """Confirm and carry out a change of the spec that is on the screen.

    Args:
        host: The application.
        key: The set.
        intent: Makes the intent from the set's key, UID and generation, also of a spec that is
            another one by then; None if there is nothing to change.
        label: Of the confirm button.
    """
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return

    def made(lws: LeaderWorkerSet) -> Intent | None:
        return intent(key, lws.metadata.uid, lws.metadata.generation)

    first = made(lws)
    if first is not None:
        await confirm(host, first, label, renew=made)


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


async def leave_guard(
    host: Host, impact_text: Impact, *, quits: bool = True, label: str = "Leave"
) -> bool:
    """Ask whether to leave although something depends on this program.

    Args:
        host: The application.
        impact_text: What leaving interrupts.
        quits: Whether the program is left, not only the cluster.
        label: Of the button that leaves.
    """
    dialog = ConfirmDialog(impact_text, confirm=label)
    dialog.set_class(quits, LEAVING)
    answer: bool | None = await host.ask(dialog)
    return bool(answer)
