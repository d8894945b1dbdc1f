"""Asking the cluster what may be done in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from types import MappingProxyType
from typing import Final, Protocol

from controller.errors import ControllerError
from lwstui.state.rights import Rights, Rule

AGAIN_S: Final = 300.0
SOON_S: Final = 5.0
MOST_NAMESPACES: Final = 20


class Asker(Protocol):
    """What asks."""

    async def rules(self, namespace: str) -> tuple[tuple[Rule, ...], bool]:
        """Return the rules in a namespace, and whether there may be more.

        Raises:
            ControllerError: If the cluster does not tell.
        """
        ...


class Permissions:
    """Keeps the rights known in the namespaces that matter.

    Args:
        link: Asks.
        namespaces: Returns which namespaces matter at present.
        learned: Takes what was learnt.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        link: Asker,
        namespaces: Callable[[], Iterable[str]],
        learned: Callable[[Rights], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._link = link
        self._namespaces = namespaces
        self._learned = learned
        self._sleep = sleep
        self._known: dict[str, tuple[Rule, ...]] = {}
        self._partial: set[str] = set()

    async def run(self) -> None:
        """Ask about namespaces soon after they appear, and about all of them now and then."""
        since = 0.0
        while True:
            if since >= AGAIN_S:
                self._known.clear()
                since = 0.0
            wanted = list(self._namespaces())[:MOST_NAMESPACES]
            news = [name for name in wanted if name not in self._known]
            for name in news:
                await self._ask(name)
            if news:
                known = MappingProxyType(dict(self._known))
                self._learned(Rights(known, frozenset(self._partial)))
            await self._sleep(SOON_S)
            since += SOON_S

    async def _ask(self, namespace: str) -> None:
        try:
            rules, more = await self._link.rules(namespace)
        except ControllerError:
            rules, more = (), True  # nothing is known, so nothing is refused beforehand
        self._known[namespace] = rules
        self._partial.discard(namespace)
        if more:
            self._partial.add(namespace)
