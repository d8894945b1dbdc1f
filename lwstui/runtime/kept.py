"""Finding what was kept of containers that died."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from controller.api.meta import Key
from lwstui.kube.loglines import LogLine
from lwstui.runtime.archive import Archive
from lwstui.state.deaths import Death


class KeptLogs:
    """The last lines of containers that died.

    Args:
        deaths: Returns what is known, oldest first.
        archive: Keeps lines.
    """

    def __init__(self, deaths: Callable[[], Sequence[Death]], archive: Archive) -> None:
        self._deaths = deaths
        self._archive = archive

    def former(self, namespace: str, pod: str, container: str, but_not: str) -> Death | None:
        """Return the newest end of a container in an earlier pod of this name."""
        found = [
            death
            for death in self._deaths()
            if (death.namespace, death.pod) == (namespace, pod)
            and death.uid != but_not
            and container in ("", death.container)
        ]
        return found[-1] if found else None

    def of_set(self, key: Key) -> Sequence[Death]:
        """Return the ends of all containers of a set, oldest first."""
        return [death for death in self._deaths() if death.set_key == key]

    async def lines(self, death: Death) -> Sequence[LogLine]:
        """Return what was kept of a container that died."""
        kept = await asyncio.to_thread(self._archive.read, death)
        return kept or [LogLine(death.at, text) for text in death.lines]
