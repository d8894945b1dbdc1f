"""Differences of objects: field by field, as YAML, without what only the server writes."""

import pytest

from lwstui.view.diffs import changes, essence, field_diff, text_diff, yaml_diff


def plain(lines):
    return ["".join(span.text for span in line) for line in lines]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="nothing"),
        pytest.param({"a": 1}, {"a": 2}, [("a", 1, 2)], id="a value"),
        pytest.param(None, {"a": 2}, [("", None, {"a": 2})], id="an object that is new"),
        pytest.param({"a": None}, {}, [], id="null is not set"),
        pytest.param({"a": {"b": 1}}, {"a": {}}, [("a.b", 1, None)], id="a field that is gone"),
        pytest.param(
            {"c": [{"name": "x", "i": 1}, {"name": "y"}]},
            {"c": [{"name": "y"}, {"name": "x", "i": 2}]},
            [("c[x].i", 1, 2)],
            id="named items by name",
        ),
        pytest.param({"c": [1]}, {"c": [1, 2]}, [("c", [1], [1, 2])], id="a list as a whole"),
    ],
)
def test_fields_that_differ(before, after, expected):
    assert [tuple(change) for change in changes(before, after)] == expected


def test_what_only_the_server_writes_is_no_difference():
    body = {
        "kind": "ConfigMap",
        "metadata": {
            "name": "a",
            "uid": "u",
            "resourceVersion": "3",
            "managedFields": [],
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
                "mine": "yes",
            },
        },
        "status": {"x": 1},
    }
    assert essence(body) == {
        "kind": "ConfigMap",
        "metadata": {"name": "a", "annotations": {"mine": "yes"}},
    }
    assert body["metadata"]["uid"] == "u"
    assert essence(None) == {}


def test_the_diff_of_fields_names_each_object_once_and_keeps_notes_at_their_field():
    found = changes(
        {"spec": {"replicas": 1, "t": {"c": [{"name": "v", "image": "a:1"}]}}},
        {"spec": {"replicas": 2, "size": 3, "t": {"c": [{"name": "v", "image": "a:2"}]}}},
    )
    assert plain(field_diff(found, {"spec.replicas": "no restart"})) == [
        "spec",
        "-   replicas: 1",
        "+   replicas: 2   no restart",
        "+   size: 3",
        "spec.t.c[v]",
        "-   image: a:1",
        "+   image: a:2",
    ]


def test_dots_in_annotations_belong_to_the_key():
    found = changes(
        {"metadata": {"annotations": {"a.example.com/b": "1"}}},
        {"metadata": {"annotations": {"a.example.com/b": "2"}}},
    )
    assert plain(field_diff(found))[0] == "metadata.annotations"


def test_objects_in_a_diff_of_fields_are_yaml():
    found = changes({}, {"spec": {"policy": {"a": 1, "b": [2]}}})
    assert plain(field_diff(found)) == [
        "(the whole object)",
        "+   spec:",
        "+     policy:",
        "+       a: 1",
        "+       b:",
        "+       - 2",
    ]


def test_the_yaml_diff_shows_changes_with_their_surroundings():
    before = {"spec": {f"k{i}": i for i in range(9)}, "kind": "X"}
    after = {"kind": "X", "spec": {**before["spec"], "k7": 70}}
    lines = yaml_diff(before, after, 1)
    assert plain(lines) == ["  …", "    k6: 6", "-   k7: 7", "+   k7: 70", "    k8: 8"]
    assert [line[0].tone for line in lines] == ["dim", "dim", "bad", "ok", "dim"]
    assert plain(yaml_diff(before, after, None))[0] == "  kind: X"
    assert yaml_diff(before, before) == ()


def test_the_order_of_fields_is_no_difference():
    before = {"spec": {"a": 1, "b": [{"x": 1, "y": 2}], "c": 3}}
    after = {"spec": {"c": 3, "d": 4, "b": [{"y": 2, "x": 1}, {"z": 0}], "a": 1}}
    assert [text for text in plain(yaml_diff(before, after, 0)) if text[0] != " "] == [
        "+   - z: 0",
        "+   d: 4",
    ]


def test_an_object_that_is_new_is_all_additions():
    assert plain(yaml_diff(None, {"a": 1})) == ["+ a: 1"]


def test_hostile_text_cannot_write_to_the_terminal():
    assert "\x1b" not in "".join(plain(text_diff(["a"], ["\x1b[31mred"])))
    assert "\x1b" not in "".join(plain(field_diff(changes({"a": "b"}, {"a": "\x1b]0;x\x07"}))))
