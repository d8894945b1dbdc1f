"""Rules about devices, engines and measuring itself: the least that fires each, and near misses."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import msgspec
import pytest

from lwstui.insight import devices, measuring, serving
from lwstui.insight.judging import judge
from lwstui.state.insights import Judgment, Severity
from lwstui.state.lately import SLOT_S, Pace
from lwstui.state.telemetry import Mark, Source
from lwstui.telemetry.engines import Fact, Rates
from lwstui.telemetry.join import Owner
from lwstui.telemetry.quantities import Quantity
from tests.insight.support import LLAMA, NOW, node, world
from tests.view.build import pod
from tests.view.measuring import OLD, PERIOD_S, STALE, device, engine, measured

MEMBERS = (pod(0, 0), pod(0, 1), pod(1, 0), pod(1, 1))


def seen(*views, engines=None, nodes=None, **changes):
    """Return a world in which some devices and engines are measured."""
    return world(*MEMBERS, nodes=nodes, telemetry=measured(views, engines, **changes))


def values(view, **more):
    """Return a device with more that is measured of it."""
    known = {**view.reading.values, **{Quantity[name]: value for name, value in more.items()}}
    return replace(view, reading=msgspec.structs.replace(view.reading, values=known))


def code(number, ago=30.0):
    """Return a device whose error code changed."""
    return replace(device(), xid=Mark(float(number), NOW - ago, (MEMBERS[0].key,)))


def grew(quantity, by=3.0):
    """Return a device of which a counter of faults grew."""
    return replace(device(), grown={quantity: Mark(by, NOW - 30, (MEMBERS[0].key,))})


def lately(quantity, *grown):
    """Return a device of which a counter grew so long ago by so much."""
    return replace(device(), lately={quantity: tuple((NOW - ago, by) for ago, by in grown)})


def rated(view=None, **per_s):
    """Return an engine with some rates."""
    view = view or engine()
    rates = Rates(15.0, {Fact[name]: value for name, value in per_s.items()})
    return replace(view, rates=rates)


def trend(before, now, running=8.0, older=30):
    """Return an engine whose tokens per second changed while as much was in work."""
    tokens = (*[before] * older, *[now] * 6)
    return replace(engine(), tokens=tokens, running=(running,) * len(tokens))


def over_hours(speed, quarters=6, running=8.0, now=500.0):
    """Return an engine that had a speed for some quarters of an hour, and has another one now."""
    here = int(NOW // SLOT_S)
    paces = tuple(Pace(here - 2 - n, speed, running) for n in reversed(range(quarters)))
    return replace(trend(now, now, older=0), paces=paces)


HOT = {"TEMPERATURE": 86.0, "CLOCK": 900.0}
COLD = {"TEMPERATURE": 60.0, "CLOCK": 1900.0}
NODES = (node("node-0"), node("node-1"))

DEVICES = {
    "D1": (seen(code(79)), seen(code(78))),
    "D1 silent": (
        seen(device(0, age_s=STALE), device(1)),
        seen(device(0, age_s=STALE), device(1, age_s=STALE)),
    ),
    "D2": (seen(code(48)), seen(code(49))),
    "D2 counter": (seen(grew(Quantity.ECC_DOUBLE)), seen(grew(Quantity.LINK_ERRORS))),
    "D3": (seen(code(63)), seen(code(61))),
    "D3 counter": (seen(grew(Quantity.REMAPPED)), seen(grew(Quantity.LINK_ERRORS))),
    "D4": (seen(code(64)), seen(code(65))),
    "D4 counter": (seen(grew(Quantity.REMAP_FAILED)), seen(grew(Quantity.REMAPPED))),
    "D5": (seen(code(94)), seen(code(96))),
    "D6": (seen(code(31)), seen(code(33))),
    "D7": (seen(code(74)), seen(code(75))),
    "D7 counter": (seen(grew(Quantity.LINK_ERRORS)), seen(grew(Quantity.ECC_DOUBLE))),
    "D8": (seen(code(119)), seen(code(118))),
    "D9": (
        seen(values(device(0, 0.95), **HOT), values(device(1), **COLD)),
        seen(values(device(0, 0.95), **{**HOT, "CLOCK": 1800.0}), values(device(1), **COLD)),
    ),
    "D10": (
        seen(values(device(watts=690.0), POWER_LIMIT=700.0)),
        seen(values(device(watts=680.0), POWER_LIMIT=700.0)),
    ),
    "D11": (
        seen(lately(Quantity.PCIE_REPLAYS, (100.0, 120.0), (40.0, 80.0))),
        seen(lately(Quantity.PCIE_REPLAYS, (130.0, 120.0), (40.0, 199.0))),
    ),
    "D12": (
        seen(lately(Quantity.ECC_SINGLE, (3500.0, 6.0), (60.0, 5.0))),
        seen(lately(Quantity.ECC_SINGLE, (3700.0, 6.0), (60.0, 10.0))),
    ),
    "D12 rows": (
        seen(lately(Quantity.REMAPPED_CORRECTED, (60.0, 11.0))),
        seen(lately(Quantity.REMAPPED, (60.0, 11.0))),
    ),
    "E12": (
        seen(device(0, 0.3), device(1, 0.95), device(2, 0.95)),
        seen(device(0, 0.3), device(1, 0.95), device(2, 0.7)),
    ),
}
ENGINES = {
    "E3": (
        seen(engines={"llama-0": rated(GENERATED=0.0)}),
        seen(engines={"llama-0": rated(engine(running=0.0), GENERATED=0.0)}),
    ),
    "E4": (
        seen(engines={"llama-0": engine(healthy=False)}),
        seen(engines={"llama-0": engine(healthy=None)}),
    ),
    "E4 silent": (
        seen(engines={"llama-0": engine(STALE)}),
        seen(engines={"llama-0": engine(STALE)}, at=NOW - STALE),
    ),
    "E8": (
        seen(engines={"llama-0": engine(kv=0.96, waiting=2.0)}),
        seen(engines={"llama-0": engine(kv=0.96, waiting=0.0)}),
    ),
    "E9": (
        seen(engines={"llama-0": engine(kv=0.5, running=4.0, waiting=9.0)}),
        seen(engines={"llama-0": engine(kv=0.5, running=4.0, waiting=9.0, deferred=2.0)}),
    ),
    "E10": (
        seen(engines={"llama-0": engine(running=12.0), "llama-1": engine(running=1.0)}),
        seen(engines={"llama-0": engine(running=12.0), "llama-1": engine(running=4.0)}),
    ),
    "E11": (
        seen(engines={"llama-0": replace(engine(), running=(0.0,) * 60, waiting=(0.0,) * 60)}),
        seen(engines={"llama-0": replace(engine(), running=(nan,) * 60, waiting=(0.0,) * 60)}),
    ),
    "E13": (
        seen(engines={"llama-0": trend(800.0, 500.0)}),
        seen(engines={"llama-0": trend(800.0, 600.0)}),
    ),
    "E13 young": (
        seen(engines={"llama-0": trend(800.0, 500.0, older=20)}),
        seen(engines={"llama-0": trend(800.0, 500.0, older=19)}),
    ),
    "E13 day": (
        seen(engines={"llama-0": over_hours(800.0 / 8)}),
        seen(engines={"llama-0": over_hours(700.0 / 8)}),
    ),
    "E13 new": (
        seen(engines={"llama-0": over_hours(800.0 / 8)}),
        seen(engines={"llama-0": over_hours(800.0 / 8, quarters=5)}),
    ),
    "E13 other load": (
        seen(engines={"llama-0": over_hours(800.0 / 8, running=10.0)}),
        seen(engines={"llama-0": over_hours(800.0 / 8, running=11.0)}),
    ),
    "E14": (
        seen(engines={"llama-0": engine(deferred=2.0)}),
        seen(engines={"llama-0": engine(deferred=0.0)}),
    ),
    "E15": (
        seen(engines={"llama-0": rated(FAILED=0.6, FINISHED=10.0)}),
        seen(engines={"llama-0": rated(FAILED=0.4, FINISHED=10.0)}),
    ),
}
MEASURING = {
    "T1": (
        seen(device(), nodes=NODES),
        seen(device(), device(node="node-1"), nodes=NODES),
    ),
    "T2": (
        seen(sources=(Source("engines", 2, 0, "not allowed to get pods/proxy"),)),
        seen(sources=(Source("engines", 2, 0, "they do not answer"),)),
    ),
    "T3": (
        seen(sources=(Source("engines", 2, 0, "they do not answer"),)),
        seen(sources=(Source("engines", 2, 1, "one does not answer"),)),
    ),
    "T4": (
        seen(device()),
        seen(replace(device(), reading=msgspec.structs.replace(device().reading, pods=(LLAMA,)))),
    ),
    "T5": (seen(device(age_s=STALE)), seen(device(age_s=OLD))),
    "T6": (
        seen(replace(device(), owner=Owner((MEMBERS[0].key,), "device", lags=True))),
        seen(device()),
    ),
}
EVERY = {
    **{name: (devices, *pair) for name, pair in DEVICES.items()},
    **{name: (serving, *pair) for name, pair in ENGINES.items()},
    **{name: (measuring, *pair) for name, pair in MEASURING.items()},
}


def fired(family, one):
    return {finding.rule: finding for finding in family.findings(one)}


@pytest.mark.parametrize("name", EVERY)
def test_each_rule(name):
    family, world_with, world_without = EVERY[name]
    rule = name.split(maxsplit=1)[0]
    found = fired(family, world_with)
    assert found[rule].diagnosis
    assert found[rule].evidence
    assert all(one.text for one in found[rule].evidence)
    assert rule not in fired(family, world_without)


def test_nothing_is_found_where_nothing_is_measured_or_all_is_well():
    for family in (devices, serving, measuring):
        assert fired(family, world(*MEMBERS)) == {}
    views = [
        values(device(n, node=f"node-{m}", holder=f"llama-{m}"), CLOCK=1900.0)
        for m in (0, 1)
        for n in (0, 1)
    ]
    named = [
        replace(v, reading=msgspec.structs.replace(v.reading, pods=v.owner.pods)) for v in views
    ]
    well = seen(*named, engines={"llama-0": engine()}, nodes=NODES)
    assert {
        rule for family in (devices, serving, measuring) for rule in fired(family, well)
    } == set()


def test_a_set_whose_groups_are_full_together_is_too_small_itself():
    def both(kv):
        engines = {"llama-0": engine(kv=0.96, waiting=2.0), "llama-1": engine(kv=kv, waiting=3.0)}
        return list(serving.findings(seen(engines=engines)))

    judged = judge(judge(Judgment(), both(0.97), NOW), both(0.97), NOW + 120).insights
    assert [(str(one.finding.subject), len(one.consequences)) for one in judged] == [
        ("prod/llama", 2)
    ]
    assert judged[0].finding.diagnosis == (
        "the KV caches of 2 of its 2 groups are full and 5 requests wait: more work comes than it "
        "can do"
    )
    assert [str(one.subject) for one in both(0.94)] == ["prod/llama group 0"]


def test_a_slow_engine_is_compared_with_as_many_hours_as_it_was_watched():
    found = fired(serving, ENGINES["E13 day"][0])["E13"]
    assert found.diagnosis == (
        "each request gets 62.5 tokens/s, 100.0 in the last 2 hours with as many in work"
    )


def test_an_error_code_concerns_the_group_that_held_the_device_then():
    found = fired(devices, seen(code(79)))["D1"]
    assert found.groups == frozenset({(LLAMA, 0)})
    assert found.severity is Severity.CRITICAL
    assert "E1" in found.explains


@pytest.mark.parametrize(
    ("holder", "cordoned", "action", "says"),
    [
        ("node-0", False, "node.cordon", "cordon the node, then recreate the group"),
        ("node-1", False, "node.cordon", "cordon the node before another group lands there"),
        ("node-0", True, "group.recreate", "recreate the group: its node is cordoned"),
        ("node-1", True, "node.open", "leave the node cordoned until the device is well"),
    ],
)
def test_what_helps_depends_on_where_the_group_is_and_on_the_node(holder, cordoned, action, says):
    nodes = (node("node-0", unschedulable=cordoned), node("node-1"))
    one = world(pod(0, 0, node=holder), nodes=nodes, telemetry=measured([code(79)], {}))
    advice = fired(devices, one)["D1"].advice[0]
    assert (advice.action, advice.text) == (action, says)


def test_a_link_error_that_can_wait_is_a_warning():
    assert fired(devices, seen(code(137)))["D7"].severity is Severity.WARNING
    assert fired(devices, seen(code(144)))["D7"].severity is Severity.CRITICAL


def test_what_lasts_is_held_back():
    assert fired(serving, ENGINES["E3"][0])["E3"].hold_s == serving.LASTING_S
    assert fired(devices, DEVICES["D9"][0])["D9"].hold_s == devices.HOLD_S
    assert PERIOD_S < serving.LASTING_S
