"""Noticing that the terminal is gone although no signal says so."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Sequence
from typing import Final

PATIENCE_S: Final = 20.0
"""Seconds to leave in good order; what holds the Lease must not live on where nobody sees it."""


def watch_terminal(
    streams: Sequence[int], gone: Callable[[], object], patience_s: float = PATIENCE_S
) -> None:
    """Call ``gone``, on a thread of its own, when a terminal has been closed.

    Whoever reads a terminal that is gone gets nothing at once, again and again. What is written
    to it from then on goes nowhere instead of failing. A program that has not ended some time
    later is ended with code 1: Textual's writing thread dies of a write that failed before, and
    its driver can wait for that thread for ever.

    Args:
        streams: Descriptors, the first of which is watched; nothing is if it is no terminal.
        gone: Ends the program.
        patience_s: Seconds that ending may take.
    """
    if os.isatty(streams[0]):
        work = threading.Thread(
            target=_wait, args=(streams, gone, patience_s), name="lwstui-terminal", daemon=True
        )
        work.start()


def _wait(streams: Sequence[int], gone: Callable[[], object], patience_s: float) -> None:
    poll = select.poll()
    poll.register(streams[0], 0)  # a hang-up is told whether asked for or not
    if not any(mask & select.POLLHUP for _, mask in poll.poll()):
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(nowhere, stream)
    os.close(nowhere)
    gone()
    threading.Event().wait(patience_s)
    os._exit(1)
