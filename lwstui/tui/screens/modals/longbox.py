"""A dialog whose text may be longer than the terminal is high."""

from __future__ import annotations

from typing import ClassVar, Final, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

T = TypeVar("T")

MORE: Final = "pgdn more"
_ROOMY: Final = 28
"""Lines of a terminal from which there is room for empty ones."""


class LongBox(ModalScreen[T], Generic[T]):
    """Scrolls by page what does not fit into ``#dialog``, and says that there is more.

    What is docked in the box stays where it is: what is needed to answer belongs there.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown,ctrl+f", "scroll(1)", "More", show=False),
        Binding("pageup,ctrl+b", "scroll(-1)", "Back", show=False),
    ]

    @property
    def cramped(self) -> bool:
        """Whether the terminal has no lines to spare."""
        return self.app.size.height < _ROOMY

    def say_more(self) -> None:
        """Say whether there is more below, as soon as it has been laid out."""
        self.call_after_refresh(self._say_more)

    def _say_more(self) -> None:
        for box in self.query("#dialog"):
            box.border_subtitle = MORE if box.max_scroll_y > box.scroll_y else ""

    def action_scroll(self, pages: int) -> None:
        """Show what does not fit."""
        box = self.query_one("#dialog", Vertical)
        page = max(1, box.scrollable_content_region.height - 4)
        box.scroll_relative(y=pages * page, animate=False)
        self.say_more()
