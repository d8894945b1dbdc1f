"""From a selection to what a verb acts on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api import names
from controller.api.meta import Key
from lwstui.tui import targets
from lwstui.view.types import Ref
from tests.tui.worlds import rolling

WORLD, KEY = rolling()
SNAPSHOT = WORLD.snapshot()
SET = Ref("set", *KEY)
GROUP = Ref("group", *KEY, group=29)
POD = Ref("pod", KEY.namespace, "llama70b-29-2", 29, 2)


def test_everything_of_a_set_leads_to_its_key():
    assert [targets.set_key(SNAPSHOT, ref) for ref in (SET, GROUP, POD)] == [KEY] * 3


@pytest.mark.parametrize("ref", [None, Ref("node", "", "gpu-000"), Ref("pod", "x", "gone")])
def test_other_things_belong_to_no_set(ref):
    assert targets.set_key(SNAPSHOT, ref) is None


def test_logs_of_a_set_keep_the_role_and_of_a_pod_name_it():
    leaders = targets.log_request(SNAPSHOT, SET, role="leader")
    assert (leaders.group, leaders.role, leaders.follows) == (None, "leader", True)
    assert targets.log_request(SNAPSHOT, GROUP).group == 29
    previous = targets.log_request(SNAPSHOT, POD, previous=True)
    assert (previous.pod, previous.target, previous.follows) == ("llama70b-29-2", KEY, False)


def test_the_object_of_a_group_is_its_leader():
    assert targets.api_object(SNAPSHOT, GROUP) == (names.PODS, "llm-prod", "llama70b-29")
    assert targets.api_object(SNAPSHOT, Ref("group", *KEY, group=99)) is None
    assert targets.api_object(SNAPSHOT, Ref("node", "", "gpu-000")) == (names.NODES, "", "gpu-000")


def test_containers_of_both_templates():
    image = "vllm/vllm-openai:v0.8.5"
    assert targets.containers(SNAPSHOT, KEY) == (
        ("leader", "vllm-leader", image),
        ("worker", "vllm-worker", image),
    )
    assert targets.containers(SNAPSHOT, Key("no", "set")) == ()


@pytest.mark.parametrize(
    ("snapshot", "read_only", "sentence"),
    [
        (SNAPSHOT, False, ""),
        (SNAPSHOT, True, "read-only"),
        (replace(SNAPSHOT, cluster=replace(SNAPSHOT.cluster, read_only=True)), False, "read-only"),
        (replace(SNAPSHOT, cluster=replace(SNAPSHOT.cluster, connected=False)), False, "not conn"),
        (replace(SNAPSHOT, cluster=replace(SNAPSHOT.cluster, problem="no DNS")), False, "no DNS"),
    ],
)
def test_refusal(snapshot, read_only, sentence):
    said = targets.refusal(snapshot, read_only=read_only)
    assert said.startswith(sentence)
    assert bool(said) == bool(sentence)
