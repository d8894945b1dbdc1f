"""Commands that make a recording, show one, and go about in it."""

from __future__ import annotations

from typing import Final

from lwstui.state.model import Playing
from lwstui.tui import taping
from lwstui.tui.commands.spec import Command, CommandError, CommandSpec
from lwstui.tui.host import Host
from lwstui.view.tape import moment

_FASTEST: Final = 60.0


def _record(host: Host, command: Command) -> None:
    if command.arg(0) == "stop":
        host.run_task(taping.stop_recording(host))
    else:
        host.run_task(taping.start_recording(host, command.arg(0)))


def _record_anyhow(host: Host, command: Command) -> None:
    host.run_task(taping.start_recording(host, command.arg(0), force=True))


def _replay(host: Host, command: Command) -> None:
    taping.replay(host, command.arg(0))


def _playing(host: Host) -> Playing:
    playing = host.snapshot.cluster.playing
    if playing is None or host.backend.tape is None:
        raise CommandError(taping.NOT_SHOWN)
    return playing


def _seek(host: Host, command: Command) -> None:
    playing = _playing(host)
    at_s = moment(command.arg(0), playing, host.snapshot.manner.times)
    if at_s is None:
        raise CommandError(f"“{command.arg(0)}” is no moment such as 14:03:10, 5m, +30s or end")
    if not 0.0 <= at_s <= playing.length_s and command.arg(0)[:1] not in ("+", "-"):
        raise CommandError(f"{command.arg(0)} is not in this recording")
    if (tape := host.backend.tape) is not None:
        tape.seek(at_s)


def _speed(host: Host, command: Command) -> None:
    _playing(host)
    word = command.arg(0).removesuffix("x")
    try:
        speed = float(word)
    except ValueError:
        speed = 0.0
    if not 0.0 < speed <= _FASTEST:
        raise CommandError(f"“{command.arg(0)}” is no speed from 0.1 to {_FASTEST:g}")
    if (tape := host.backend.tape) is not None:
        tape.run_at(speed)


COMMANDS: Final = (
    CommandSpec("record", "record to a file; stop ends it", _record, ("rec",), ("path",), 1),
    CommandSpec(
        "record!", "record to a file that may be there already", _record_anyhow, (), ("path",), 1
    ),
    CommandSpec("replay", "show a recording", _replay, (), ("path",), 1),
    CommandSpec("at", "go to a moment of the recording: 14:03:10", _seek, (), ("word",), 1),
    CommandSpec("seek", "go on or back in the recording: +5m, -30s, 12m", _seek, (), ("word",), 1),
    CommandSpec("speed", "play the recording at a speed: 10", _speed, (), ("word",), 1),
)
