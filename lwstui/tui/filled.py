"""Dialogs that open with what was typed on the command bar."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from lwstui.runtime.intents import Outcome
from lwstui.tui.screens.modals.dialog import Field
from lwstui.tui.screens.modals.image import Changes, ImageDialog
from lwstui.tui.screens.modals.scale import ScaleDialog
from lwstui.view.types import Impact


class FilledScaleDialog(ScaleDialog):
    """A scale dialog that starts with another number than the present one.

    Args:
        current: Number of groups now.
        start: Number it starts with.
        impact_for: What a number of groups would mean.
        dry_run: Asks the server about a number of groups.
    """

    def __init__(
        self,
        current: int,
        start: int,
        impact_for: Callable[[int], Impact],
        dry_run: Callable[[int], Future[Outcome]],
    ) -> None:
        super().__init__(current, impact_for, dry_run)
        self._step = start - current

    def on_mount(self) -> None:
        """Go to the number once the dialog is laid out."""
        self.call_after_refresh(self.action_step, self._step)


class FilledImageDialog(ImageDialog):
    """An image dialog in which some images are entered already.

    Args:
        containers: (role, container, image) as they are now.
        start: Images to enter.
        impact_for: What changes would mean.
        dry_run: Asks the server about changes.
    """

    def __init__(
        self,
        containers: Changes,
        start: Changes,
        impact_for: Callable[[Changes], Impact],
        dry_run: Callable[[Changes], Future[Outcome]],
    ) -> None:
        super().__init__(containers, impact_for, dry_run)
        self._fields = {
            f"#image-{number}": image
            for number, (role, name, _) in enumerate(containers)
            for wanted_role, wanted_name, image in start
            if (role, name) == (wanted_role, wanted_name)
        }

    def on_mount(self) -> None:
        """Enter the images once the dialog is laid out."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        for selector, image in self._fields.items():
            self.query_one(selector, Field).value = image
