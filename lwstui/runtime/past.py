"""What was done, between the store and the file that outlives the program."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from lwstui.runtime.journal import Journal
from lwstui.state.model import Activity
from lwstui.state.store import Store

_log = logging.getLogger("lwstui.engine")


class Past:
    """Keeps the activity log in a file, and takes it from there at the start.

    Args:
        store: Where the log is.
        state: State folder of the program; None keeps nothing.
        known: What was done before in this run.
    """

    def __init__(self, store: Store, state: Path | None, known: Iterable[Activity]) -> None:
        self._store = store
        self._journal = Journal(state)
        lines = tuple(known)
        store.recalled(lines)
        store.past.listener = self._journal.add
        self._asked = bool(lines)

    async def keep(self) -> None:
        """Write what was done since the last time."""
        problem = await self._journal.flush()
        if problem:
            _log.error(problem)

    async def recall(self) -> None:
        """Take what was done in this context in earlier runs, once."""
        if not self._asked:
            self._asked = True
            context = self._store.cluster.context
            self._store.recalled(await self._journal.earlier(context))
