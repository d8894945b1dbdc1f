"""``lwstui --once``: what the first screen shows, printed, for scripts and reports."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from lwstui.cli.common import FAILED, fail

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from lwstui.tui.app import Console

FORMS: Final = ("text", "json", "csv")
_FORM_OF: Final[dict[str, Any]] = {"text": "text", "json": "json", "csv": "csv"}
_WITHIN_S: Final = 30.0
_LOOK_S: Final = 0.05


async def print_once(console: Console, form: str, size: tuple[int, int]) -> int:
    """Run the console without a terminal until it knows something, and print what it shows.

    Args:
        console: The console.
        form: ``text``, ``json`` or ``csv``.
        size: Columns and lines of the screen, which decide what there is room for.

    Returns:
        The exit code.
    """
    said: list[str] = []
    # What a script looks at is neither where somebody left off, nor where they go on.
    console.returns = False

    async def look(pilot: Pilot[object]) -> None:
        said.append(await _shown(console, pilot, form))
        console.exit(0)

    await console.run_async(headless=True, size=size, auto_pilot=look)
    problem = console.snapshot.cluster.problem
    if problem or not said:
        return fail(problem or "the cluster did not answer in time")
    if not said[0]:
        fail("this screen has nothing to print")
        return FAILED
    print(said[0], end="" if said[0].endswith("\n") else "\n")
    return 0


async def _shown(console: Console, pilot: Pilot[object], form: str) -> str:
    from lwstui.tui.commands.running import listed
    from lwstui.tui.glyphs import to_ascii
    from lwstui.view.saving import saved

    until = time.monotonic() + _WITHIN_S
    while not (listed(console.snapshot) or console.snapshot.cluster.problem):
        if time.monotonic() > until:
            return ""
        await asyncio.sleep(_LOOK_S)
    await pilot.pause()
    await pilot.pause()
    taken = console.front.shown_now()
    while taken is not None and not (taken.columns or taken.text) and time.monotonic() < until:
        await asyncio.sleep(_LOOK_S)  # texts and logs are on their way
        taken = console.front.shown_now()
    if taken is None:
        return ""
    wanted = _FORM_OF[form if taken.columns else "text"]
    text = saved(taken, wanted, console.snapshot.cluster.context, console.now())
    return "\n".join(map(to_ascii, text.split("\n"))) if console.ascii_only else text
