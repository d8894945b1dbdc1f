"""Verb keys that change a set or one of its groups."""

from __future__ import annotations

from lwstui.tui import verbs
from lwstui.tui.screens.verbs.selecting import Selecting


class SetKeys(Selecting):
    """Scale, restart, images, recreate, and the rollout."""

    def action_scale(self) -> None:
        """Change the number of groups."""
        self.change_set(verbs.scale, verbs.scale_all)

    def action_restart(self) -> None:
        """Restart all groups, rolling."""
        self.change_set(verbs.restart, verbs.RESTART)

    def action_image(self) -> None:
        """Set container images."""
        self.change_set(verbs.set_image, verbs.set_images)

    def action_undo(self) -> None:
        """Put the template of the revision before back."""
        self.change_set(verbs.undo, verbs.UNDO)

    def action_hold(self) -> None:
        """Hold the rollout where it is."""
        self.change_set(verbs.hold, verbs.HOLD)

    def action_resume_rollout(self) -> None:
        """Let a paused rollout go on."""
        self.change_set(verbs.resume_rollout, verbs.RESUME)

    def action_next_group(self) -> None:
        """Let one more group be updated."""
        self.change_set(verbs.one_more_group, verbs.NEXT)

    def action_recreate(self) -> None:
        """Recreate the group of the selection."""
        if self.change_marked(verbs.RECREATE):
            return
        ref = self.selected()
        if ref is None or ref.group < 0:
            self.host.say("no group is selected", "warn")
            return
        self.change_set(lambda host, key: verbs.recreate(host, key, ref.group))
