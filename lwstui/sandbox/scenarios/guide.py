"""Scenarios and their runs in words, for the command line."""

from lwstui.sandbox.scenarios.runner import Line
from lwstui.sandbox.scenarios.schema import Scenario, Step

_MARKS = {"step": "*", "seen": "ok", "missing": "MISSING", "failed": "FAILED", "note": "look"}


def described(scenario: Scenario) -> str:
    """Return what a scenario does and what to expect, as plain text."""
    lines = [f"{scenario.name}: {scenario.summary}", "", "steps:"]
    lines += [f"  {_when(step):24} {step.action.WORD}" for step in scenario.steps]
    lines += ["", "expect:"]
    lines += [f"  - {each.say}" for each in scenario.expectations]
    return "\n".join(lines)


def told(line: Line) -> str:
    """Return a line of a run as it is printed."""
    at = f"{line.at_s:7.1f}s" if line.at_s >= 0 else " " * 8
    return f"{at}  {_MARKS.get(line.kind, ''):7}  {line.text}"


def _when(step: Step) -> str:
    if step.at_s is not None:
        return f"at {step.at_s:g}s"
    words = [] if step.when is None else [f"when {step.when.WORD}"]
    words += [f"after {step.after_s:g}s"] if step.after_s or not words else []
    return ", ".join(words)
