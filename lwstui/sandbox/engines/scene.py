"""What an engine's log is told from: one run of a container, its times and its surroundings."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lwstui.sandbox.engines.detect import Engine
from lwstui.sandbox.engines.program import Program
from lwstui.sandbox.engines.stages import Stages

BEAT_S = 10.0
GROUP_TIMEOUT_S = 300.0
Line = tuple[float, str]
# From when on how many requests at a time are asked of an engine; None: as many as it likes.
Demand = tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One run of a container. Times are simulated seconds since the run's start.

    ``joined_s`` is when the group was complete (None: still waiting), ``finished_s`` when the
    process exited (None: it runs), ``hang_s`` from when on it does nothing more, ``demand`` what
    is asked of it, ``started_at`` the start in epoch seconds, ``program`` what it runs in place of
    the engine, if that is a small program.
    """

    engine: Engine
    stages: Stages
    seed: str
    pod: str
    pod_ip: str
    node: str
    image: str
    started_at: float
    speed: float
    joined_s: float | None
    load_s: float
    finished_s: float | None
    exit_code: int
    told_to_stop: bool
    extra_rate: float
    last_words: tuple[str, ...] = ()
    demand: Demand = ()
    hang_s: float = float("inf")
    program: Program | None = None

    @property
    def serves_s(self) -> float | None:
        """Return when the process starts to serve, None while it waits for its group."""
        return None if self.joined_s is None else self.joined_s + self.load_s

    @property
    def scale(self) -> float:
        """Return how much longer or shorter than planned the loading takes."""
        return self.load_s / self.stages.load_s if self.stages.load_s else 1.0

    def waits(self, every_s: float) -> Iterator[float]:
        """Yield when a process that looks for the other pods of its group says that it waits."""
        end_s = self.finished_s if self.joined_s is None else self.joined_s
        at_s = self.stages.boot_s
        while at_s < (self.stages.boot_s + GROUP_TIMEOUT_S if end_s is None else end_s):
            yield at_s
            at_s += every_s

    def wall(self, offset_s: float) -> float:
        """Return the epoch seconds of an offset."""
        return self.started_at + offset_s / self.speed

    def text(self, offset_s: float, form: str) -> str:
        """Return the wall time of an offset in a ``strftime`` form."""
        return datetime.fromtimestamp(self.wall(offset_s), UTC).strftime(form)

    def dice(self, *what: object) -> random.Random:
        """Return random numbers that are the same whenever ``what`` is told of this run."""
        return random.Random(f"{self.seed}/{what}")


def client(dice: random.Random) -> str:
    """Return the address and port of somebody who sends a request."""
    return f"10.0.{dice.randrange(1, 9)}.{dice.randrange(2, 250)}:{dice.randrange(32768, 60999)}"
