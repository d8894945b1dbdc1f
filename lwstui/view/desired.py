"""Which revision the groups of a set should reach."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from controller.api import names
from controller.api.core import Revision
from controller.api.lws import LeaderWorkerSet, read_record
from controller.api.meta import Key
from lwstui.state.model import Snapshot
from lwstui.view.memo import Memo


def newest_revisions(snapshot: Snapshot, memo: Memo, now: float) -> Mapping[Key, Revision]:
    """Return the newest revision of each set that has one."""

    def build() -> tuple[dict[Key, Revision], float]:
        newest: dict[Key, Revision] = {}
        for revision in snapshot.revisions.values():
            key = Key(revision.namespace, revision.set_name)
            known = newest.get(key)
            if known is None or revision.number > known.number:
                newest[key] = revision
        return newest, inf

    return memo.get("newest-revisions", (snapshot.revisions,), now, build)


def desired_revision(snapshot: Snapshot, lws: LeaderWorkerSet, memo: Memo, now: float) -> str:
    """Return the key of the revision all groups should reach, empty if unknown.

    Our controller writes its target down; of any other the newest revision tells it.
    """
    record = read_record(lws.annotations, names.ROLLOUT_RECORD)
    pods = snapshot.by_set.get(lws.key, ())
    if record is not None and not any(pod.owner_kind == "StatefulSet" for pod in pods[:1]):
        return record.target
    newest = newest_revisions(snapshot, memo, now).get(lws.key)
    return newest.key if newest is not None else ""
