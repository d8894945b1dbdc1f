"""How many groups fit, as a sentence."""

import pytest

from controller.api.meta import Key
from lwstui.capacity.answer import CAP, Answer
from lwstui.capacity.moving import Move
from lwstui.view.fit import (
    SUGGESTED,
    amount,
    document,
    fit_lines,
    moved,
    room_for,
    room_span,
)
from tests.view.build import GPU, lws, node, pod, snapshot, template


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (0, "no more group fits"),
        (1, "1 more group fits"),
        (2, "2 more groups fit"),
        (CAP, f"at least {CAP} more groups fit"),
    ],
)
def test_the_amount_is_a_sentence_also_where_counting_ends(groups, expected):
    assert amount(Answer(groups=groups, why="counted")) == expected


QWEN = Key("llm-prod", "qwen")


def waiting(*indexes, gpus=8, **changes):
    base = {"node": "", "phase": "Pending", "scheduled": False, "accelerators": ((GPU, gpus),)}
    return tuple(pod(i, key=QWEN, size=1, **{**base, **changes}) for i in indexes)


def one_pod(gpus=8):
    return lws(1, 1, leaderWorkerTemplate={"size": 1, "workerTemplate": template(gpus)})


def known(*pods, nodes=4, sets=()):
    hosts = tuple(node(f"n{i}") for i in range(nodes))
    return snapshot(sets=(one_pod(), *sets), pods=pods, nodes=hosts)


def lines(found):
    return ["".join(span.text for span in line) for line in fit_lines(found)]


def test_who_comes_first_is_told_with_the_answer_both_ways():
    found = room_for(known(*waiting(0, 1, 2)), one_pod())
    said = lines(found)
    assert said[0] == "1 more group fits: n3"
    first = f"3 pods of llm-prod/qwen wait for 24 {GPU} first"
    assert said[1] == f"{first}; without them 4 would fit"
    assert room_span(found, 2).text.endswith(first)
    told = document(found, 2)
    assert (told["groups"], told["groupsWithoutWaitingPods"]) == (1, 4)
    assert told["waitingPods"] == [
        {"set": "llm-prod/qwen", "pods": 3, "devices": {GPU: 24}, "findNode": 3, "gated": 0}
    ]


def test_who_finds_no_node_or_may_not_have_one_yet_is_told_and_not_subtracted():
    stuck, gated = waiting(0, gpus=16), waiting(1, gates=("kueue.x-k8s.io/admission",))
    assert f"1 pod of llm-prod/qwen waits for 16 {GPU} and finds no node: not subtracted" in lines(
        room_for(known(*stuck), one_pod())
    )
    assert f"1 pod of llm-prod/qwen waits for 8 {GPU} behind scheduling gates: not subtracted" in (
        lines(room_for(known(*gated), one_pod()))
    )


def test_groups_that_are_asked_about_do_not_wait_before_themselves():
    mine = one_pod()
    own = pod(1, key=mine.key, node="", phase="Pending", size=1, accelerators=((GPU, 8),))
    seen = known(own, nodes=1)
    assert room_for(seen, mine).groups == 0
    assert room_for(seen, mine, own_first=False).groups == 1


def test_rules_that_are_not_considered_make_an_answer_an_upper_bound():
    made = one_pod()
    required = {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "rack"}]}
    spec = made.spec["leaderWorkerTemplate"]["workerTemplate"]["spec"]
    spec["affinity"] = {"podAntiAffinity": required}
    found = room_for(known(), made)
    assert lines(found)[:2] == [
        "at most 4 more groups fit: n0 · n1 · n2 · n3",
        "! not considered: pod anti-affinity",
    ]
    assert room_span(found, 4).tone == "warn"
    assert document(found, 4)["notConsidered"] == ("pod anti-affinity",)


def test_what_would_have_to_move_is_a_suggestion():
    pods = tuple(
        pod(set_name="", name=f"t{i}", uid=f"t{i}", group=-1, worker=-1, node=f"n{i}")
        for i in range(2)
    )
    found = room_for(known(*pods, nodes=2), one_pod())
    said = "one more by moving pod prod/t0 (4 devices) from n0 to n1"
    assert any(line == f"{said}{SUGGESTED}" for line in lines(found))
    assert document(found, 1)["moves"] == [
        {
            "what": "pod prod/t0",
            "devices": 4,
            "pods": [{"pod": "prod/t0", "from": "n0", "to": "n1"}],
        }
    ]


def test_a_group_moves_off_nodes_that_it_leaves():
    keys = [Key("prod", f"qwen-0-{i}") for i in range(3)]
    move = Move(
        "group prod/qwen/0", 6, tuple(zip(keys, ("a", "b", "b"), ("b", "b", "c"), strict=True))
    )
    assert moved(move) == "group prod/qwen/0 (6 devices) from a to c"
