"""A form: a few named values, each on a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from lwstui.tui.screens.modals.dialog import Dialog, Field
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.types import Impact, Span


@dataclass(frozen=True, slots=True)
class Asked:
    """One value of a form.

    Attributes:
        name: What it is called.
        value: What the field starts with.
        hint: What it means, shown while the field is empty.
    """

    name: str
    value: str = ""
    hint: str = ""


class FormDialog(Dialog[dict[str, str]]):
    """Returns the values by name.

    ``up`` and ``down`` go through the fields; what is wrong with them is said with every key.

    Args:
        title: Title of the dialog.
        what: Sentences above the fields.
        asked: The fields.
        wrong: Returns what is wrong with the values, empty if nothing.
        confirm: Label of the confirm button.
        clock: Seconds on a clock that never goes back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Next", show=False, priority=True),
        Binding("up", "app.focus_previous", "Previous", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    FormDialog .form-line { height: 1; }
    FormDialog .form-line TextBlock { width: 22; }
    FormDialog .form-line Field { width: 1fr; height: 1; }
    """

    def __init__(
        self,
        title: str,
        what: Sequence[str],
        asked: Sequence[Asked],
        *,
        wrong: Callable[[dict[str, str]], str] = lambda _: "",
        confirm: str = "Go on",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(confirm=confirm, clock=clock)
        self._title = title
        self._what = tuple(what)
        self._asked = tuple(asked)
        self._wrong = wrong

    def compose_fields(self) -> Iterator[Widget]:
        """Yield a line for each value."""
        for number, one in enumerate(self._asked):
            with Horizontal(classes="form-line"):
                yield TextBlock(id=f"form-name-{number}")
                yield Field(
                    one.value, placeholder=one.hint, id=f"form-value-{number}", compact=True
                )

    def on_mount(self) -> None:
        """Name the fields and put the focus on the first one."""
        for number, one in enumerate(self._asked):
            self.query_one(f"#form-name-{number}", TextBlock).show(((Span(one.name, "dim"),),))
        self._look()
        # Dialogs begin with Cancel; this one is there to be typed into.
        self.call_after_refresh(self.query_one("#form-value-0", Field).focus)

    @property
    def values(self) -> dict[str, str]:
        """What the fields hold."""
        fields = (
            self.query_one(f"#form-value-{number}", Field) for number in range(len(self._asked))
        )
        return {
            one.name: field.value.strip() for one, field in zip(self._asked, fields, strict=True)
        }

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input.id != "dialog-name":
            event.stop()
            self._look()

    def _look(self) -> None:
        self.show_impact(Impact(self._title, "", self._what, refused=self._wrong(self.values)))

    def answer(self) -> dict[str, str]:
        """Return the values by name."""
        return self.values
