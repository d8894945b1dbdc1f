"""Making a set from an example: what can be chosen, what follows the name, what stays."""

import copy

import pytest

from lwstui.data import folder
from lwstui.kube.manifests import load_manifests
from lwstui.state.making import fields, made, the_set, wrong
from lwstui.state.manifests import Manifest

EXAMPLES = sorted(p for p in folder("examples").rglob("*.yaml"))


def example(name):
    return [Manifest(name, one) for one in load_manifests([str(folder("examples") / name)])]


def values(manifests, **changes):
    return {one.id: one.value for one in fields(manifests, "default")} | changes


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_choosing_nothing_changes_nothing_but_the_namespace(path):
    manifests = [Manifest(path.name, one) for one in load_manifests([str(path)])]
    before = copy.deepcopy([one.body for one in manifests])
    chosen = values(manifests)
    assert wrong(chosen) == ""
    new = made(manifests, chosen)
    assert [one.body for one in manifests] == before
    for old, one in zip(before, new, strict=True):
        expected = copy.deepcopy(old)
        expected["metadata"]["namespace"] = "default"
        if one.is_set and one.name == the_set(manifests).name:
            expected["spec"].setdefault("replicas", 1)
            expected["spec"]["leaderWorkerTemplate"].setdefault("size", 1)
        assert one.body == expected


def test_what_can_be_chosen():
    found = {one.id: one.value for one in fields(example("13-vllm-gpu.yaml"), "team")}
    assert found == {
        "name": "vllm",
        "namespace": "team",
        "replicas": "2",
        "size": "2",
        "image leader vllm-leader": "vllm/vllm-openai:v0.9.0",
        "image worker vllm-worker": "vllm/vllm-openai:v0.9.0",
        "devices leader": "8",
        "devices worker": "8",
    }
    assert "image pod nginx" in values(example("02-leaderworkerset-sample.yaml"))
    assert fields([], "team") == ()


def test_services_and_selectors_follow_the_name():
    manifests = example("13-vllm-gpu.yaml")
    chosen = values(manifests, name="llama", replicas="3", **{"devices worker": "4"})
    new = made(manifests, chosen)
    lws, service = new
    assert service.name == "llama-leader"
    assert service.body["spec"]["selector"]["leaderworkerset.sigs.k8s.io/name"] == "llama"
    assert lws.body["spec"]["replicas"] == 3
    group = lws.body["spec"]["leaderWorkerTemplate"]
    worker = group["workerTemplate"]["spec"]["containers"][0]["resources"]["limits"]
    leader = group["leaderTemplate"]["spec"]["containers"][0]["resources"]["limits"]
    assert (worker["nvidia.com/gpu"], leader["nvidia.com/gpu"]) == ("4", "8")


def test_host_names_and_autoscalers_follow_the_name():
    manifests = example("16-llamacpp.yaml")
    text = str(made(manifests, values(manifests, name="mine"))[0].body)
    assert "mine-0-1.mine:50052" in text
    assert "llamacpp-0-1" not in text
    scaled = example("20-hpa.yaml")
    new = made(scaled, values(scaled, name="mine"))
    target = next(one for one in new if one.kind == "HorizontalPodAutoscaler")
    assert target.body["spec"]["scaleTargetRef"]["name"] == "mine"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"replicas": "many"}, "whole number of at least 0"),
        ({"size": "0"}, "whole number of at least 1"),
        ({"devices leader": "-1"}, "at least 0"),
        ({"name": ""}, "name is empty"),
        ({}, ""),
    ],
)
def test_what_is_wrong_with_values(changes, says):
    found = wrong(values(example("13-vllm-gpu.yaml"), **changes))
    assert says in found
    assert bool(found) == bool(says)
