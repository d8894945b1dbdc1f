"""A failure inside the console costs one sentence on the screen, never the screen.

The traceback goes to the log file; the operator reads what failed and can go on.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from textual.app import App

log = logging.getLogger("lwstui.tui")


class Troubled(Protocol):
    """Something that can show a sentence."""

    def trouble(self, sentence: str) -> None:
        """Show what failed."""
        ...


P = ParamSpec("P")
A = TypeVar("A", bound=App[Any])
S = TypeVar("S", bound=Troubled)


def report(target: Troubled, error: Exception, doing: str) -> None:
    """Log a failure and show one sentence about it."""
    log.error("failed: %s", doing, exc_info=error)
    target.trouble(f"{doing} failed: {type(error).__name__}; details are in the log file")


def guarded(
    doing: str,
) -> Callable[[Callable[Concatenate[S, P], None]], Callable[Concatenate[S, P], None]]:
    """Wrap a method of something ``Troubled`` so that an exception ends there.

    Args:
        doing: What the method does, as the subject of the sentence.
    """

    def wrap(
        method: Callable[Concatenate[S, P], None],
    ) -> Callable[Concatenate[S, P], None]:
        @functools.wraps(method)
        def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
            try:
                method(self, *args, **kwargs)
            except Exception as error:  # noqa: BLE001 - the screen must survive any defect
                report(self, error, doing)

        return call

    return wrap


def while_open(method: Callable[[A], None]) -> Callable[[A], None]:
    """Wrap a method of the console that does nothing once its screens are gone.

    Timers go on for a moment while it leaves.
    """

    @functools.wraps(method)
    def call(self: A) -> None:
        if self.screen_stack:
            method(self)

    return call


async def run_guarded(target: Troubled, work: Coroutine[Any, Any, None], doing: str) -> None:
    """Await a coroutine; an exception ends here."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - the program must survive any defect
        report(target, error, doing)
