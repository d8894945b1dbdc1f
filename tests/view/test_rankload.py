"""What devices and engines do, by rank in a group, by set in the fleet, and in all."""

from dataclasses import replace

import pytest

from lwstui.view import usage
from lwstui.view.fleet import fleet
from lwstui.view.group import group_view
from lwstui.view.lws import set_view
from lwstui.view.memo import Memo
from lwstui.view.startup import COLUMNS
from lwstui.view.status import status
from lwstui.view.types import Query, Ref
from tests.view.build import LLAMA, NOW, lws, node, pod, snapshot
from tests.view.measuring import OLD, STALE, device, engine, measured

GROUP = Ref("group", "prod", "llama", 0)
SIZE = 4


def world(devices=(), engines=None, **node_changes):
    pods = tuple(pod(0, worker, size=SIZE) for worker in range(SIZE))
    made = (node("node-0", 16, **node_changes),)
    found = snapshot(sets=(lws(1, SIZE),), pods=pods, nodes=made)
    return replace(found, telemetry=measured(devices, engines))


def ranks(*utils, **changes):
    """Return four devices for each pod, the leader's first."""
    names = ("llama-0", *(f"llama-0-{worker}" for worker in range(1, SIZE)))
    return [
        device(4 * at + n, util, holder=name, **changes)
        for at, (name, util) in enumerate(zip(names, utils, strict=True))
        for n in range(4)
    ]


def column(view, name):
    at = [c.id for c in view.table.columns].index(name)
    return [row.cells[at].text for row in view.table.rows]


def shown(found):
    return group_view(found, GROUP, Query(), NOW, Memo())


def test_numbers_by_rank():
    view = shown(world(ranks(0.9, 0.8, 0.9, 0.9)))
    assert column(view, "util") == ["90%", "80%", "90%", "90%"]
    assert column(view, "mem") == ["50%"] * 4
    assert column(view, "watts") == ["500"] * 4
    assert column(view, "celsius") == ["60"] * 4
    assert column(view, "load") == [""] * 4


@pytest.mark.parametrize(
    ("utils", "marks"),
    [
        ((0.9, 0.9, 0.0, 0.9), ["", "", "! idle", ""]),
        ((0.9, 0.9, 0.9, 0.4), ["", "", "", "! lags"]),
        ((0.9, 0.9, None, 0.9), ["", "", "", ""]),
    ],
)
def test_a_rank_that_stands_out_is_marked(utils, marks):
    assert column(shown(world(ranks(*utils))), "load") == marks


@pytest.mark.parametrize(
    ("command", "mark"),
    [
        ("vllm serve m --tensor-parallel-size 16", "! lags"),
        ("vllm serve m --pipeline-parallel-size 4", ""),
        ("vllm serve m --pipeline-parallel-size 2", "? less"),
        ("python -m sglang.launch_server --pp-size 2", "! lags"),
        ("./serve.sh", "? less"),
    ],
)
def test_ranks_are_held_against_those_of_their_stage_only(command, mark):
    container = {"name": "main", "image": "repo/own:1", "args": [command]}
    template = {"spec": {"containers": [container]}}
    found = world(ranks(0.9, 0.9, 0.9, 0.4))
    served = lws(1, SIZE, leaderWorkerTemplate={"size": SIZE, "workerTemplate": template})
    found = replace(found, sets={LLAMA: served})
    assert column(shown(found), "load") == ["", "", "", mark]


def test_ranks_without_data_show_none_and_old_ones_say_so():
    devices = [d for d in ranks(0.9, 0.9, 0.9, 0.9) if d.owner.pods[0].name != "llama-0-3"]
    assert column(shown(world(devices[:-1])), "util") == ["90%", "90%", "90% 3/4", "–"]
    assert column(shown(world(ranks(*[0.9] * 4, age_s=OLD))), "util") == ["~90%"] * 4
    assert column(shown(world(ranks(*[0.9] * 4, age_s=STALE))), "util") == ["stale 5m"] * 4


def test_a_group_that_is_not_measured_has_no_such_columns():
    view = shown(world())
    assert view.table.columns == (*COLUMNS[:-1], *usage.COLUMNS, COLUMNS[-1])
    assert view.engine == ()


def test_the_engine_of_the_leader():
    view = shown(world((), {"llama-0": engine()}))
    assert "running 12" in "".join(span.text for span in view.engine[0])


def test_the_engines_of_a_set():
    found = world((), {"llama-0": engine()})
    lines = ["".join(s.text for s in line) for line in _header(found)]
    assert "engines 1/1   running 12   waiting 3" in lines[-1]
    assert len(_header(world())) == len(lines) - 1


def _header(found):
    return set_view(found, LLAMA, Query(), NOW, Memo()).header


@pytest.mark.parametrize(
    ("devices", "engines", "texts"),
    [
        pytest.param((), None, ["–", "–"], id="nothing-measured"),
        pytest.param(ranks(0.9, 0.9, 0.9, 0.9), {"llama-0": engine()}, ["90%", "15"], id="all"),
        pytest.param(ranks(0.9, 0.9, 0.9, 0.9)[:8], None, ["90% 8/16", "–"], id="half"),
        pytest.param((), {"llama-0": engine(OLD)}, ["–", "~15"], id="old"),
        pytest.param((), {"llama-0": engine(STALE)}, ["–", "–"], id="stale"),
    ],
)
def test_the_work_of_a_set_in_the_fleet(devices, engines, texts):
    found = world(devices, engines)
    table = fleet(found, Query(), NOW, Memo()).table
    at = [c.id for c in table.columns].index("util")
    assert [cell.text for cell in table.rows[0].cells[at : at + 2]] == texts


@pytest.mark.parametrize("memo", [None, Memo()])
def test_totals_tell_what_held_devices_do(memo):
    found = world([*ranks(0.9, 0.9, 0.0, 0.9)[:14], device(20, 0.0, holder="")])
    texts = [span.text for span in status(found, NOW, memo).totals]
    assert texts[2:] == ["GPU 16/16", "10 working 4 idle", "2 without data"]


def test_totals_without_measurements_tell_only_what_the_cluster_says():
    found = world(allocatable=(("nvidia.com/gpu", 14),))
    texts = [span.text for span in status(found, NOW, Memo()).totals]
    assert texts[2:] == ["GPU 16/14", "2 unhealthy"]


def test_totals_leave_out_what_is_stale():
    found, memo = world(ranks(0.9, 0.9, 0.9, 0.9)), Memo()
    assert "16 working 0 idle" in [s.text for s in status(found, NOW, memo).totals]
    late = [s.text for s in status(found, NOW + 400, memo).totals]
    assert late[2:] == ["GPU 16/16", "16 without data"]
