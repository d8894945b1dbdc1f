"""Changes of a rollout: hold, pause, resume, one more group, undo."""

from __future__ import annotations

import asyncio

from controller.admission.defaults import InvalidSpec
from controller.api.core import Revision
from controller.api.meta import Key
from controller.errors import ControllerError
from controller.guard import STATEFUL_SETS
from lwstui.runtime.intents import Hold, PauseRollout, ResumeRollout, SetPartition, Undo
from lwstui.state.partition import of_stateful_set, remembered
from lwstui.state.patches import Unpatchable
from lwstui.tui import targets
from lwstui.tui.host import Host
from lwstui.tui.verbs.asking import change_spec
from lwstui.view.spec import partition_of


async def hold(host: Host, key: Key) -> None:
    """Confirm and hold the rollout where it is: no further group is updated."""
    native = await _where_native_is(host, key)
    await change_spec(
        host, key, lambda key, uid, generation: Hold(key, uid, generation, native), "Hold"
    )


async def _where_native_is(host: Host, key: Key) -> int | None:
    """Return where the native controller is, None if it does not serve the set.

    Its StatefulSet says so; where that cannot be read, what the pods tell must do until the
    server is asked.
    """
    by_pods = targets.native_partition(host.snapshot, key)
    lws = host.snapshot.sets.get(key)
    if by_pods is None or lws is None:
        return None
    try:
        body = await asyncio.wrap_future(host.backend.read(STATEFUL_SETS, *key))
    except ControllerError:
        return by_pods
    found = of_stateful_set(body, lws)
    return by_pods if found is None else found


async def pause_rollout(host: Host, key: Key) -> None:
    """Confirm and let no further group be replaced."""
    await change_spec(host, key, PauseRollout, "Pause")


async def resume_rollout(host: Host, key: Key) -> None:
    """Confirm and let a paused rollout go on."""
    await change_spec(host, key, ResumeRollout, "Resume")


async def one_more_group(host: Host, key: Key) -> None:
    """Confirm and let one more group be updated."""
    if targets.one_more_group(host.snapshot, key) is None:
        host.say(f"the partition of {key} holds no group back", "warn")
        return

    def intent(key: Key, uid: str, generation: int) -> SetPartition | None:
        partition = targets.one_more_group(host.snapshot, key)
        return None if partition is None else SetPartition(key, uid, generation, partition)

    await change_spec(host, key, intent, "Go on")


async def release_all(host: Host, key: Key) -> None:
    """Confirm and let every group be updated: resume what is paused, else lower the partition."""
    lws = host.snapshot.sets.get(key)
    if lws is None:
        host.say(f"{key} is gone", "warn")
        return
    try:
        paused = remembered(lws)
    except InvalidSpec as error:
        host.say(f"{key}: {error}", "warn")
        return
    if paused == 0:
        await resume_rollout(host, key)
    elif partition_of(lws):
        await change_spec(
            host,
            key,
            lambda key, uid, generation: SetPartition(key, uid, generation, 0),
            "Release all",
        )
    else:
        host.say(f"the partition of {key} holds no group back", "warn")


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
        return undo_intent(host, found, target, uid, generation)

    await change_spec(host, key, intent, "Undo")


def undo_intent(host: Host, found: Revision, key: Key, uid: str, generation: int) -> Undo:
    """Return the intent that puts the template of a revision back."""
    kept = None if Key(found.namespace, found.name) in host.snapshot.revisions else found
    return Undo(key, uid, generation, found.name, found.number, kept)
