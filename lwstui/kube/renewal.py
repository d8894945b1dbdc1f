"""Loading credentials again after the server refused them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from controller.errors import Unauthorized
from lwstui.kube.clean import clean_line
from lwstui.kube.credentials import CredentialError

LIMIT_S: Final = 30.0
"""A credential plugin that takes longer is given up."""

_FIRST_PAUSE_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 300.0


class Renewal:
    """Loads credentials once for all requests that were refused with the old ones.

    Loading may run a program that opens a browser, so what does not help is repeated ever more
    rarely, until ``reset``.

    Args:
        load: Loads the credentials.
        clock: Seconds on a clock that never goes back.

    Attributes:
        generation: Number of the credentials in use; a request notes it before it is sent.
    """

    def __init__(
        self, load: Callable[[], Awaitable[None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._clock = clock
        self._lock = asyncio.Lock()
        self._pause_s = _FIRST_PAUSE_S
        self._not_before = 0.0
        self.generation = 0

    def reset(self) -> None:
        """Load again at the next refusal, however short the last one was ago."""
        self._pause_s, self._not_before = _FIRST_PAUSE_S, 0.0

    def accepted(self) -> None:
        """Note that the server takes the credentials."""
        self._pause_s = _FIRST_PAUSE_S

    async def renew(self, used: int) -> bool:
        """Return whether a request that was refused should be sent again.

        Args:
            used: Number of the credentials it was sent with.

        Raises:
            Unauthorized: If credentials cannot be loaded.
        """
        async with self._lock:
            if used != self.generation:
                return True
            now = self._clock()
            if self._not_before and now < self._not_before:
                return False
            self._not_before = now + self._pause_s
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
            try:
                await asyncio.wait_for(self._load(), LIMIT_S)
            except TimeoutError:
                raise _refused(f"they did not arrive within {LIMIT_S:.0f} s") from None
            except (CredentialError, OSError, ValueError) as error:
                raise _refused(clean_line(str(error))) from error
            self.generation += 1
            return True


def _refused(why: str) -> Unauthorized:
    return Unauthorized(401, "Unauthorized", f"credentials cannot be renewed: {why}")
