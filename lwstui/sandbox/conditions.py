"""Conditions of a status, written the way every component writes them."""

from collections.abc import Mapping
from typing import Any


def set_condition(
    status: dict[str, Any],
    condition: Mapping[str, Any],
    *,
    now: str,
    generation: int | None = None,
) -> None:
    """Put a condition into ``status``; its transition time moves only when its status does.

    Args:
        status: Changed in place.
        condition: ``type``, ``status`` and, if not empty, ``reason`` and ``message``.
        now: RFC 3339 time.
        generation: ``metadata.generation`` of the object, for kinds that have one.
    """
    conditions = status.setdefault("conditions", [])
    fresh = {key: value for key, value in condition.items() if value}
    if generation is not None:
        fresh["observedGeneration"] = generation
    for index, old in enumerate(conditions):
        if old.get("type") == fresh["type"]:
            moved = old.get("status") != fresh["status"]
            since = now if moved else old.get("lastTransitionTime") or now
            conditions[index] = {**fresh, "lastProbeTime": None, "lastTransitionTime": since}
            return
    conditions.append({**fresh, "lastProbeTime": None, "lastTransitionTime": now})
