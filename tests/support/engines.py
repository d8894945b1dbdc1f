"""Engines of consoles that a pilot drives: those stop nothing when they leave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lwstui.runtime.engine import Engine
from tests.support.waiting import eventually


@asynccontextmanager
async def stopped(engine: Engine) -> AsyncIterator[Engine]:
    """Stop the engine when the block ends, while its cluster still answers."""
    before = set(threading.enumerate())
    try:
        yield engine
    finally:
        await asyncio.to_thread(engine.stop)
        mine = [t for t in threading.enumerate() if t.name == "lwstui-engine" and t not in before]
        await eventually(lambda: not any(t.is_alive() for t in mine), what="the engine to end")
