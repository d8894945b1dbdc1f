"""Changes of a set and of its groups: scale, restart, images, recreate."""

from __future__ import annotations

from dataclasses import replace

from controller.api.lws import LeaderWorkerSet
from controller.api.meta import Key, format_time
from lwstui.runtime.intents import Freeze, RecreateGroup, RollingRestart, Scale, SetImage
from lwstui.state.patches import images
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.image import ImageDialog
from lwstui.tui.screens.modals.scale import ScaleDialog
from lwstui.tui.verbs.asking import confirm, impact_of, submit
from lwstui.view.spec import replicas_of
from lwstui.view.types import Impact

Change = tuple[str, str, str]
"""Role, container and image."""


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
    uid = lws.metadata.uid
    known = replicas_of(lws)

    def present() -> int:
        nonlocal known
        seen = host.snapshot.sets.get(key)
        if seen is not None and seen.metadata.uid == uid:
            known = replicas_of(seen)
        return known

    def intent(number: int, current: int) -> Scale:
        return Scale(key, uid, number, current)

    said = ""
    while True:
        dialog = ScaleDialog(
            present,
            lambda number, current: _scale_impact(host, intent(number, current), current),
            lambda number, current: host.backend.dry_run(intent(number, current)),
            start=replicas,
            said=said,
        )
        replicas = await host.ask(dialog)
        if replicas is None or replicas == dialog.current:
            return
        outcome = await submit(host, intent(replicas, dialog.current))
        if not outcome.moved:
            return
        said = outcome.message


async def restart(host: Host, key: Key) -> None:
    """Confirm and start a rolling restart."""
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    await confirm(host, RollingRestart(key, lws.metadata.uid, format_time(host.now())), "Restart")


async def recreate(host: Host, key: Key, group: int) -> None:
    """Confirm and recreate one group."""
    leader = targets.leader(host.snapshot, key, group)
    if leader is None:
        host.say(f"{key} group {group} has no leader to recreate", "warn")
        return
    await confirm(host, RecreateGroup(key, group, leader.name, leader.uid), "Recreate")


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
    asked = _Images(host, key, lws)
    start, said = first_of_role(found, role, image), ""
    while True:
        dialog = ImageDialog(
            asked.present,
            lambda changes: impact_of(host, asked.intent(changes)),
            lambda changes: host.backend.dry_run(asked.intent(changes)),
            start=start,
            said=said,
        )
        changes = await host.ask(dialog)
        if not changes:
            return
        outcome = await submit(host, asked.intent(changes))
        if not outcome.moved:
            return
        start, said = changes, outcome.message


class _Images:
    """The images of a set as they were last looked at.

    Args:
        host: The application.
        key: The set.
        lws: What it is.
    """

    def __init__(self, host: Host, key: Key, lws: LeaderWorkerSet) -> None:
        self._host, self._key, self._lws = host, key, lws

    def present(self) -> tuple[Change, ...]:
        """Look again, and return the images by role and container; of a set that is gone as was."""
        lws = self._host.snapshot.sets.get(self._key)
        if lws is not None and lws.metadata.uid == self._lws.metadata.uid:
            self._lws = lws
        return targets.containers_of(self._lws)

    def intent(self, changes: tuple[Change, ...]) -> SetImage:
        """Return the intent that sets images of containers that have the ones looked at."""
        touched = {(role, name) for role, name, _ in changes}
        seen = tuple(one for one in images(self._lws.spec) if one[:2] in touched)
        return SetImage(self._key, self._lws.metadata.uid, changes, seen)


def first_of_role(found: tuple[Change, ...], role: str, image: str) -> tuple[Change, ...]:
    """Return the change of the first container of a role; ``all`` means one of each role."""
    if not image:
        return ()
    roles = ("leader", "worker") if role == "all" else (role,)
    firsts = {r: name for r, name, _ in reversed(found)}
    return tuple((r, firsts[r], image) for r in roles if r in firsts)


def _scale_impact(host: Host, intent: Scale, present: int) -> Impact:
    """Return the impact; the present number is where the dialog starts, not a mistake."""
    found = impact_of(host, intent)
    lws = host.snapshot.sets.get(intent.target)
    there = lws is not None and lws.metadata.uid == intent.uid
    return replace(found, refused="") if there and intent.replicas == present else found


async def freeze(host: Host, key: Key, group: int | None = None, *, on: bool = True) -> None:
    """Confirm and have a group, or all of a set, left as they are; or no longer.

    Args:
        host: The application.
        key: The set.
        group: Index of the group, None for all.
        on: Whether to freeze; False thaws.
    """
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    await confirm(host, Freeze(key, lws.metadata.uid, group, on), "Freeze" if on else "Thaw")
