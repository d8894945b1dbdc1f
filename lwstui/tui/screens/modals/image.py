"""Which images the containers of a set shall run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.dialog import Dialog, Field
from lwstui.tui.widgets.cells import cut_middle, width
from lwstui.tui.widgets.textblock import TextBlock
from lwstui.view.impact_sets import UNCHANGED
from lwstui.view.types import Impact, Span

Changes = tuple[tuple[str, str, str], ...]
"""(role, container, image), role ``leader`` or ``worker``."""

TO_EDIT: Final = "Nothing changes yet: down or tab goes to an image, to be typed over."
_REFRESH_S: Final = 1.0
_LABEL_CELLS: Final = 28


class ImageDialog(Dialog[Changes]):
    """Returns the images that were changed, None when nothing shall change.

    ``up`` and ``down`` go through the fields. What the change means is computed again with every
    key and once a second; the server is asked when typing has paused.

    If the image of a container changes meanwhile, that is said and the question is asked anew. A
    field that nobody typed into follows; one with a wanted image keeps it.

    Args:
        containers: Returns (role, container, image) as they are at the moment.
        impact_for: What changes would mean.
        dry_run: Asks the server about changes.
        start: Images to open with instead of the present ones.
        said: Why the change was not made when it was confirmed before, empty if it was not.
        clock: Seconds on a clock that never goes back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Previous field", show=False),
        Binding("down", "app.focus_next", "Next field", show=False),
    ]
    DEFAULT_CSS = f"""
    ImageDialog {{
        .image-row {{ height: 1; margin-top: 1; }}
        &.-normal .image-row, &.-short .image-row {{ margin-top: 0; }}
        .image-row TextBlock {{ width: {_LABEL_CELLS}; }}
        .image-row Field {{ width: 1fr; }}
    }}
    """

    def __init__(
        self,
        containers: Callable[[], Changes],
        impact_for: Callable[[Changes], Impact],
        dry_run: Callable[[Changes], Future[Outcome]],
        *,
        start: Changes = (),
        said: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(confirm="Set images", clock=clock)
        self._present = containers
        self._containers = containers()
        self._said = said
        self._meanwhile: tuple[str, ...] = ()
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
            room = _LABEL_CELLS - width(role) - 2
            label.show(((Span(f"{role} ", "dim"), Span(cut_middle(container, room), "bold")),))
        self.set_interval(_REFRESH_S, self.look_again)
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

    def look_again(self) -> None:
        """Show what the images mean now, and ask anew if containers have others meanwhile."""
        present = {one[:2]: one[2] for one in self._present()}
        after = tuple((*one[:2], present.get(one[:2], one[2])) for one in self._containers)
        if after == self._containers:
            self._show()
            return
        for number, (one, now) in enumerate(zip(self._containers, after, strict=True)):
            if one != now:
                self._follow(number, one, now[2])
        self._containers = after
        self.ask_anew("Set anyway")
        self._changed()

    def _follow(self, number: int, before: tuple[str, str, str], now: str) -> None:
        """Note that a container has another image, and show it where none was typed."""
        role, container, image = before
        self._meanwhile = (*self._meanwhile, f"{role} {container} from {image} to {now}")
        field = self.query_one(f"#image-{number}", Field)
        if field.value.strip() == image:
            with self.prevent(Input.Changed):
                field.value = now

    def _changed(self) -> None:
        self._show()
        self.ask_later(lambda: self._ask(self.changes))

    def _show(self) -> None:
        found = self._impact_for(self.changes)
        if not self.changes and found.refused == UNCHANGED:
            found = replace(found, refused="", what=(TO_EDIT,))
        self.show_impact(self._noted(found))

    def _noted(self, impact: Impact) -> Impact:
        """Return what would happen with what happened meanwhile."""
        notes = [("Not done", Span(self._said, "warn"))] if self._said else []
        if self._meanwhile:
            went = f"somebody else set {', '.join(self._meanwhile)}"
            notes.append(("Meanwhile", Span(went, "warn")))
        return replace(impact, facts=(*notes, *impact.facts)) if notes else impact
