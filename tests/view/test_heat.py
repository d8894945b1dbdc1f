"""The heat map: shades by device, what is free, unknown or not usable, and columns of numbers."""

from dataclasses import replace

import pytest

from lwstui.tui.glyphs import to_ascii
from lwstui.view.heat import NAMES, SHADES, after, chosen
from lwstui.view.idle import cost_lines, idle_devices, sources
from lwstui.view.memo import Memo
from lwstui.view.nodes import nodes_view
from lwstui.view.types import Query, Ref
from tests.view.build import GPU, NOW, node, pod, snapshot
from tests.view.measuring import OLD, STALE, device, measured


def known(devices, *, made=None, pods=None, **changes):
    found = snapshot(
        nodes=made or (node("node-0"),),
        pods=(pod(0, 0, accelerators=((GPU, 8),)),) if pods is None else pods,
    )
    return replace(found, telemetry=measured(devices, **changes))


def shown(world, metric="utilisation", memo=None, now=NOW):
    return nodes_view(world, Query(), now, memo or Memo(), metric=metric)


def cell(view, column, name="node-0"):
    row = next(r for r in view.table.rows if r.ref is not None and r.ref.name == name)
    at = [c.id for c in view.table.columns].index(column)
    return row.cells[at].text


UTILS = (0.0, 0.05, 0.25, 0.5, 0.75, 1.0, None, 0.04)


def eight(utils=UTILS, **changes):
    return [device(at, util, **changes) for at, util in enumerate(utils)]


@pytest.mark.parametrize(
    ("metric", "cells"),
    [
        ("utilisation", "·░▒▓██?·"),
        ("memory", "▓▓▓▓▓▓▓▓"),
        ("power", "▓▓▓▓▓▓▓▓"),
        ("temperature", "▒▒▒▒▒▒▒▒"),
        ("allocation", "████████"),
    ],
)
def test_one_cell_per_device_in_the_shade_of_its_value(metric, cells):
    assert cell(shown(known(eight()), metric), "map") == cells


def test_every_shade_is_another_character_in_ascii():
    assert len(set(to_ascii(SHADES))) == len(SHADES)
    assert to_ascii(SHADES) == ".:+#@"


@pytest.mark.parametrize(
    ("devices", "changes", "cells"),
    [
        pytest.param(eight(holder=""), {}, "·░▒▓██?·", id="holder-unknown"),
        pytest.param(
            [*eight((0.9,) * 4), *[device(at, 0.0, holder="") for at in range(4, 8)]],
            {"pods": (pod(),)},
            "████____",
            id="free",
        ),
        pytest.param(
            [device(at, 0.0, holder="") for at in range(8)],
            {"pods": (), "made": (node("node-0", unschedulable=True),)},
            "xxxxxxxx",
            id="cordoned",
        ),
        pytest.param(eight((0.9,) * 8, age_s=STALE), {}, "????????", id="stale"),
        pytest.param(eight((0.9,) * 8, age_s=OLD), {}, "████████", id="old"),
        pytest.param(eight((0.9,) * 5), {}, "█████???", id="three-fell-silent"),
        pytest.param([], {}, "????????", id="held-and-not-measured"),
        pytest.param([], {"pods": (pod(),)}, "????____", id="free-and-not-measured"),
        pytest.param(
            eight((0.9,) * 6),
            {
                "pods": (pod(accelerators=((GPU, 6),)),),
                "made": (node("node-0", allocatable=((GPU, 6),)),),
            },
            "██████!!",
            id="unhealthy",
        ),
    ],
)
def test_what_a_cell_says_where_there_is_no_value(devices, changes, cells):
    assert cell(shown(known(devices, **changes)), "map") == cells


def test_many_devices_are_drawn_in_eight_parts():
    many = [device(at, 0.9 if at < 16 else 0.0) for at in range(32)]
    world = known(many, made=(node("node-0", 32),), pods=(pod(accelerators=((GPU, 32),)),))
    assert cell(shown(world), "map") == "████····"


def test_numbers_of_a_node_and_of_its_domain():
    rack = "topology.kubernetes.io/rack"
    made = tuple(node(name, labels={rack: "r1"}) for name in ("node-0", "node-1"))
    world = known(eight((0.8,) * 8), made=made)
    view = shown(world)
    assert (cell(view, "util"), cell(view, "mem"), cell(view, "kw")) == ("80%", "50%", "4.0")
    assert cell(view, "util", "node-1") == "–"
    domain = next(r for r in view.table.rows if r.ref is None)
    assert {"80% 8/16", "50% 8/16", "4.0 8/16"} <= {c.text for c in domain.cells}
    legend = "".join(span.text for span in view.legend)
    assert "measured 0s ago   8 without data" in legend


def test_readings_grow_old_without_a_new_snapshot():
    world, memo = known(eight((0.8,) * 8)), Memo()
    assert cell(shown(world, memo=memo), "util") == "80%"
    assert cell(shown(world, memo=memo, now=NOW + 40), "util") == "~80%"
    late = shown(world, memo=memo, now=NOW + 400)
    assert cell(late, "util") == "stale 6m"
    assert cell(late, "map") == "????????"


def test_what_is_shown_if_nothing_was_chosen():
    assert chosen("", measured(eight())) == "utilisation"
    assert chosen("", measured()) == "allocation"
    assert chosen("power", measured()) == "power"
    seen = ["allocation"]
    while after(seen[-1]) != "allocation":
        seen.append(after(seen[-1]))
    assert tuple(seen) == NAMES


def test_without_measurements_there_are_no_columns_of_numbers():
    view = shown(known(()), "")
    assert "util" not in [c.id for c in view.table.columns]
    assert "nothing is measured" in "".join(span.text for span in view.legend)


def test_idle_devices_are_listed_longest_first_with_what_they_hold():
    held = [
        device(0, 0.0, idle_since=NOW - 1320, memory=0.87),
        device(1, 0.0, idle_since=NOW - 2000, memory=0.01),
        device(2, 0.0, idle_since=NOW - 600),
        device(3, 0.9),
    ]
    table = idle_devices(known(held), Query(), NOW)
    assert [(r.cells[0].text, r.cells[2].text, r.cells[-1].text) for r in table.rows] == [
        ("33m", "1", "next to empty"),
        ("22m", "0", "something loaded"),
    ]
    other = idle_devices(known(held), Query(), NOW, Ref("set", "prod", "other"))
    assert not other.rows
    assert other.note == "no device was seen to do nothing for 15m while its pod was ready"


def test_where_numbers_come_from():
    table = sources(known(eight()), Query(), NOW)
    assert [[c.text for c in r.cells[:3]] for r in table.rows] == [
        ["engines", "1", "1"],
        ["exporters of devices", "2", "2"],
    ]
    text = "\n".join("".join(s.text for s in line) for line in cost_lines(known(eight()), NOW))
    assert "8 devices on 1 node, 8 of them held by known pods" in text
