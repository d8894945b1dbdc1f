"""Verbs for several sets that first want to know to what: a number of groups, images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from controller.api.lws import LeaderWorkerSet
from lwstui.runtime.intents import Intent, Scale, SetImage
from lwstui.state.patches import Unpatchable
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.screens.modals.bulk import Part
from lwstui.tui.screens.modals.bulkform import BulkFormDialog
from lwstui.tui.screens.modals.form import Asked
from lwstui.tui.verbs.bulk import asking, carried_out, of_set
from lwstui.view.spec import replicas_of
from lwstui.view.types import Ref

_Make = Callable[[Host, LeaderWorkerSet], Intent]
_MOST_IMAGES: Final = 6
"""Containers that have a field; sets that are alike have few in all."""


async def scale_all(host: Host, refs: Sequence[Ref], hidden: int) -> bool:
    """Ask for a number of groups, the same or one more or less, and set it in all sets.

    Args:
        host: The application.
        refs: The sets.
        hidden: How many of them the filter hides.

    Returns:
        Whether anything was changed.
    """

    def parts_for(values: tuple[str, ...]) -> list[Part]:
        def make(host: Host, lws: LeaderWorkerSet) -> Intent:
            present = replicas_of(lws)
            return Scale(lws.key, lws.metadata.uid, wanted_of(values[0], present), present)

        return _parts(host, refs, make)

    asked = [Asked("groups in each set", "", "5, or +1, or -1")]
    words = asking(host, "SCALE SETS", "Scale", hidden)
    return await carried_out(host, BulkFormDialog(asked, parts_for, "0123456789+-", **words))


def wanted_of(text: str, present: int) -> int:
    """Return the number of groups that ``5``, ``+1`` or ``-1`` means for a set.

    Raises:
        Unpatchable: If it is none of these, or fewer than no groups.
    """
    digits = text.removeprefix("+").removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or text.startswith("+-"):
        raise Unpatchable("waits for a number of groups" if not text else f"{text} is no number")
    wanted = present + int(text) if text[0] in "+-" else int(text)
    if wanted < 0:
        raise Unpatchable(f"has {present}, cannot have {-int(text)} fewer")
    return wanted


async def set_images(host: Host, refs: Sequence[Ref], hidden: int) -> bool:
    """Ask for the images of the containers that the sets have, and set them where they differ.

    Args:
        host: The application.
        refs: The sets.
        hidden: How many of them the filter hides.

    Returns:
        Whether anything was changed.
    """
    rows = _containers(host, refs)

    def parts_for(values: tuple[str, ...]) -> list[Part]:
        wanted = {row: value for row, value in zip(rows, values, strict=True) if value}

        def make(host: Host, lws: LeaderWorkerSet) -> Intent:
            changes = tuple(
                (role, name, wanted[role, name])
                for role, name, image in targets.containers(host.snapshot, lws.key)
                if wanted.get((role, name), image) != image
            )
            if not changes:
                raise Unpatchable("no image of it changes")
            return SetImage(lws.key, lws.metadata.uid, changes)

        return _parts(host, refs, make)

    if not rows:
        host.say("nothing here that has containers", "warn")
        return False
    asked = [
        Asked(f"{role} {name}", next(iter(images)) if len(images) == 1 else "", _hint(images))
        for (role, name), images in rows.items()
    ]
    words = asking(host, "SET IMAGES", "Set images", hidden)
    return await carried_out(host, BulkFormDialog(asked, parts_for, **words))


def _containers(host: Host, refs: Sequence[Ref]) -> dict[tuple[str, str], dict[str, None]]:
    """Return the images of each role and container name, of the first few of these."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for key in dict.fromkeys(targets.set_key(host.snapshot, ref) for ref in refs):
        for role, name, image in () if key is None else targets.containers(host.snapshot, key):
            found.setdefault((role, name), {})[image] = None
    return dict(list(found.items())[:_MOST_IMAGES])


def _hint(images: dict[str, None]) -> str:
    return f"{len(images)} different images; empty leaves them" if len(images) > 1 else ""


def _parts(host: Host, refs: Sequence[Ref], make: _Make) -> list[Part]:
    part = of_set(make)
    found = [part(host, ref) for ref in refs]
    return list({one.name: one for one in found}.values())
