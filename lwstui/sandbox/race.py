"""Things that run at once until the first of them ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def race(*runners: Awaitable[Any]) -> AsyncIterator[list[bool]]:
    """Run everything until one ends, then do the block, then end the others.

    Yields:
        Which of them have ended, in the order given.

    Raises:
        Exception: What the first to end has raised.
    """
    tasks = [asyncio.ensure_future(each) for each in runners]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
        yield [task.done() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
