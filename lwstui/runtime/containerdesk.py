"""What the console does in containers: conversations, and copies from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from controller.errors import ControllerError, Unavailable
from controller.ports import Clock
from lwstui.runtime.backend import FetchRequest, TerminalEnd, TerminalRequest
from lwstui.runtime.copying import Remote, fetch
from lwstui.runtime.ports import Link
from lwstui.runtime.terminal import RemoteTerminal
from lwstui.runtime.writes import explain
from lwstui.state.model import Activity
from lwstui.state.store import Store


class ContainerDesk:
    """Goes into containers.

    Args:
        store: Where it is logged.
        clock: The time.
        link: Returns the connection, None while there is none.
        changed: Called when there is something new to show.
        read_only: Nothing may be run in a container but what only reads.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        link: Callable[[], Link | None],
        changed: Callable[[], None],
        *,
        read_only: bool,
    ) -> None:
        self._store = store
        self._clock = clock
        self._link = link
        self._changed = changed
        self._read_only = read_only

    def _linked(self) -> Link:
        link = self._link()
        if link is None:
            raise Unavailable("not connected to a cluster")
        return link

    async def fetch(self, request: FetchRequest, report: Callable[[str], None]) -> str:
        """Copy a file or folder of a container here and return what was copied, in words.

        Raises:
            CopyError: If that cannot be done.
            ControllerError: If the server refuses it or does not answer.
        """
        remote = Remote(request.pod, request.container, request.path)
        return await fetch(self._linked().cluster, remote, Path(request.local), report)

    async def terminal(self, request: TerminalRequest, terminal: RemoteTerminal) -> TerminalEnd:
        """Run something in a container.

        Raises:
            ControllerError: If it cannot be run.
        """
        what = " ".join(request.command) or "attach"
        if self._read_only:
            raise Unavailable("read-only: nothing is run in a container")
        conversation = self._linked().conversation(request)
        said, ok = "failed", False
        try:
            end = await terminal.run(conversation)
            said, ok = end.message or f"ended with {end.code or 0}", not end.message
        except ControllerError as error:
            said = explain(error)
            raise
        finally:
            where = f"{request.namespace}/{request.pod} {request.container}"
            self._store.log(Activity(self._clock.now(), "you", what, where, said, ok=ok))
            self._changed()
        return end
