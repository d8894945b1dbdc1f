"""Work that goes on after an intent was accepted, such as draining a node, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from controller.api.meta import Key
from controller.errors import ControllerError
from controller.ports import Clock
from lwstui.runtime.intents import Intent, Outcome
from lwstui.runtime.ledger import Ledger
from lwstui.runtime.ports import OperatorCluster
from lwstui.runtime.writes import RULES, explain, phrase
from lwstui.runtime.writing.rule import Task
from lwstui.state.patches import Unpatchable
from lwstui.state.store import Store

_log = logging.getLogger("lwstui.engine")


class Works:
    """The tasks of intents that take this program a while.

    Args:
        store: What the watches show.
        ledger: Takes how far each is and what came of it.
        clock: The time.
        changed: Called when there is something new to show.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        changed: Callable[[], None],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._sleep = sleep
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    def start(self, intent: Intent, cluster: OperatorCluster) -> None:
        """Start what an intent leaves to this program, if anything; it ends an earlier one."""
        rule = RULES[type(intent)]
        work = rule.work
        if work is None:
            return
        self.stop(intent.target)
        task = Task(
            cluster,
            self._store.get,
            lambda text: self._say(intent, text),
            self._sleep,
            self._clock.monotonic,
        )

        async def in_turn() -> str:
            if self._turn.locked():
                task.say("waits for its turn")
            async with self._turn:
                return await work(intent, task)

        doing = in_turn() if rule.in_turn(intent) else work(intent, task)
        running = asyncio.create_task(self._run(intent, doing))
        self._tasks[intent.target] = running
        running.add_done_callback(lambda done: self._forget(intent.target, done))

    def stop(self, target: Key) -> bool:
        """Stop the work on a target; return whether there was any."""
        task = self._tasks.get(target)
        return task is not None and task.cancel()

    async def end(self) -> None:
        """Stop all work and wait for it."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, target: Key, task: asyncio.Task[None]) -> None:
        if self._tasks.get(target) is task:
            del self._tasks[target]

    def _say(self, intent: Intent, text: str) -> None:
        self._ledger.tell(intent, text)
        self._changed()

    async def _run(self, intent: Intent, work: Awaitable[Any]) -> None:
        what = f"{phrase(intent)} of {intent.target}"
        outcome = Outcome(False, f"{what}: stopped; what was done until then stays")
        try:
            outcome = Outcome(True, f"{what}: {await work}")
        except ControllerError as error:
            outcome = Outcome(False, f"{what}: {explain(error)}")
        except Unpatchable as error:
            outcome = Outcome(False, f"{what}: {error}")
        except Exception as error:  # noqa: BLE001 - the supervisor of this work
            _log.exception("%s failed", what)
            outcome = Outcome(False, f"{what} failed: {type(error).__name__}: {error}")
        finally:
            self._ledger.end(intent, outcome, self._clock.now())
            self._changed()
