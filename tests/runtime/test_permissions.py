"""What may be done: asked per namespace, looked up, said instead of trying."""

import pytest

from lwstui.state.rights import Rights, Rule
from lwstui.tui.actions import ACTIONS
from lwstui.tui.whynot import Situation, why_not
from lwstui.view.needs import NEEDS
from lwstui.view.types import Ref
from tests.runtime.bench import running
from tests.view.build import LLAMA, pod

VIEWER = (
    Rule(("get", "list", "watch"), ("", "leaderworkersets.x-k8s.io"), ("*",)),
    Rule(("patch",), ("leaderworkerset.x-k8s.io",), ("*/scale",)),
    Rule(("delete",), ("",), ("pods",), ("only-this",)),
)


@pytest.mark.parametrize(
    ("verb", "resource", "namespace", "group", "answer"),
    [
        ("get", "pods/log", "prod", "", "yes"),
        ("patch", "leaderworkersets/scale", "prod", "leaderworkerset.x-k8s.io", "yes"),
        ("patch", "leaderworkersets", "prod", "leaderworkerset.x-k8s.io", "no"),
        ("delete", "pods", "prod", "", "no"),
        ("delete", "pods", "stage", "", "unknown"),
        ("delete", "pods", "elsewhere", "", "unknown"),
        ("list", "nodes", "", "", "yes"),
        ("patch", "nodes", "", "", "unknown"),
    ],
)
def test_lookup(verb, resource, namespace, group, answer):
    rights = Rights({"prod": VIEWER, "stage": VIEWER}, frozenset({"stage"}))
    assert rights.allowed(verb, resource, namespace, group) == answer


async def test_rights_are_asked_for_where_there_are_sets_and_a_verb_says_what_is_missing():
    async with running() as bench:
        bench.link.rights = VIEWER
        await bench.live(pod())
        await bench.time.advance(6)
        assert bench.link.reviewed[-1] == LLAMA.namespace
        snapshot = bench.last
        ref = Ref("group", *LLAMA, 0)
        actions = {spec.id: spec for spec in ACTIONS}

        def why(action, ref=ref):
            return why_not(actions[action], Situation(snapshot, ref))

        assert why("group.recreate") == f"not allowed: delete pods in {LLAMA.namespace}"
        assert why("group.logs") == ""
        assert why("set.scale", Ref("set", *LLAMA)) == ""
        assert why("node.cordon", Ref("node", "", "node-0")) == "not allowed: patch nodes"
        asked = len(bench.link.reviewed)
        await bench.time.advance(60)
        assert len(bench.link.reviewed) == asked


def test_every_action_named_by_a_need_exists():
    named = {action for need in NEEDS for action in need.actions}
    assert named <= {spec.id for spec in ACTIONS}
