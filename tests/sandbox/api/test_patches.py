"""JSON, merge and strategic merge patches on plain values."""

from typing import Any

import pytest

from lwstui.sandbox.jsonpatch import apply_json_patch
from lwstui.sandbox.objects import StatusError
from lwstui.sandbox.patches import merge
from lwstui.sandbox.strategic import apply_strategic_patch


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/l/1", "value": "x"}], {"l": ["a", "x", "b"], "m": {"k": 1}}),
        ([{"op": "add", "path": "/l/-", "value": "x"}], {"l": ["a", "b", "x"], "m": {"k": 1}}),
        ([{"op": "remove", "path": "/l/0"}], {"l": ["b"], "m": {"k": 1}}),
        ([{"op": "replace", "path": "/m/k", "value": 2}], {"l": ["a", "b"], "m": {"k": 2}}),
        ([{"op": "move", "from": "/m/k", "path": "/k"}], {"l": ["a", "b"], "m": {}, "k": 1}),
        (
            [{"op": "copy", "from": "/l/0", "path": "/c"}],
            {"l": ["a", "b"], "m": {"k": 1}, "c": "a"},
        ),
    ],
)
def test_json_patch(operations: list, expected: dict) -> None:
    assert apply_json_patch({"l": ["a", "b"], "m": {"k": 1}}, operations) == expected


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/nothing", "value": 1},
        {"op": "remove", "path": "/l/7"},
        {"op": "add", "path": "/l/9", "value": 1},
        {"op": "test", "path": "/m", "value": 2},
        {"op": "jump", "path": "/m"},
    ],
)
def test_json_patch_that_does_not_apply(operation: dict) -> None:
    with pytest.raises(StatusError) as refused:
        apply_json_patch({"l": [], "m": 1}, [operation])
    assert refused.value.code == 422


def test_merge_patch_removes_nulls_and_replaces_lists() -> None:
    old = {"a": {"b": 1, "c": 2}, "l": [1, 2]}
    assert merge(old, {"a": {"b": None, "d": {"e": None}}, "l": [3]}) == {
        "a": {"c": 2, "d": {}},
        "l": [3],
    }
    assert old == {"a": {"b": 1, "c": 2}, "l": [1, 2]}


SPEC = {
    "containers": [
        {"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}]},
        {"name": "b", "image": "1"},
    ],
    "tolerations": [{"key": "t"}],
    "finalizers": ["one", "two"],
}


@pytest.mark.parametrize(
    ("patch", "path", "expected"),
    [
        (
            {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}]},
            ("containers", 0, "env"),
            [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}],
        ),
        (
            {"containers": [{"name": "a", "$patch": "delete"}]},
            ("containers",),
            [{"name": "b", "image": "1"}],
        ),
        (
            {"containers": [{"$patch": "replace"}, {"name": "c", "image": "9"}]},
            ("containers",),
            [{"name": "c", "image": "9"}],
        ),
        (
            {
                "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
                "containers": [{"name": "b", "image": "2"}],
            },
            ("containers", 0),
            {"name": "b", "image": "2"},
        ),
        ({"tolerations": [{"key": "u"}]}, ("tolerations",), [{"key": "u"}]),
        ({"finalizers": ["three"]}, ("finalizers",), ["one", "two", "three"]),
        ({"$deleteFromPrimitiveList/finalizers": ["one"]}, ("finalizers",), ["two"]),
        ({"$retainKeys": ["finalizers"]}, (), {"finalizers": ["one", "two"]}),
        ({"$patch": "replace", "hostname": "h"}, (), {"hostname": "h"}),
        ({"containers": None}, ("tolerations",), [{"key": "t"}]),
    ],
)
def test_strategic_merge_patch(patch: dict, path: tuple, expected: Any) -> None:
    value: Any = apply_strategic_patch({"spec": SPEC}, {"spec": patch})["spec"]
    for step in path:
        value = value[step]
    assert value == expected


def test_strategic_merge_patch_needs_the_merge_key() -> None:
    with pytest.raises(StatusError, match="does not contain declared merge key: name"):
        apply_strategic_patch({"spec": SPEC}, {"spec": {"containers": [{"image": "x"}]}})
