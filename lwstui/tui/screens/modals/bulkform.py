"""One question about several objects that first wants to know to what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from textual import events, on
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from lwstui.tui.screens.modals.bulk import BulkDialog, Part
from lwstui.tui.screens.modals.dialog import Field
from lwstui.tui.screens.modals.form import Asked
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.types import Span

_RESTS_S: Final = 0.3


class BulkFormDialog(BulkDialog):
    """Lists every object with what the values in its fields would make of it.

    With every pause in typing the changes are made anew and the server is asked about each;
    until then nothing can be confirmed.

    Args:
        asked: The fields.
        parts_for: Returns the changes for the values of the fields.
        begins: Characters that go to the first field wherever the focus is.
        more: What every question about several objects takes.
    """

    DEFAULT_CSS = """
    BulkFormDialog {
        .bulk-row { height: 1; margin-top: 1; }
        &.-normal .bulk-row, &.-short .bulk-row { margin-top: 0; }
        .bulk-row TextBlock { width: 34; }
        .bulk-row Field { width: 1fr; }
    }
    """

    def __init__(
        self,
        asked: Sequence[Asked],
        parts_for: Callable[[tuple[str, ...]], Sequence[Part]],
        begins: str = "",
        **more: Any,
    ) -> None:
        super().__init__(parts_for(tuple(one.value for one in asked)), **more)
        self._asked = tuple(asked)
        self._parts_for = parts_for
        self._begins = begins
        self._rests: Timer | None = None

    def compose_fields(self) -> Iterator[Widget]:
        """Yield one labelled field for each value."""
        for number, one in enumerate(self._asked):
            yield Horizontal(
                TextBlock(id=f"bulk-label-{number}"),
                Field(
                    one.value,
                    id=f"bulk-{number}",
                    compact=True,
                    placeholder=one.hint,
                    select_on_focus=False,
                ),
                classes="bulk-row",
            )

    def on_mount(self) -> None:
        """Name the fields."""
        for number, one in enumerate(self._asked):
            self.query_one(f"#bulk-label-{number}", TextBlock).show(((Span(one.name, "bold"),),))

    def on_key(self, event: events.Key) -> None:
        """Begin in the first field with what can only be meant for it."""
        character = event.character or ""
        field = self.query_one("#bulk-0", Field)
        typing = isinstance(self.focused, Field)
        deaf = self.locked or self.mistaken
        if deaf or typing or not character or character not in self._begins:
            return
        event.stop()
        event.prevent_default()
        field.focus()
        field.insert_text_at_cursor(character)

    @property
    def values(self) -> tuple[str, ...]:
        """What stands in the fields."""
        fields = (self.query_one(f"#bulk-{number}", Field) for number in range(len(self._asked)))
        return tuple(field.value.strip() for field in fields)

    def can_confirm(self) -> bool:
        """Return whether the server has answered to what stands in the fields."""
        return self._rests is None and super().can_confirm()

    def confirmed(self) -> None:
        """Carry everything out; the fields have said what they had to."""
        for row in self.query(".bulk-row"):
            row.display = False
        super().confirmed()

    @on(Input.Changed, ".bulk-row Field")
    def _on_typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._rests is not None:
            self._rests.stop()
        self._rests = self.set_timer(_RESTS_S, self._ask_for_values)
        self.show_impact(self._impact)

    def _ask_for_values(self) -> None:
        self._rests = None
        self.ask_about(self._parts_for(self.values))
