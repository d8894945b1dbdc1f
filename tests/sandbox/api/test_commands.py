"""A recorded session, command by command, through the real kubectl: the same answers here."""

import re
import shutil
from pathlib import Path

import pytest

from tests.sandbox.api.commandrules import (
    LINES,
    OTHERS,
    last_by_object,
    normal,
    unexplained,
    whole_lines,
    without_descriptions,
)
from tests.sandbox.api.commandworld import (
    Outcome,
    Recorded,
    Session,
    recorded,
    recorded_session,
)

pytestmark = [
    pytest.mark.kubectl,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]


async def carry_out(session: Session, step: Recorded) -> Outcome:
    """Return how a recorded command line ends here; what it waits for is awaited, not slept."""
    pause, _, command = step.command.rpartition("; ")
    if pause:
        await session.world.ready("demo", 2)
    match = re.fullmatch(r"timeout (\d+) (.*)", command)
    if match is None:
        return await session.run(command)
    return await session.run_until(
        match[2],
        lambda out: last_by_object(normal(out)) == last_by_object(normal(step.stdout)),
        float(match[1]),
    )


def differences(step: Recorded, here: Outcome) -> list[str]:
    """Return what differs from the recording and should not."""
    other = OTHERS.get(step.command)
    if other is not None:
        said = here.stdout + here.stderr
        missing = [f"missing: {each}" for each in other.contains if not re.search(each, said)]
        return missing if here.exit == other.exit else [f"exit {here.exit}", said]
    if here.exit != step.exit:
        return [f"exit {here.exit}, recorded {step.exit}", here.stdout, here.stderr]
    printed = here.stdout
    if step.command.startswith("kubectl explain"):
        printed = without_descriptions(printed)
    wanted, found = whole_lines(step.stdout, printed)
    if step.command.startswith("timeout"):
        wanted, found = last_by_object(wanted), last_by_object(found)
    found_lines = unexplained(wanted, found, LINES.get(step.command, ()))
    return found_lines + unexplained(normal(step.stderr), normal(here.stderr), ())


@pytest.mark.timeout(120)
async def test_every_recorded_command_answers_as_recorded(tmp_path: Path) -> None:
    wrong: dict[str, list[str]] = {}
    async with recorded_session(tmp_path) as session:
        for step in recorded():
            await session.prepare(step.command)
            found = differences(step, await carry_out(session, step))
            if found:
                wrong[step.command] = found
    assert wrong == {}


def test_every_exception_is_about_a_recorded_command() -> None:
    commands = {step.command for step in recorded()}
    assert (LINES.keys() | OTHERS.keys()) <= commands


@pytest.mark.parametrize(
    ("recorded_line", "line"),
    [
        ("demo   2       2         2            3s", "demo   2       2         1            3s"),
        ("pod/demo-0 patched", "pod/demo-1 patched"),
        ("default     Active   10m", "default     Terminating   10m"),
    ],
)
def test_the_rules_hide_no_other_difference(recorded_line: str, line: str) -> None:
    assert unexplained(normal(recorded_line), normal(line), ()) != []
