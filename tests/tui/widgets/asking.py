"""A dialog in an application of its own, and what it is asked with."""

from __future__ import annotations

from concurrent.futures import Future

from textual.screen import ModalScreen
from textual.widgets import Button

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.scale import ScaleDialog
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.types import Impact, Span
from tests.tui.widgets.samples import Harness

IMPACT = Impact(
    title="RECREATE GROUP",
    target="llm-prod / llama70b   group 29",
    what=("Deletes the leader pod llama70b-29 and, with it, workers 1 to 3.",),
    facts=(("Serving now", Span("45 of 48 ready")), ("Rollout floor", Span("45", "warn"))),
    kubectl="kubectl -n llm-prod delete pod llama70b-29 --cascade=foreground",
)
TYPED = Impact("DELETE", "llm-prod / llama70b", ("Everything goes.",), confirm_text="llama70b")
UNASKED = object()


class Clock:
    """A clock that is moved by hand."""

    now = 50.0

    def __call__(self) -> float:
        return self.now


def done(*, ok: bool = True, message: str = "") -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(Outcome(ok, message))
    return future


class Asking:
    """An application that has asked a question and keeps its answer."""

    def __init__(self, dialog: ModalScreen) -> None:
        self.app = Harness()
        self.dialog = dialog
        self.answer: object = UNASKED

    async def open(self, pilot, clock: Clock | None = None) -> None:
        def keep(answer: object) -> None:
            self.answer = answer

        await self.app.push_screen(self.dialog, keep)
        if clock is not None:
            clock.now += 0.3
        await pilot.pause()

    def text(self) -> str:
        """What the dialog says: what would happen, and whether it can be done."""
        blocks = ("#dialog-text", "#dialog-verdict")
        return "\n".join(self.dialog.query_one(name, TextBlock).text for name in blocks)

    def label(self) -> str:
        return str(self.dialog.query_one("#confirm", Button).label)

    def disabled(self) -> bool:
        return self.dialog.query_one("#confirm", Button).disabled


def scale(clock: Clock, asked: list[int], verdict=done, present=lambda: 48) -> ScaleDialog:
    def impact_for(number: int, current: int) -> Impact:
        return Impact("SCALE SET", "llm-prod / llama70b", (f"Groups {number - current:+}",))

    def dry_run(number: int, current: int) -> Future[Outcome]:
        asked.append(number)
        return verdict()

    return ScaleDialog(present, impact_for, dry_run, clock=clock)


def number_of(asking: Asking) -> str:
    return asking.dialog.query_one("#scale-number", TextBlock).text
