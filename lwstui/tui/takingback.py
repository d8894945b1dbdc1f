"""Taking an apply back: what it changed is planned, looked at and sent like any other apply."""

from __future__ import annotations

import asyncio
from typing import Final

from controller.api.meta import Key
from lwstui.runtime.releases import kept
from lwstui.runtime.sources import Texts, source_of
from lwstui.state.releases import GoingBack, going_back, last_of, that_sent
from lwstui.tui.applying import Applying
from lwstui.tui.host import Host
from lwstui.tui.routes import Route
from lwstui.view.ages import stamp

PREFIX: Final = "undo:"
"""How the place of an apply begins that takes another one back; its id follows."""


class TakingBack(Applying):
    """The objects of a release on their way back.

    Args:
        host: The application.
        release: Id of the release.
    """

    def __init__(self, host: Host, release: str) -> None:
        super().__init__(host, "")
        self._release = release
        self._back: GoingBack | None = None

    @property
    def title(self) -> str:
        """What is taken back, in words."""
        if self._back is None:
            return "undo of an apply"
        release = self._back.release
        return f"undo of {release.source} as applied {stamp(release.seconds)}"

    @property
    def files(self) -> str:
        """No file holds what is put back."""
        return ""

    @property
    def source(self) -> str:
        """Where the apply that is taken back came from."""
        return self._back.release.source if self._back is not None else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What cannot be put back, and what goes back with it."""
        return self._back.notes if self._back is not None else ()

    async def read(self) -> None:
        """Find the release; ``problem`` says why not."""
        releases = await asyncio.to_thread(kept, self._host.state_files)
        found = next((one for one in reversed(releases) if one.id == self._release), None)
        if found is None:
            self.texts, self.problem = None, "that apply is not kept any more"
            return
        self._back = going_back(releases, found)
        self.path, self.texts, self.problem = found.source, Texts(found.source, (), ()), ""
        if not self._back.manifests:
            self.texts, self.problem = None, "; ".join(self._back.notes)

    async def plan(self, values: dict[str, str] | None = None) -> None:
        """Ask the server what putting it back would do."""
        del values
        if self._back is not None:
            await self.plan_manifests(self._back.manifests)


def applying(host: Host, detail: str) -> Applying:
    """Return the apply of a place: of a path, or of what takes another apply back."""
    if detail.startswith(PREFIX):
        return TakingBack(host, detail.removeprefix(PREFIX))
    return Applying(host, detail)


async def take_back(host: Host, kind: str, key: Key, at: float) -> None:
    """Plan what takes the apply of an object back.

    Args:
        host: The application.
        kind: Kind of the object.
        key: The object.
        at: When it was sent, epoch seconds.
    """
    releases = await asyncio.to_thread(kept, host.state_files)
    found = that_sent(releases, kind, *key, at)
    if found is None:
        host.say(f"the apply of {kind} {key} is not kept", "warn")
        return
    host.goto(Route("apply", detail=f"{PREFIX}{found.id}"))


async def take_last_back(host: Host, source: str) -> None:
    """Plan what takes the last apply of a file or folder back."""
    releases = await asyncio.to_thread(kept, host.state_files)
    found = last_of(releases, source, source_of(source))
    if found is None:
        host.say(f"no apply of {source} is kept", "warn")
        return
    host.goto(Route("apply", detail=f"{PREFIX}{found.id}"))
