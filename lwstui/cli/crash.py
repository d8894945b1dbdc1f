"""Where the traceback of an unexpected failure goes: a file, not the terminal."""

from __future__ import annotations

import os
import traceback

from lwstui.config.paths import state_folder


def record(error: BaseException) -> str:
    """Append the traceback to the crash log and return a clause saying where it is."""
    path = state_folder(os.environ) / "crash.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write("".join(traceback.format_exception(error)) + "\n")
    except OSError as failure:
        return f"its trace could not be kept: {failure.strerror}"
    return f"the trace is in {path}"
