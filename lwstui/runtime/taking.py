"""A takeover as the console asks for it: who controls what, then the move in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from controller.errors import Forbidden
from controller.ports import Clock
from controller.takeover.native import Native
from controller.takeover.preflight import inspect
from lwstui.config.statefiles import write_private
from lwstui.kube.clean import clean_line
from lwstui.runtime.ports import Link
from lwstui.runtime.takeover import Mover, backup, backup_name
from lwstui.runtime.takeover_terms import Moved, Standing, TakeoverError, TakeoverOrder
from lwstui.state.model import Activity
from lwstui.view.takeover import Candidate


class Takeovers:
    """Takeovers over one connection; every step of them is logged.

    Args:
        link: The connection.
        clock: The time.
        log: Takes what was done.
    """

    def __init__(self, link: Link, clock: Clock, log: Callable[[Activity], None]) -> None:
        self._link = link
        self._clock = clock
        self._log = log

    async def standing(self) -> Standing:
        """Return who controls which set.

        Raises:
            ControllerError: If the cluster does not answer.
        """
        mover = self._link.mover(self._clock, lambda _: None)
        try:
            found = await mover.survey.sets()
        except Forbidden:
            found = await mover.survey.sets(self._link.where.namespace or "default")
        now = self._clock.now()
        candidates = tuple(Candidate(evidence, inspect(evidence, now)) for evidence in found)
        return Standing(candidates, await mover.survey.native())

    async def take_over(
        self, order: TakeoverOrder, report: Callable[[str], None]
    ) -> tuple[Moved, ...]:
        """Move sets; each step is verified, and running it again goes on where it ended.

        Args:
            order: What was confirmed.
            report: Takes each step.

        Raises:
            TakeoverError: If it may not begin or does not get on; the text says what to do.
            ControllerError: If a request fails.
        """

        def tell(text: str) -> None:
            said = clean_line(text)
            self._log(Activity(self._clock.now(), "you", "take over", "", said))
            report(said)

        mover = self._link.mover(self._clock, tell)
        native = await mover.quiet(await mover.survey.native())
        await _may_begin(mover, order, native)
        await self._save(mover, order, native)
        if not native.stopped:
            await mover.stop_native(native)
        return tuple([await mover.move(key) for key in order.keys])

    async def _save(self, mover: Mover, order: TakeoverOrder, native: Native) -> None:
        """Write what will be removed to a file that only the user may read."""
        sets = [await mover.survey.set(key) for key in order.keys]
        content = backup(native, tuple(one for one in sets if one is not None)).decode()
        path = order.folder / backup_name(self._link.where.context, self._clock.now())
        try:
            await asyncio.to_thread(write_private, path, content)
        except OSError as error:
            raise TakeoverError(f"nothing is done: {path} cannot be written: {error}") from error
        mover.say(f"saved what is removed to {path}")


async def _may_begin(mover: Mover, order: TakeoverOrder, native: Native) -> None:
    """Raise unless the move cannot get stuck for want of a permission or for a rival."""
    spaces = sorted({key.namespace for key in order.keys})
    missing = [text for space in spaces for text in await mover.missing_rights(space)]
    if missing:
        raise TakeoverError(f"nothing is done: permission is lacking to {', '.join(missing)}")
    if not native.stopped and not order.stop_native:
        raise TakeoverError("nothing is done: the native controller is in the way")
