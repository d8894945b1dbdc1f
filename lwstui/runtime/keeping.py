"""What the console keeps of each set between runs: its revisions, and how long starts took.

Another controller may drop a revision as soon as a rollout is complete; what was seen of it here
still allows an undo. Files hold templates, whose environment can hold passwords: they are readable
by their owner only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from controller.api.core import Revision
from controller.api.meta import Key
from lwstui.config.statefiles import StateFiles
from lwstui.state.model import GroupStart, Snapshot
from lwstui.state.store import Store

MOST: Final = 10
"""Revisions kept of a set."""
_log = logging.getLogger("lwstui.engine")

Kept = dict[Key, Revision]


class Keeping:
    """Reads what was kept of a set when the set is first seen, and writes what is new.

    Args:
        store: What is seen.
        state: State folder of the program; None keeps nothing.
    """

    def __init__(self, store: Store, state: Path | None) -> None:
        self._store = store
        self._files = StateFiles(state)
        self._read: set[Key] = set()
        self._written: dict[Key, tuple[object, object]] = {}

    def open(self, context: str) -> None:
        """Use the files of a context."""
        self._files = self._files.of(context)

    async def keep(self) -> None:
        """Bring files and store together."""
        if self._files.root is None or not self._files.context:
            return
        seen = self._store.snapshot
        for key in [key for key in seen.sets if key not in self._read]:
            self._read.add(key)
            document, problem = await asyncio.to_thread(self._files.read, file_of(key))
            _tell(problem)
            uid = seen.sets[key].metadata.uid
            starts, revisions = decoded(document, key, uid)
            self._store.memory.recall(key, starts)
            self._store.memory.keep(revisions)
        for key in self._read & set(seen.sets):
            await self._write(seen, key)

    async def _write(self, seen: Snapshot, key: Key) -> None:
        known = revisions_of(seen, key)
        now = (tuple(known), seen.starts.get(key, ()))
        if not known or self._written.get(key) == now:
            return
        self._written[key] = now
        self._store.memory.keep(known)
        document = encoded(seen, key, known)
        _tell(await asyncio.to_thread(self._files.write, file_of(key), document))


def file_of(key: Key) -> str:
    """Return the name of a set's file; no two sets share one."""
    return f"set-{key.namespace}.{key.name}"


def revisions_of(seen: Snapshot, key: Key) -> Kept:
    """Return the last revisions of a set, those in the cluster and those that were kept."""
    uid = seen.sets[key].metadata.uid
    found = {
        name: one
        for name, one in {**seen.kept, **seen.revisions}.items()
        if (one.namespace, one.set_name, one.owner_uid) == (key.namespace, key.name, uid)
    }
    newest = sorted(found, key=lambda name: found[name].number)[-MOST:]
    return {name: found[name] for name in newest}


def encoded(seen: Snapshot, key: Key, known: Mapping[Key, Revision]) -> dict[str, Any]:
    """Return what is kept of a set as data."""
    return {
        "uid": seen.sets[key].metadata.uid,
        "starts": [list(start) for start in seen.starts.get(key, ())],
        "revisions": [msgspec.to_builtins(one) for one in known.values()],
    }


def decoded(document: Any, key: Key, uid: str) -> tuple[tuple[GroupStart, ...], Kept]:
    """Return what was kept of a set; nothing of one that had its name before."""
    if not isinstance(document, dict) or document.get("uid") != uid:
        return (), {}
    try:
        starts = tuple(GroupStart(*start) for start in document["starts"])
        found = msgspec.convert(document["revisions"], list[Revision])
    except (msgspec.ValidationError, KeyError, TypeError):
        return (), {}
    return starts, {Key(key.namespace, one.name): one for one in found}


def _tell(problem: str) -> None:
    if problem:
        _log.error(problem)
