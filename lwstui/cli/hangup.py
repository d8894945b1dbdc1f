"""Noticing that the terminal is gone although no signal says so."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Sequence


def watch_terminal(streams: Sequence[int], gone: Callable[[], object]) -> None:
    """Call ``gone``, on a thread of its own, when a terminal has been closed.

    Whoever reads a terminal that is gone gets nothing at once, again and again. What is written
    to it from then on goes nowhere instead of failing.

    Args:
        streams: Descriptors, the first of which is watched; nothing is if it is no terminal.
        gone: Ends the program.
    """
    if os.isatty(streams[0]):
        work = threading.Thread(
            target=_wait, args=(streams, gone), name="lwstui-terminal", daemon=True
        )
        work.start()


def _wait(streams: Sequence[int], gone: Callable[[], object]) -> None:
    poll = select.poll()
    poll.register(streams[0], 0)  # a hang-up is told whether asked for or not
    if not any(mask & select.POLLHUP for _, mask in poll.poll()):
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(nowhere, stream)
    os.close(nowhere)
    gone()
