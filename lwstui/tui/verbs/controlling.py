"""Pausing and resuming the controller in this process."""

from __future__ import annotations

from lwstui.tui.host import Host
from lwstui.tui.screens.modals.confirm import ConfirmDialog
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
