"""A start is slow by what is usual for the set, and its phase is named."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from lwstui.insight import starting as rules
from lwstui.state.model import GroupHistory, GroupStart
from lwstui.state.tails import Said, Tail
from lwstui.telemetry.quantities import Quantity
from tests.insight.support import LLAMA, NOW, world
from tests.view.build import container, pod, starting
from tests.view.measuring import STALE, device, measured


def starts(seconds, number=5):
    return {LLAMA: tuple(GroupStart("repo/vllm:1", float(seconds)) for _ in range(number))}


def late(seconds, **changes):
    return starting(created_at=NOW - seconds, **changes)


def loading(seconds):
    runs = (container(ready=False, started_at=NOW - seconds + 5),)
    return late(seconds, phase="Running", containers=runs)


def fired(one):
    return [finding.diagnosis for finding in rules.findings(one)]


def test_one_and_a_half_times_what_nine_of_ten_took_is_slow():
    known = {"starts": starts(200)}
    assert fired(world(late(301), **known)) == [
        "it has been starting for more than 5 minutes; it is at the pull of images or making of "
        "containers"
    ]
    assert fired(world(late(299), **known)) == []
    assert "more than 7.5 minutes" in fired(world(late(451), starts=starts(300)))[0]


def test_without_history_fifteen_minutes_are_slow():
    assert fired(world(late(901)))
    assert fired(world(late(899))) == []
    assert fired(world(late(899), starts=starts(200, number=4))) == []


def test_a_set_that_always_takes_long_is_not_slow():
    assert fired(world(late(3000), starts=starts(2400))) == []


def test_what_was_ready_once_does_not_start():
    known = {(LLAMA, 0): GroupHistory((NOW - 5000,), ready_once=True)}
    assert fired(world(late(901), history=known)) == []


def test_a_group_that_serves_or_is_leaving_does_not_start():
    assert fired(world(pod(created_at=NOW - 901))) == []
    assert fired(world(late(901, deleted_at=NOW + 30))) == []


@pytest.mark.parametrize(
    ("lines", "phase"),
    [
        ((), "start of its programs, whose logs are not being read"),
        (("Loading safetensors checkpoint shards: 12% Completed | 1/8",), "loading of weights"),
        (("Loading safetensors", "torch.compile takes 31 s"), "compilation"),
        (("torch.compile takes 31 s", "Capturing CUDA graphs"), "capture of graphs"),
        (("Capturing CUDA graphs", "1/2 is active"), "rendezvous of ranks"),
    ],
)
def test_the_phase_is_what_its_pod_said_last(lines, phase):
    subject = loading(901)
    tail = Tail(subject.uid, tuple(Said(NOW - 5, line) for line in lines))
    (finding,) = rules.findings(world(subject, tails={subject.key: tail}))
    assert finding.diagnosis.endswith(f"it is at the {phase}")
    if lines:
        assert finding.evidence[-1].text == f"llama-0: {lines[-1]}"


def test_a_pod_without_a_node_is_at_scheduling():
    subject = late(901, node="", scheduled=False, containers=())
    assert fired(world(subject))[0].endswith("it is at the scheduling of its pods")


def test_a_short_limit_is_said_in_seconds():
    assert "for more than 45 seconds" in fired(world(late(46), starts=starts(30)))[0]


def filling(*shares, **values):
    """Return a device of the leader whose memory had such shares in use of late."""
    view = device(util=0.1, memory=shares[-1])
    known = {**view.reading.values, **{Quantity[name]: value for name, value in values.items()}}
    return replace(view, memory=shares, reading=msgspec.structs.replace(view.reading, values=known))


@pytest.mark.parametrize(
    ("view", "phase", "said"),
    [
        (
            filling(0.3, PCIE_RECEIVED=1.2e9),
            "loading of weights",
            "llama-0: a device receives 1.2 GB/s and has 30% of its memory in use",
        ),
        (
            filling(0.1, 0.2, 0.3),
            "loading of weights",
            "llama-0: a device has 30% of its memory in use",
        ),
        (filling(0.3, 0.3, 0.3, PCIE_RECEIVED=5e6), "start of its programs", ""),
        (
            filling(0.01, 0.01),
            "start of its programs, before any weights are loaded",
            "at most 1% of the memory of its devices is in use",
        ),
    ],
    ids=["receives", "fills", "neither", "empty"],
)
def test_where_no_log_is_read_devices_tell_the_phase(view, phase, said):
    one = world(loading(901), telemetry=measured([view]))
    (finding,) = rules.findings(one)
    assert f"it is at the {phase}" in finding.diagnosis
    assert (finding.evidence[-1].text == said) == bool(said)


def test_devices_of_which_nothing_new_is_known_tell_nothing():
    view = device(memory=0.01, age_s=STALE)
    (finding,) = rules.findings(world(loading(901), telemetry=measured([view])))
    assert finding.diagnosis.endswith("whose logs are not being read")
