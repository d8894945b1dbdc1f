"""Making a recording, and playing one: what keys and commands have in common."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from lwstui.runtime.recording.output import RecordingError
from lwstui.runtime.recording.recorder import RecordingOrder
from lwstui.runtime.tape import Tape
from lwstui.tui.host import Host
from lwstui.view.tape import came_to

NOT_SHOWN: Final = "no recording is shown: :replay FILE shows one"


def tape_of(host: Host) -> Tape | None:
    """Return the controls of the recording that is shown; say so if none is."""
    tape = host.backend.tape
    if tape is None:
        host.say(NOT_SHOWN, "warn")
    return tape


def path_of(text: str) -> Path:
    """Return the file that a text names."""
    return Path(text).expanduser()


async def start_recording(host: Host, path: str, *, force: bool = False) -> None:
    """Record from now on, and say so."""
    order = RecordingOrder(path_of(path), force)
    try:
        taping = await asyncio.wrap_future(host.backend.start_recording(order))
    except RecordingError as error:
        host.say(str(error).replace("--force replaces it", f":record! {path} replaces it"), "bad")
    else:
        host.say(f"recording to {taping.path}; :record stop ends it", "ok")


async def stop_recording(host: Host) -> None:
    """End the recording, and say what it came to."""
    taping = await asyncio.wrap_future(host.backend.stop_recording())
    if taping is None:
        host.say("nothing is being recorded", "warn")
    else:
        host.say(came_to(taping, host.now()), "ok")


def replay(host: Host, path: str) -> None:
    """Show a recording in a console of its own, which this one waits for."""
    file = path_of(path)
    if not file.is_file() or not os.access(file, os.R_OK):
        host.say(f"{file} cannot be read", "bad")
        return
    argv = (sys.executable, "-m", "lwstui", "replay", str(file), "--theme", host.theme)
    if host.run_program(argv):
        host.say(f"{file} could not be shown: lwstui replay {file} says why", "bad")
