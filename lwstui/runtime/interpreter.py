"""Settings of the interpreter that a large cluster wants. See ``benchmarks/console.py``."""

from __future__ import annotations

import gc
import sys
from typing import Final

# Records live as long as their objects and hold no cycles: looking for garbage among a hundred
# thousand of them is work for nothing, and long pauses on the thread that paints. What is new is
# looked at in portions of one to five milliseconds, and everything at once next to never.
_THRESHOLDS: Final = (2_000, 4, 1_250)
# The engine's thread gives way ten times sooner than by default, so that a key is answered
# while it decodes: answering takes several turns at the interpreter.
_SWITCH_S: Final = 0.0005


def tune() -> None:
    """Let the collector run seldom and threads take turns quickly; call it once, at the start."""
    gc.set_threshold(*_THRESHOLDS)
    sys.setswitchinterval(_SWITCH_S)
