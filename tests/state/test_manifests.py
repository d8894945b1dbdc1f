"""Manifests: the order in which they are sent, placeholders, leaving fields out."""

import pytest

from lwstui.state.manifests import (
    Manifest,
    filled_in,
    in_order,
    placeholders,
    without_fields,
)


def of(kind, name="x", version="v1"):
    return Manifest("f.yaml", {"apiVersion": version, "kind": kind, "metadata": {"name": name}})


def test_what_others_need_is_sent_first_and_sets_after_services():
    kinds = (
        "HorizontalPodAutoscaler",
        "LeaderWorkerSet",
        "Service",
        "ConfigMap",
        "Role",
        "Namespace",
        "Deployment",
    )
    assert [one.kind for one in in_order(map(of, kinds))] == [
        "Namespace",
        "Role",
        "ConfigMap",
        "Service",
        "LeaderWorkerSet",
        "Deployment",
        "HorizontalPodAutoscaler",
    ]


def test_only_sets_of_the_group_are_sets():
    assert of("LeaderWorkerSet", version="leaderworkerset.x-k8s.io/v1").is_set
    assert not of("LeaderWorkerSet", version="example.com/v1").is_set
    assert not of("Service").is_set


def test_placeholders_are_listed_once_and_filled_in_where_given():
    text = "image: ${IMAGE}\nargs: [$(LWS_GROUP_SIZE), ${HOME}, ${IMAGE}, ${lower}, $X]"
    assert placeholders(text) == ("IMAGE", "HOME")
    assert filled_in(text, {"IMAGE": "v:1", "HOME": ""}) == (
        "image: v:1\nargs: [$(LWS_GROUP_SIZE), ${HOME}, v:1, ${lower}, $X]"
    )


BODY = {
    "metadata": {"annotations": {"a.example.com/b": "1", "c": "2"}},
    "spec": {
        "replicas": 3,
        "containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}],
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 81, "protocol": "TCP"}],
        "finalizers": ["p", "q"],
    },
}


@pytest.mark.parametrize(
    ("field", "path", "left"),
    [
        (".spec.replicas", ("spec", "replicas"), None),
        (".metadata.annotations.a.example.com/b", ("metadata", "annotations"), {"c": "2"}),
        (
            '.spec.containers[name="b"].image',
            ("spec", "containers"),
            [{"name": "a", "image": "x"}, {"name": "b"}],
        ),
        ('.spec.containers[name="a"]', ("spec", "containers"), [{"name": "b", "image": "y"}]),
        (
            '.spec.ports[port=80,protocol="TCP"]',
            ("spec", "ports"),
            [{"port": 81, "protocol": "TCP"}],
        ),
        ('.spec.finalizers[="p"]', ("spec", "finalizers"), ["q"]),
        (".spec.finalizers[0]", ("spec", "finalizers"), ["q"]),
    ],
)
def test_leaving_a_field_out(field, path, left):
    found = without_fields(BODY, [field])
    for name in path[:-1]:
        found = found[name]
    assert found.get(path[-1]) == left
    assert BODY["spec"]["replicas"] == 3


def test_a_field_that_is_not_there_changes_nothing():
    assert without_fields(BODY, [".spec.nothing", ".spec.replicas.x"]) == BODY
