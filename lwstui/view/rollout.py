"""A set's rollout settings as numbers: how many groups may be down, where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from math import floor as round_down
from typing import Any, Final

from controller.api.lws import LeaderWorkerSet, read_record
from controller.api.names import ROLLOUT_RECORD
from lwstui.view.digest import SetDigest
from lwstui.view.spec import replicas_of

_PATH: Final = ("rolloutStrategy", "rollingUpdateConfiguration")


def budget(lws: LeaderWorkerSet) -> tuple[int, int]:
    """Return (groups that may be unavailable, extra groups) during a rollout.

    Percentages of ``replicas`` are rounded down for the first and up for the second; when
    both come to nothing one group may be unavailable.
    """
    config: Any = lws.spec
    for part in _PATH:
        config = config.get(part) if isinstance(config, Mapping) else None
    given = config if isinstance(config, Mapping) else {}
    replicas = replicas_of(lws)
    unavailable = _amount(given.get("maxUnavailable", 1), replicas, up=False)
    surge = min(_amount(given.get("maxSurge", 0), replicas, up=True), replicas)
    return (unavailable, surge) if unavailable or surge else (1, 0)


def _amount(value: object, whole: int, *, up: bool) -> int:
    if isinstance(value, int):
        return max(0, value)
    text = str(value).removesuffix("%")
    if not text.isdecimal():
        return 0
    share = int(text) * whole / 100
    return ceil(share) if up else round_down(share)


def floor(one: SetDigest) -> int:
    """Return the fewest ready groups a rollout may leave."""
    return max(0, one.replicas - budget(one.lws)[0])


def partition_now(one: SetDigest) -> int:
    """Return from which group index on the new revision is used at this moment."""
    record = read_record(one.lws.annotations, ROLLOUT_RECORD)
    if record is not None:
        return record.partition
    new = [g.index for g in one.groups if g.revision == one.desired]
    return min(new, default=one.replicas)
