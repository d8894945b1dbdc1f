"""Intents that change a set or one of its groups, whatever its rollout is doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from controller.api.meta import Key
from controller.api.names import LEADERWORKERSETS, PODS, RESTARTED_AT
from controller.errors import ControllerError, Invalid
from controller.ports import Patch, Propagation
from lwstui.runtime.autoscalers import AUTOSCALERS, conflict
from lwstui.runtime.intents import DeleteSet, RecreateGroup, RollingRestart, Scale, SetImage
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writing.ends import all_made_again, all_serving, group_serving
from lwstui.runtime.writing.rule import Look, Note, Rule, Seen, fresh_set
from lwstui.state.patches import (
    TEMPLATES,
    Moved,
    Unpatchable,
    image_patch,
    images,
    rescale_patch,
    restart_patch,
    scale_patch,
)


async def _scale(
    cluster: OperatorCluster, intent: Scale, look: Look, *, dry_run: bool
) -> Note | None:
    known = look(LEADERWORKERSETS, intent.target)
    # A merge patch of the scale subresource has no UID precondition; what the watch shows must do.
    if known is None or known.metadata.uid != intent.uid:
        raise Unpatchable("the set was deleted or created again meanwhile")
    kind = Patch.MERGE
    body: Any = scale_patch(intent.replicas)
    if intent.current is not None:
        present = known.spec.get("replicas", 1)
        if present != intent.current:
            raise Moved(f"expected {intent.current} groups, but it asks for {present}")
        kind, body = Patch.JSON, rescale_patch(intent.uid, intent.current, intent.replicas)
    try:
        await cluster.patch(
            LEADERWORKERSETS,
            *intent.target,
            body,
            kind=kind,
            subresource="scale",
            dry_run=dry_run,
        )
    except Invalid as error:
        # A test that failed is refused in words that do not say which.
        present = (await fresh_set(cluster, intent.target)).spec.get("replicas", 1)
        if intent.current not in (None, present):
            raise Moved(f"expected {intent.current} groups, but it asks for {present}") from error
        raise
    return await _autoscaled(cluster, intent.target) if dry_run else None


async def _autoscaled(cluster: OperatorCluster, target: Key) -> Note | None:
    """Return which autoscalers would change the number again, None if none can be seen."""
    try:
        found = await cluster.list(AUTOSCALERS, target.namespace)
    except ControllerError:
        return None
    text = conflict(found, target.name)
    return Note(text, caution=True) if text else None


async def _recreate(
    cluster: OperatorCluster, intent: RecreateGroup, look: Look, *, dry_run: bool
) -> None:
    del look
    await cluster.delete(
        PODS,
        intent.target.namespace,
        intent.leader,
        uid=intent.leader_uid,
        propagation=Propagation.FOREGROUND,
        dry_run=dry_run,
    )


async def _restart(
    cluster: OperatorCluster, intent: RollingRestart, look: Look, *, dry_run: bool
) -> None:
    del look
    lws = await fresh_set(cluster, intent.target)
    body = restart_patch(lws.spec, intent.uid, intent.stamp)
    await cluster.patch(LEADERWORKERSETS, *intent.target, body, dry_run=dry_run)


async def _set_image(
    cluster: OperatorCluster, intent: SetImage, look: Look, *, dry_run: bool
) -> None:
    del look
    lws = await fresh_set(cluster, intent.target)
    _as_seen(lws.spec, intent)
    operations = image_patch(lws.spec, intent.uid, intent.changes)
    try:
        await cluster.patch(
            LEADERWORKERSETS, *intent.target, operations, kind=Patch.JSON, dry_run=dry_run
        )
    except Invalid:
        # A test that failed is refused in words that do not say which.
        _as_seen((await fresh_set(cluster, intent.target)).spec, intent)
        raise


def _as_seen(spec: Mapping[str, Any], intent: SetImage) -> None:
    """Refuse images that were decided on when containers had others.

    Raises:
        Moved: If a container has another image than was seen, or is gone.
    """
    present = {(role, name): image for role, name, image in images(spec)}
    for role, name, image in intent.seen:
        now = present.get((role, name), "")
        if now != image:
            raise Moved(
                f"expected {role} {name} at {image}, but it is {f'at {now}' if now else 'gone'}"
            )


def _scaled(intent: Scale, look: Look) -> bool:
    lws = look(LEADERWORKERSETS, intent.target)
    return lws is None or bool(lws.spec.get("replicas", 1) == intent.replicas)


def _recreated(intent: RecreateGroup, look: Look) -> bool:
    leader = look(PODS, Key(intent.target.namespace, intent.leader))
    return leader is None or leader.uid != intent.leader_uid or leader.terminating


def _restarted(intent: RollingRestart, look: Look) -> bool:
    lws = look(LEADERWORKERSETS, intent.target)
    return lws is None or _stamped(lws.spec, intent.stamp)


def _stamped(spec: Mapping[str, Any], stamp: str) -> bool:
    templates = spec.get("leaderWorkerTemplate") or {}
    found = [templates[name] for name in TEMPLATES.values() if name in templates]
    return all(
        ((t.get("metadata") or {}).get("annotations") or {}).get(RESTARTED_AT) == stamp
        for t in found
    )


def _images_set(intent: SetImage, look: Look) -> bool:
    lws = look(LEADERWORKERSETS, intent.target)
    return lws is None or set(intent.changes) <= set(images(lws.spec))


def _scale_phrase(intent: Scale) -> str:
    return f"scale to {intent.replicas} group{'' if intent.replicas == 1 else 's'}"


def _image_phrase(intent: SetImage) -> str:
    return "set image " + ", ".join(f"{role} {name}={new}" for role, name, new in intent.changes)


async def _delete(
    cluster: OperatorCluster, intent: DeleteSet, look: Look, *, dry_run: bool
) -> None:
    del look
    await cluster.delete(LEADERWORKERSETS, *intent.target, uid=intent.uid, dry_run=dry_run)


def _deleted(intent: DeleteSet, look: Look) -> bool:
    lws = look(LEADERWORKERSETS, intent.target)
    return lws is None or lws.metadata.uid != intent.uid or bool(lws.metadata.deletion_timestamp)


def _remaining(intent: DeleteSet, seen: Seen, before: frozenset[str]) -> str:
    left = sum(pod.uid in before for pod in seen.members(intent.target))
    return f"{left} of {len(before)} pods left" if left else ""


RULES: Final[dict[type, Rule]] = {
    Scale: Rule(_scale_phrase, _scale, _scaled, all_serving),
    RecreateGroup: Rule(
        lambda intent: f"recreate group {intent.group}", _recreate, _recreated, group_serving
    ),
    RollingRestart: Rule(lambda _: "rolling restart", _restart, _restarted, all_made_again),
    SetImage: Rule(_image_phrase, _set_image, _images_set, all_made_again),
    DeleteSet: Rule(lambda _: "delete", _delete, _deleted, _remaining),
}
