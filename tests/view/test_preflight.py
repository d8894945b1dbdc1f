"""Manifests judged before they are applied."""

import copy

import pytest

from controller.api.meta import Key
from lwstui.view.preflight import as_set, document, judge, room, verdict
from tests.view.build import lws, node, pod, snapshot, template

SOUND = {
    "apiVersion": "leaderworkerset.x-k8s.io/v1",
    "kind": "LeaderWorkerSet",
    "metadata": {"name": "demo"},
    "spec": {"replicas": 2, "leaderWorkerTemplate": {"size": 2, "workerTemplate": template()}},
}
OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "demo"}, "data": {"a": 5}}
TEMPLATE = ("spec", "leaderWorkerTemplate")


def changed(*path, to):
    made = copy.deepcopy(SOUND)
    place = made
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = to
    return made


@pytest.mark.parametrize(
    ("manifest", "level", "field", "says"),
    [
        (changed("apiVersion", to="leaderworkerset.x-k8s.io/v1beta1"), "error", "apiVersion", "v1"),
        (changed("specs", to={}), "error", "specs", "no field"),
        (changed("spec", "replica", to=3), "error", "spec.replica", "not supported"),
        (changed("spec", "replicas", to=-1), "error", "spec.replicas", "at least 0"),
        (changed("metadata", "name", to="1demo"), "error", "metadata.name", "DNS-1035"),
        (changed("metadata", "labels", to={"a": 5}), "error", "", "Expected `str`, got `int`"),
        (changed("spec", to=None), "error", "", "got `null`"),
        (
            changed(*TEMPLATE, "restartPolicy", to="Default"),
            "warning",
            "spec.leaderWorkerTemplate.restartPolicy",
            "deprecated",
        ),
        (
            changed(*TEMPLATE, "subGroupPolicy", to={"subGroupSize": 3}),
            "error",
            "spec.leaderWorkerTemplate.SubGroupPolicy.subGroupSize",
            "must not be larger than size 2",
        ),
    ],
)
def test_what_is_wrong_is_named_by_field(manifest, level, field, says):
    (found,) = judge([manifest], "default")
    assert (found.level, found.field) == (level, field)
    assert says in found.message
    assert field in str(found)


def test_sound_sets_and_objects_of_other_kinds_have_no_findings():
    assert judge([SOUND, OTHER], "default") == ()


def test_unknown_fields_do_not_hide_the_rest():
    made = changed(*TEMPLATE, "sizes", to=4)
    made["spec"]["replicas"] = -1
    made["metadata"]["name"] = "Demo"
    fields = [found.field for found in judge([made], "default")]
    assert fields == ["spec.leaderWorkerTemplate.sizes", "metadata.name", "spec.replicas"]


def test_one_object_twice_is_an_error_whether_or_not_it_names_its_namespace():
    named = changed("metadata", "namespace", to="default")
    (found,) = judge([SOUND, named, changed("metadata", "namespace", to="b")], "default")
    assert (found.level, found.about) == ("error", "leaderworkerset default/demo")


@pytest.mark.parametrize(
    ("nodes", "pods", "level", "says"),
    [
        (2, (), "note", "2 groups would fit"),
        (1, (), "error", "1 of 2 groups fit into what is free now"),
        (1, (pod(0), pod(0, 1)), "error", "0 of 1 group fit"),
        (0, (), "note", "fit not computed: no nodes are known"),
    ],
)
def test_room_is_counted_for_the_groups_that_lack(nodes, pods, level, says):
    made = tuple(node(f"node-{i}") for i in range(nodes))
    found = room(lws(), "it", snapshot(nodes=made, pods=pods))
    assert found is not None
    assert found.level == level
    assert found.message.startswith(says)


def test_a_set_that_is_whole_needs_no_room():
    pods = tuple(pod(g, w) for g in (0, 1) for w in (0, 1))
    assert room(lws(), "it", snapshot(nodes=(node("node-0"),), pods=pods)) is None


def test_findings_as_data_and_the_verdict():
    found = judge([changed("spec", "replicas", to=-1), OTHER], "a")
    assert document(found[0]) == {
        "level": "error",
        "object": "leaderworkerset a/demo",
        "field": "spec.replicas",
        "value": -1,
        "message": "must be at least 0",
    }
    assert verdict(found, 2) == "2 objects checked: 1 error, 0 warnings"


def test_a_manifest_as_a_set():
    found = as_set(changed("metadata", "namespace", to="b"))
    assert not isinstance(found, str)
    assert found.key == Key("b", "demo")


def test_findings_are_one_line_whatever_a_manifest_holds():
    (found,) = judge([changed("spec", "rep\x1b[31m\nlicas", to="\x1b]0;a\x07")], "default")
    assert str(found).isprintable()
