"""Pausing and resuming the controller: the one in this process, or whichever acts for one set."""

from __future__ import annotations

from typing import Final

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key
from controller.plan.paused import mark, paused
from lwstui.runtime.intents import PauseController
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.verbs.asking import confirm
from lwstui.tui.verbs.bulk import BulkVerb, of_set
from lwstui.view.controller import HERE, pause_impact


async def pause_controller(host: Host, paused: bool | None = None) -> None:
    """Confirm and pause the controller, or let it act again.

    Args:
        host: The application.
        paused: Which of both; None for the other of what is now.
    """
    mode = host.snapshot.controller.mode
    if mode not in HERE:
        host.say("no controller runs inside this console", "warn")
        return
    wanted = mode != "paused" if paused is None else paused
    shown = pause_impact(host.snapshot, paused=wanted)
    word = "Pause" if wanted else "Resume"
    if await host.ask(ConfirmDialog(shown, confirm=word)):
        host.backend.pause_controller(wanted)
        host.say(f"asked the controller to {word.lower()}", "busy")


async def pause_for_set(host: Host, key: Key, on: bool | None = None) -> None:
    """Confirm and pause the controller for a set, or let it serve the set again.

    Args:
        host: The application.
        key: The set.
        on: Which of both; None for the other of what is now.
    """
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    wanted = paused(lws.annotations) is None if on is None else on
    await confirm(host, pausing(host, lws, on=wanted), "Pause" if wanted else "Resume")


def pausing(host: Host, lws: LeaderWorkerSet, *, on: bool) -> PauseController:
    """Return the intent that pauses the controller for a set, signed, or that resumes it."""
    signed = mark(host.snapshot.cluster.user, host.now()) if on else ""
    return PauseController(lws.key, lws.metadata.uid, signed)


PAUSE_FOR_SETS: Final = BulkVerb(
    "PAUSE CONTROLLER FOR SETS", "Pause", of_set(lambda host, lws: pausing(host, lws, on=True))
)
RESUME_FOR_SETS: Final = BulkVerb(
    "RESUME CONTROLLER FOR SETS", "Resume", of_set(lambda host, lws: pausing(host, lws, on=False))
)
