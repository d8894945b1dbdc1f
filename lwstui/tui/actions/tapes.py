"""Actions on the recording that is shown; they work on every screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lwstui.tui.actions.spec import ActionSpec

GROUP: Final = "Recording"


def of_tape() -> Iterator[ActionSpec]:
    """Yield what works while a recording is shown."""

    def spec(name: str, title: str, text: str, key: str, *, priority: int = 0) -> ActionSpec:
        return ActionSpec(
            f"tape.{name}", title, text, (key,), "everywhere", group=GROUP, priority=priority
        )

    yield spec("tape-pause", "Pause", "Stop the recording, or let it go on.", "=", priority=3)
    yield spec("tape-faster", "Faster", "Play faster, up to 60 times.", "+")
    yield spec("tape-slower", "Slower", "Play slower, down to a tenth.", "_")
    yield spec("tape-back", "10 s back", "Go back 10 seconds.", "{")
    yield spec("tape-on", "10 s on", "Go on 10 seconds.", "}")
    yield spec("tape-far-back", "1 min back", "Go back a minute.", "(")
    yield spec("tape-far-on", "1 min on", "Go on a minute.", ")")
    yield spec(
        "tape-next",
        "Next event",
        "Go to the next death, warning, restart, finding or change.",
        ";",
        priority=4,
    )
    yield spec(
        "tape-previous", "Event before", "Go to the death, warning or change before.", "comma"
    )
    yield spec("tape-step", "Step", "Go to the next thing that came, and stop there.", "~")
