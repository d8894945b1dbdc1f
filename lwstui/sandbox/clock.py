"""The sandbox's clock: wall time for timestamps, a speed factor for everything that waits."""

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache


class SimClock:
    """Wall clock whose waits are shortened by a speed factor.

    Args:
        speed: Simulated seconds that pass in one real second, above 0.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, got {speed}")
        self.speed = speed

    def now(self) -> float:
        """Return the wall time in seconds since the epoch."""
        return time.time()

    async def sleep(self, simulated_s: float) -> None:
        """Wait until ``simulated_s`` simulated seconds have passed."""
        await asyncio.sleep(max(0.0, simulated_s) / self.speed)

    def call_later(self, simulated_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call ``callback`` on the running loop after ``simulated_s`` simulated seconds."""
        delay_s = max(0.0, simulated_s) / self.speed
        return asyncio.get_running_loop().call_later(delay_s, callback)


def rfc3339(epoch_s: float) -> str:
    """Return a ``metav1.Time``, such as ``2026-11-20T23:23:39Z``."""
    return _second(math.floor(epoch_s))


@lru_cache(maxsize=4096)
def _second(epoch_s: int) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(epoch_s: float) -> str:
    """Return a ``metav1.MicroTime``, such as ``2026-11-20T23:23:39.000123Z``."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> float:
    """Return the epoch seconds of an RFC 3339 time.

    Raises:
        ValueError: The text is not such a time.
    """
    return datetime.fromisoformat(text).timestamp()
