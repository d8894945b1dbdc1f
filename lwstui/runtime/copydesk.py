"""Copies from containers that the console asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from controller.errors import Unavailable
from lwstui.runtime.backend import FetchRequest
from lwstui.runtime.copying import Remote, fetch
from lwstui.runtime.ports import Link


class CopyDesk:
    """Makes copies on this machine.

    Args:
        link: Returns the connection, None while there is none.
    """

    def __init__(self, link: Callable[[], Link | None]) -> None:
        self._link = link

    async def fetch(self, request: FetchRequest, report: Callable[[str], None]) -> str:
        """Copy a file or folder of a container here and return what was copied, in words.

        Raises:
            CopyError: If that cannot be done.
            ControllerError: If the server refuses it or does not answer.
        """
        link = self._link()
        if link is None:
            raise Unavailable("not connected to a cluster")
        remote = Remote(request.pod, request.container, request.path)
        return await fetch(link.cluster, remote, Path(request.local), report)
