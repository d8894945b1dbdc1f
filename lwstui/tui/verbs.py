"""What the verbs do: each opens its dialog, and what it decided becomes one intent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from controller.admission.defaults import InvalidSpec
from controller.api.meta import Key, format_time
from lwstui.runtime.intents import (
    Intent,
    PauseRollout,
    RecreateGroup,
    ResumeRollout,
    RollingRestart,
    Scale,
    SetImage,
    SetPartition,
    Undo,
)
from lwstui.state.patches import Unpatchable
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.routes import Route
from lwstui.tui.screens.modals.confirm import ConfirmDialog
from lwstui.tui.screens.modals.image import ImageDialog
from lwstui.tui.screens.modals.scale import ScaleDialog
from lwstui.view.impact import impact
from lwstui.view.spec import replicas_of
from lwstui.view.types import Impact, Ref

Change = tuple[str, str, str]
"""Role, container and image."""

LEAVING: Final = "leaving"
"""Class of the dialog that asks whether to leave: in it a second ctrl-c leaves."""


async def scale(host: Host, key: Key, replicas: int | None = None) -> None:
    """Ask for a number of groups and set it.

    Args:
        host: The application.
        key: The set.
        replicas: Number the dialog starts with; the present one if left out.
    """
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    uid, present = lws.metadata.uid, replicas_of(lws)

    def intent(number: int) -> Scale:
        return Scale(key, uid, number)

    dialog = ScaleDialog(
        present,
        lambda number: _scale_impact(host, intent(number), present),
        lambda number: host.backend.dry_run(intent(number)),
        start=replicas,
    )
    wanted = await host.ask(dialog)
    if wanted is not None and wanted != present:
        await submit(host, intent(wanted))


async def restart(host: Host, key: Key) -> None:
    """Confirm and start a rolling restart."""
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    await _confirm(host, RollingRestart(key, lws.metadata.uid, format_time(host.now())), "Restart")


async def recreate(host: Host, key: Key, group: int) -> None:
    """Confirm and recreate one group."""
    leader = targets.leader(host.snapshot, key, group)
    if leader is None:
        host.say(f"{key} group {group} has no leader to recreate", "warn")
        return
    await _confirm(host, RecreateGroup(key, group, leader.name, leader.uid), "Recreate")


async def set_image(host: Host, key: Key, role: str = "", image: str = "") -> None:
    """Ask for container images and set them.

    Args:
        host: The application.
        key: The set.
        role: Role whose first container the dialog is filled in for.
        image: Its new image.
    """
    lws = host.snapshot.sets.get(key)
    found = targets.containers(host.snapshot, key)
    if lws is None or not found:
        host.say(f"{key} is gone" if lws is None else f"{key} has no containers", "warn")
        return
    uid = lws.metadata.uid

    def intent(changes: tuple[Change, ...]) -> SetImage:
        return SetImage(key, uid, changes)

    dialog = ImageDialog(
        found,
        lambda changes: _impact(host, intent(changes)),
        lambda changes: host.backend.dry_run(intent(changes)),
        start=first_of_role(found, role, image),
    )
    changes = await host.ask(dialog)
    if changes:
        await submit(host, intent(changes))


async def pause_rollout(host: Host, key: Key) -> None:
    """Confirm and let no further group be replaced."""
    await _change_spec(host, key, PauseRollout, "Pause")


async def resume_rollout(host: Host, key: Key) -> None:
    """Confirm and let a paused rollout go on."""
    await _change_spec(host, key, ResumeRollout, "Resume")


async def _change_spec(
    host: Host, key: Key, intent: Callable[[Key, str, int], Intent], label: str
) -> None:
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    await _confirm(host, intent(key, lws.metadata.uid, lws.metadata.generation), label)


async def one_more_group(host: Host, key: Key) -> None:
    """Confirm and let one more group be updated."""
    partition = targets.one_more_group(host.snapshot, key)
    if partition is None:
        host.say(f"the partition of {key} holds no group back", "warn")
        return
    await _change_spec(
        host,
        key,
        lambda key, uid, generation: SetPartition(key, uid, generation, partition),
        "Go on",
    )


async def undo(host: Host, key: Key, number: int | None = None) -> None:
    """Confirm and put an earlier template back.

    Args:
        host: The application.
        key: The set.
        number: Its revision number; the one before the present one if left out.
    """
    try:
        found = targets.undo_revision(host.snapshot, key, number)
    except (Unpatchable, InvalidSpec) as error:
        host.say(f"{key}: {error}", "warn")
        return

    def intent(target: Key, uid: str, generation: int) -> Undo:
        return Undo(target, uid, generation, found.name, found.number)

    await _change_spec(host, key, intent, "Undo")


def first_of_role(found: tuple[Change, ...], role: str, image: str) -> tuple[Change, ...]:
    """Return the change of the first container of a role; ``all`` means one of each role."""
    if not image:
        return ()
    roles = ("leader", "worker") if role == "all" else (role,)
    firsts = {r: name for r, name, _ in reversed(found)}
    return tuple((r, firsts[r], image) for r in roles if r in firsts)


async def _confirm(host: Host, intent: Intent, label: str) -> None:
    dry_run = host.backend.dry_run(intent)
    if await host.ask(ConfirmDialog(_impact(host, intent), dry_run, confirm=label)):
        await submit(host, intent)


def _scale_impact(host: Host, intent: Scale, present: int) -> Impact:
    """Return the impact; the present number is where the dialog starts, not a mistake."""
    found = _impact(host, intent)
    return replace(found, refused="") if intent.replicas == present else found


def _impact(host: Host, intent: Intent) -> Impact:
    return impact(host.snapshot, intent, host.now())


async def submit(host: Host, intent: Intent) -> None:
    """Carry an intent out and say what became of it."""
    host.say("asking the server…", "busy")
    outcome = await asyncio.wrap_future(host.backend.submit(intent))
    host.say(outcome.message, "ok" if outcome.ok else "bad")


def open_logs(host: Host, ref: Ref | None, *, role: str = "all", previous: bool = False) -> None:
    """Open the merged logs of a set, group or pod."""
    request = targets.log_request(host.snapshot, ref, role=role, previous=previous) if ref else None
    if request is None:
        host.say("no pod here that belongs to a set", "warn")
        return
    host.goto(Route("logs", ref, logs=request))


def open_text(host: Host, ref: Ref | None, kind: str) -> None:
    """Open an object's description or YAML."""
    if ref is None or targets.api_object(host.snapshot, ref) is None:
        host.say(f"nothing here to show as {kind}", "warn")
        return
    host.goto(Route("text", ref, kind))


async def leave_guard(host: Host, impact_text: Impact) -> bool:
    """Ask whether to leave although something depends on this program."""
    dialog = ConfirmDialog(impact_text, confirm="Leave")
    dialog.add_class(LEAVING)
    answer: bool | None = await host.ask(dialog)
    return bool(answer)
