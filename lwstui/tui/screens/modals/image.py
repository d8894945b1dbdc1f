"""Which images the containers of a set shall run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.dialog import Dialog, Field
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.types import Impact, Span

Changes = tuple[tuple[str, str, str], ...]
"""(role, container, image), role ``leader`` or ``worker``."""

_REFRESH_S: Final = 1.0


class ImageDialog(Dialog[Changes]):
    """Returns the images that were changed, None when nothing shall change.

    ``up`` and ``down`` go through the fields. What the change means is computed again with every
    key and once a second; the server is asked when typing has paused.

    Args:
        containers: (role, container, image) as they are now.
        impact_for: What changes would mean.
        dry_run: Asks the server about changes.
        start: Images to open with instead of the present ones.
        clock: Seconds on a clock that never goes back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("down", "app.focus_next", "Next field", show=False),
    ]
    DEFAULT_CSS = """
    ImageDialog {
        .image-row { height: 1; margin-top: 1; }
        &.-normal .image-row, &.-short .image-row { margin-top: 0; }
        .image-row TextBlock { width: 28; }
        .image-row Field { width: 1fr; }
    }
    """

    def __init__(
        self,
        containers: Changes,
        impact_for: Callable[[Changes], Impact],
        dry_run: Callable[[Changes], Future[Outcome]],
        *,
        start: Changes = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(confirm="Set images", clock=clock)
        self._containers = containers
        self._start = {(role, name): image for role, name, image in start}
        self._impact_for = impact_for
        self._ask = dry_run

    def compose_fields(self) -> Iterator[Widget]:
        """Yield one labelled field per container."""
        for number, (role, name, present) in enumerate(self._containers):
            image = self._start.get((role, name), present)
            yield Horizontal(
                TextBlock(id=f"image-label-{number}"),
                Field(image, id=f"image-{number}", compact=True, select_on_focus=False),
                classes="image-row",
            )

    def on_mount(self) -> None:
        """Name the containers and keep the numbers live."""
        for number, (role, container, _) in enumerate(self._containers):
            label = self.query_one(f"#image-label-{number}", TextBlock)
            label.show(((Span(f"{role} ", "dim"), Span(container, "bold")),))
        self.set_interval(_REFRESH_S, self._show)
        self._changed()

    @property
    def changes(self) -> Changes:
        """The images that differ from the present ones; empty fields change nothing."""
        return tuple(
            (role, container, wanted)
            for number, (role, container, image) in enumerate(self._containers)
            if (wanted := self.query_one(f"#image-{number}", Field).value.strip())
            and wanted != image
        )

    def answer(self) -> Changes:
        """Return the changes."""
        return self.changes

    def can_confirm(self) -> bool:
        """Return whether any image differs."""
        return bool(self.changes)

    @on(Input.Changed, ".image-row Field")
    def _on_image_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._changed()

    def _changed(self) -> None:
        self._show()
        self.ask_later(lambda: self._ask(self.changes))

    def _show(self) -> None:
        self.show_impact(self._impact_for(self.changes))
