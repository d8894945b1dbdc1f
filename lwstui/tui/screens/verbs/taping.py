"""Keys that play a recording; they work on every screen."""

from __future__ import annotations

from lwstui.runtime.recording.tempo import next_speed
from lwstui.state.model import Playing
from lwstui.tui.screens.verbs.selecting import Selecting
from lwstui.tui.taping import tape_of


class TapeKeys(Selecting):
    """Pause, speed, jumps."""

    @property
    def _playing(self) -> Playing | None:
        return self.host.snapshot.cluster.playing

    def action_tape_pause(self) -> None:
        """Stop the recording, or let it go on."""
        playing = self._playing
        if (tape := tape_of(self.host)) is not None and playing is not None:
            tape.pause(paused=not playing.paused)

    def action_tape_faster(self) -> None:
        """Play faster."""
        self._run_at(1)

    def action_tape_slower(self) -> None:
        """Play slower."""
        self._run_at(-1)

    def action_tape_back(self) -> None:
        """Go back 10 seconds."""
        self._skip(-10.0)

    def action_tape_on(self) -> None:
        """Go on 10 seconds."""
        self._skip(10.0)

    def action_tape_far_back(self) -> None:
        """Go back a minute."""
        self._skip(-60.0)

    def action_tape_far_on(self) -> None:
        """Go on a minute."""
        self._skip(60.0)

    def action_tape_next(self) -> None:
        """Go to the next notable event."""
        if (tape := tape_of(self.host)) is not None:
            tape.hop(1)

    def action_tape_previous(self) -> None:
        """Go to the notable event before."""
        if (tape := tape_of(self.host)) is not None:
            tape.hop(-1)

    def action_tape_step(self) -> None:
        """Go to the next thing that came."""
        if (tape := tape_of(self.host)) is not None:
            tape.step()

    def _run_at(self, by: int) -> None:
        playing = self._playing
        if (tape := tape_of(self.host)) is not None and playing is not None:
            tape.run_at(next_speed(playing.speed, by))

    def _skip(self, by_s: float) -> None:
        playing = self._playing
        if (tape := tape_of(self.host)) is not None and playing is not None:
            tape.seek(tape.now() - playing.started + by_s)
