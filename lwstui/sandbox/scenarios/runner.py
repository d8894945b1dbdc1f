"""Playing a scenario: its steps in their time, its expectations as they come true."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from lwstui.sandbox.objects import Change, StatusError
from lwstui.sandbox.scenarios.conditions import Condition
from lwstui.sandbox.scenarios.parts import ScenarioError
from lwstui.sandbox.scenarios.schema import Expectation, Scenario, Step
from lwstui.sandbox.scenarios.stage import Stage

_POLL_S = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to tell of a run.

    Attributes:
        at_s: Simulated seconds since the start; negative before it.
        kind: ``wait``, ``step``, ``seen``, ``note``, ``missing``, ``failed`` or ``end``.
        text: What happened.
        good: Whether all that can be checked came true, for the last line.
    """

    at_s: float
    kind: str
    text: str
    good: bool = True


class Run:
    """One play of a scenario.

    Args:
        scenario: What to play.
        stage: Where.
        prepare: Creates the scenario's objects.
        tell: Called with each line as it happens.
    """

    def __init__(
        self,
        scenario: Scenario,
        stage: Stage,
        prepare: Callable[[], None],
        tell: Callable[[Line], None],
    ) -> None:
        self._scenario = scenario
        self._stage = stage
        self._prepare = prepare
        self._tell = tell
        self._began: float | None = None
        self._open = [each for each in scenario.expectations if each.check is not None]
        self._acting = False
        self._done = asyncio.Event()

    async def play(self) -> bool:
        """Play it to its end and tell whether all that can be checked came true."""
        try:
            return await self._play()
        except (ScenarioError, StatusError) as error:
            self._say("failed", str(error), good=False)
            return False

    async def _play(self) -> bool:
        self._prepare()
        if not self._scenario.start.holds(self._stage):
            self._say("wait", "the cluster gets ready for the scenario")
        await self._until(self._scenario.start)
        self._stage.begin()
        self._began = self._stage.store.clock.now()
        with self._expecting():
            for step in self._scenario.steps:
                await self._turn(step)
                self._perform(step)
            return await self._end()

    def _perform(self, step: Step) -> None:
        """Do what a step says; what comes of it is told after it."""
        self._acting = True
        try:
            self._say("step", step.action.perform(self._stage))
        finally:
            self._acting = False
        self._look()

    async def _end(self) -> bool:
        for expectation in self._scenario.expectations:
            if expectation.check is None:
                self._say("note", expectation.say)
        clock = self._stage.store.clock
        try:
            async with asyncio.timeout(self._scenario.within_s / clock.speed):
                await self._done.wait()
        except TimeoutError:
            for expectation in self._open:
                self._say("missing", expectation.say)
        good = not self._open
        text = "all came as expected" if good else "not all that was expected came"
        self._say("end", text, good=good)
        return good

    async def _turn(self, step: Step) -> None:
        """Wait until a step's time has come."""
        clock = self._stage.store.clock
        if step.when is not None:
            await self._until(step.when)
        wait_s = step.after_s if step.at_s is None else step.at_s - self._now_s()
        await clock.sleep(wait_s)

    async def _until(self, condition: Condition) -> None:
        """Wait until a condition holds; every change of what it reads is looked at."""
        held = asyncio.Event()

        def look() -> None:
            if condition.holds(self._stage):
                held.set()

        with _watching(self._stage, [condition], look):
            look()
            await held.wait()

    @contextmanager
    def _expecting(self) -> Iterator[None]:
        checks = [each.check for each in self._open if each.check is not None]
        with _watching(self._stage, checks, self._look):
            yield

    def _look(self) -> None:
        """Tick off what has come true, in order."""
        if self._acting:
            return
        while self._open and _holds(self._open[0], self._stage):
            self._say("seen", self._open.pop(0).say)
        if not self._open:
            self._done.set()

    def _now_s(self) -> float:
        clock = self._stage.store.clock
        return -1.0 if self._began is None else (clock.now() - self._began) * clock.speed

    def _say(self, kind: str, text: str, *, good: bool = True) -> None:
        self._tell(Line(round(self._now_s(), 1), kind, text, good))


def _holds(expectation: Expectation, stage: Stage) -> bool:
    return expectation.check is not None and expectation.check.holds(stage)


@contextmanager
def _watching(
    stage: Stage, conditions: Sequence[Condition], look: Callable[[], None]
) -> Iterator[None]:
    """Call ``look`` whenever one of the conditions may have begun to hold."""
    kinds = frozenset(kind for each in conditions for kind in each.KINDS)
    polling: list[asyncio.TimerHandle] = []

    def poll() -> None:
        look()
        polling[:] = [stage.store.clock.call_later(_POLL_S, poll)]

    def on_change(change: Change) -> None:
        if change.key in kinds:
            look()

    stop = stage.store.subscribe(on_change)
    unhook = stage.faults.subscribe(look)
    if any(each.POLLS for each in conditions):
        poll()
    try:
        yield
    finally:
        stop()
        unhook()
        for timer in polling:
            timer.cancel()
