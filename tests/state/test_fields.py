"""The common fields of a set as a form, and back."""

import pytest

from lwstui.state.fields import changed, fields
from lwstui.state.patches import Unpatchable

CONTAINER = {
    "name": "vllm",
    "image": "vllm:1",
    "args": ["--tp", "8", "a b"],
    "env": [
        {"name": "A", "value": "1"},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {}}},
    ],
    "resources": {"limits": {"nvidia.com/gpu": "8"}, "requests": {"nvidia.com/gpu": "8"}},
}
BODY = {
    "spec": {
        "replicas": 3,
        "leaderWorkerTemplate": {
            "restartPolicy": "None",
            "workerTemplate": {"spec": {"containers": [CONTAINER]}},
        },
    }
}


def container(values):
    spec = changed(BODY, values)["spec"]
    return spec["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0]


def test_the_form_shows_what_is_there():
    shown = {one.name: one.value for one in fields(BODY)}
    assert shown["groups"] == "3"
    assert shown["worker vllm args"] == "--tp 8 'a b'"
    assert shown["worker vllm env"] == "A=1"
    assert shown["worker vllm nvidia.com/gpu"] == "8"
    assert shown["restart"] == "None"
    assert not [name for name in shown if name.startswith("leader")]


def test_nothing_changed_is_the_same_object():
    assert changed(BODY, {one.name: one.value for one in fields(BODY)}) == BODY


def test_values_go_back_where_they_came_from():
    assert changed(BODY, {"groups": "5"})["spec"]["replicas"] == 5
    rollout = changed(BODY, {"max unavailable": "25%", "max surge": "1"})["spec"]["rolloutStrategy"]
    assert rollout == {"rollingUpdateConfiguration": {"maxUnavailable": "25%", "maxSurge": 1}}
    assert container({"worker vllm args": "--tp 16"})["args"] == ["--tp", "16"]
    assert "args" not in container({"worker vllm args": ""})


def test_variables_with_a_source_are_kept():
    env = container({"worker vllm env": "A=2 B='x y'"})["env"]
    assert env == [
        {"name": "A", "value": "2"},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {}}},
        {"name": "B", "value": "x y"},
    ]


def test_an_accelerator_is_requested_as_it_is_limited():
    resources = container({"worker vllm nvidia.com/gpu": "4"})["resources"]
    assert resources == {"limits": {"nvidia.com/gpu": "4"}, "requests": {"nvidia.com/gpu": "4"}}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("groups", "many", "groups: 'many' is no number"),
        ("max surge", "x%", "neither a number nor a percentage"),
        ("worker vllm env", "A", "is not NAME=value"),
        ("worker vllm args", "'open", "No closing quotation"),
    ],
)
def test_what_cannot_be_read_is_told(name, text, says):
    with pytest.raises(Unpatchable, match=says):
        changed(BODY, {name: text})
