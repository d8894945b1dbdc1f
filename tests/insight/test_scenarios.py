"""What the rules say about each scenario of the sandbox, and nothing else, by its recording.

The recordings are made by ``tests.support.record_scenarios``; a virtual clock plays them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch

import pytest

from lwstui.runtime.diagnosis import PERIOD_S
from lwstui.runtime.recording.reading import Recording
from lwstui.runtime.recording.stage import Stage
from lwstui.sandbox.scenarios.files import shipped_names
from lwstui.state.insights import Insight
from tests.support.record_scenarios import recording

SLACK_S = 2 * PERIOD_S
"""Rules are asked every two seconds, and a finding is withdrawn when two rounds do not have it."""


@dataclass(frozen=True)
class Expected:
    """One finding.

    Attributes:
        rule: Id of the rule.
        about: What it is about; ``*`` stands for names that chance decides.
        stands: Whether it still stands when the recording ends, long after the scenario.
        under: Rule whose consequence it is, empty for a cause.
    """

    rule: str
    about: str
    stands: bool = False
    under: str = ""


@dataclass
class Told:
    """What was said of one finding.

    Attributes:
        said: When it was said and withdrawn, in seconds; None while it stands.
        waited_s: How long it had been found when it was said, and how long it has to be.
        under: Rule whose consequence it was when it was said.
    """

    said: list[tuple[float, float | None]] = field(default_factory=list)
    waited_s: list[tuple[float, float]] = field(default_factory=list)
    under: str = ""


# The hosts of the TPU slice and the A10G nodes run no exporter, which is true in every sandbox.
DARK = Expected("T1", "cluster", stands=True)

PULLED = ("default/llm-2", "default/llm-2-1")
"""The rollout begins with the last group, and waits for it."""

TABLE: dict[str, tuple[Expected, ...]] = {
    # The connection's own line says that the API server is away; rules have nothing to add.
    "api-down": (DARK,),
    # The lease cannot be renewed in time, so the controller stops, and exporters time out.
    "api-slow": (DARK, Expected("C3", "default/llm"), Expected("T3", "cluster")),
    "api-throttled": (DARK,),
    "bad-image": (DARK, Expected("P3", PULLED[0]), Expected("P3", PULLED[1], under="P3")),
    "gpu-lost": (
        DARK,
        Expected("D1", "device GPU-* on h100-*"),
        Expected("D13", "node h100-*", under="D1"),
        Expected("P20", "default/llm-2-1", stands=True),
    ),
    # A group that is recreated once is doing what it should; why it was is told all the same.
    "leader-crash": (DARK, Expected("P20", "default/llm-2", stands=True)),
    "load-surge": (
        DARK,
        Expected("E8", "default/llm"),
        *(Expected("E8", f"default/llm group {group}", under="E8") for group in range(3)),
    ),
    # The group waits for a worker it cannot reach; the last lines of what gave up say so.
    "network-cut": (
        DARK,
        Expected("E1", "default/llm group 1"),
        Expected("P20", "default/llm-1-1", stands=True, under="E1"),
    ),
    "node-blip": (DARK, Expected("N1", "node h100-*")),
    "node-drained": (DARK, Expected("N3", "node h100-*")),
    "node-lost": (
        DARK,
        Expected("N1", "node h100-*"),
        Expected("P18", "default/llm-0", under="N1"),
        Expected("P18", "default/llm-0-1", under="N1"),
    ),
    "registry-down": (DARK, Expected("P4", PULLED[0]), Expected("P4", PULLED[1], under="P4")),
    # A large image takes its two minutes: nothing is wrong.
    "slow-pull": (DARK,),
    "watches-expired": (DARK,),
    "worker-killed": (DARK,),
    "worker-oom": (
        DARK,
        Expected("P7", "default/llm-0-1"),
        Expected("P20", "default/llm-0-1", stands=True, under="P7"),
    ),
}


def each(insights: tuple[Insight, ...], under: str = "") -> Iterator[tuple[Insight, str]]:
    for one in insights:
        yield one, under
        yield from each(one.consequences, one.finding.rule)


def told(name: str) -> dict[tuple[str, str], Told]:
    """Play a scenario's recording and return what was said of it."""
    tape = Recording.open(recording(name))
    stage, found = Stage(tape), {}
    moment = 0.0
    while stage.at_s < tape.length_s:
        moment += PERIOD_S
        stage.advance(moment)
        now = {}
        for one, under in each(stage.snapshot.insights):
            key = (one.finding.rule, str(one.finding.subject))
            now[key] = one
            entry = found.setdefault(key, Told(under=under))
            if not entry.said or entry.said[-1][1] is not None:
                entry.said.append((moment, None))
                entry.waited_s.append((stage.now - one.since, one.finding.hold_s))
        for key, entry in found.items():
            if key not in now and entry.said[-1][1] is None:
                entry.said[-1] = (entry.said[-1][0], moment)
    tape.close()
    return found


def test_every_scenario_has_its_row():
    assert sorted(TABLE) == sorted(shipped_names())


@pytest.mark.parametrize("name", shipped_names())
def test_the_rules_say_what_a_scenario_shows_and_nothing_else(name):
    found, wanted = told(name), TABLE[name]
    for (rule, about), entry in found.items():
        match = [w for w in wanted if w.rule == rule and fnmatch(about, w.about)]
        assert len(match) == 1, f"{rule} about {about} was said at {entry.said}"
        assert (entry.said[-1][1] is None) == match[0].stands, f"{rule} {about}: {entry.said}"
        assert entry.under == match[0].under, f"{rule} {about}"
        assert len(entry.said) == 1, f"{rule} about {about} flaps: {entry.said}"
        for waited_s, hold_s in entry.waited_s:
            assert hold_s <= waited_s <= hold_s + SLACK_S
    missing = [w for w in wanted if not any(r == w.rule and fnmatch(a, w.about) for r, a in found)]
    assert missing == []
