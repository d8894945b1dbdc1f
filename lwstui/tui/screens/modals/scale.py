"""How many groups a set shall have."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.dialog import Dialog
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.types import Impact, Span

_REFRESH_S: Final = 1.0
_MOST_DIGITS: Final = 5


class ScaleDialog(Dialog[int]):
    """Returns the wanted number of groups, None when nothing shall change.

    ``up`` and ``down`` change the number, digits type it, ``backspace`` takes a digit away. What
    the change means is computed again with every number and once a second; the server is asked
    when the number has rested for a moment.

    If the number that the set has changes meanwhile, both are shown and the question is asked
    anew: more groups may have become fewer.

    Args:
        current: Returns the number of groups at the moment.
        impact_for: What a number of groups would mean, given the present one.
        dry_run: Asks the server about a number of groups, given the present one.
        start: Number it opens with; the present one if none is given.
        said: Why the change was not made when it was confirmed before, empty if it was not.
        clock: Seconds on a clock that never goes back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,plus", "step(1)", "One more", show=False),
        Binding("down,minus", "step(-1)", "One less", show=False),
        Binding("backspace", "erase", "Take a digit away", show=False),
    ]
    DEFAULT_CSS = """
    ScaleDialog {
        #scale-number { margin-top: 1; }
        &.-normal #scale-number, &.-short #scale-number { margin-top: 0; }
    }
    """

    def __init__(
        self,
        current: Callable[[], int],
        impact_for: Callable[[int, int], Impact],
        dry_run: Callable[[int, int], Future[Outcome]],
        *,
        start: int | None = None,
        said: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(confirm="Scale", clock=clock)
        self._present = current
        self._current = current()
        self._said = said
        self._meanwhile: tuple[int, ...] = ()
        self._wanted = str(self._current if start is None else start)
        self._fresh = True
        self._impact_for = impact_for
        self._ask = dry_run

    def compose_fields(self) -> Iterator[Widget]:
        """Yield the number."""
        yield TextBlock(id="scale-number")

    def on_mount(self) -> None:
        """Show the present number and keep the numbers live."""
        self.set_interval(_REFRESH_S, self.look_again)
        self._changed()

    @property
    def wanted(self) -> int:
        """The number that is asked for."""
        return int(self._wanted or "0")

    def answer(self) -> int:
        """Return the wanted number."""
        return self.wanted

    def can_confirm(self) -> bool:
        """Return whether the number differs from the present one."""
        return bool(self._wanted) and self.wanted != self._current

    def action_step(self, by: int) -> None:
        """Change the number."""
        self._set(str(max(0, min(self.wanted + by, 10**_MOST_DIGITS - 1))))

    def action_erase(self) -> None:
        """Take the last digit away."""
        self._set(self._wanted[:-1])

    def on_key(self, event: events.Key) -> None:
        """Take digits as the number; the first one replaces it."""
        character = event.character or ""
        deaf = self.locked or self.mistaken
        if deaf or not (character.isascii() and character.isdigit()):
            return
        event.stop()
        event.prevent_default()
        typed = character if self._fresh else self._wanted + character
        self._set(typed[:_MOST_DIGITS].lstrip("0") or "0")
        self._fresh = False

    def _set(self, wanted: str) -> None:
        changed, self._wanted = wanted != self._wanted, wanted
        if changed:
            self._changed()

    def look_again(self) -> None:
        """Show what the number means now, and ask anew if it was about another one."""
        present = self._present()
        if present != self._current:
            self._meanwhile = (*(self._meanwhile or (self._current,)), present)
            self._current = present
            self.ask_anew("Scale anyway")
            self._changed()
        else:
            self._show()

    @property
    def current(self) -> int:
        """The number of groups that the question is about."""
        return self._current

    def _changed(self) -> None:
        self._show()
        self.ask_later(lambda: self._ask(self.wanted, self._current))

    def _show(self) -> None:
        self.show_impact(self._noted(self._impact_for(self.wanted, self._current)))
        changed = self.can_confirm()
        self.query_one("#scale-number", TextBlock).show(
            (
                (
                    Span("groups  ", "dim"),
                    Span(f"{self._current} → "),
                    Span(f"[ {self._wanted or ' '} ]", "title" if changed else ""),
                    Span("   up/down or digits" + ("" if changed else "; no change yet"), "dim"),
                ),
            )
        )

    def _noted(self, impact: Impact) -> Impact:
        """Return what would happen with what happened meanwhile."""
        notes = [("Not done", Span(self._said, "warn"))] if self._said else []
        if self._meanwhile:
            went = f"somebody else went from {' to '.join(map(str, self._meanwhile))} groups"
            notes.append(("Meanwhile", Span(went, "warn")))
        return replace(impact, facts=(*notes, *impact.facts)) if notes else impact
