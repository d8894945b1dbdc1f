"""From an edit to the patch of just what differs, and what becomes of a change meanwhile."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lwstui.sandbox.jsonpatch import apply_json_patch
from lwstui.state.editing import dropped, editable, identity_changed, operations, rebased

BODY = {
    "apiVersion": "v1",
    "kind": "X",
    "metadata": {"name": "a", "uid": "u", "labels": {"a/b": "1"}, "generation": 4},
    "spec": {"replicas": 3, "list": [{"name": "c", "image": "i:1"}, {"name": "d"}]},
    "status": {"ready": 3},
}


def edited(**spec):
    body = copy.deepcopy(BODY)
    body["spec"].update(spec)
    return body


def test_only_what_differs_is_patched_and_tested():
    assert operations(BODY, edited(replicas=5)) == [
        {"op": "test", "path": "/spec/replicas", "value": 3},
        {"op": "replace", "path": "/spec/replicas", "value": 5},
    ]
    image = edited(list=[{"name": "c", "image": "i:2"}, {"name": "d"}])
    assert operations(BODY, image)[1]["path"] == "/spec/list/0/image"
    shorter = operations(BODY, edited(list=[{"name": "d"}]))
    assert [op["path"] for op in shorter] == ["/spec/list", "/spec/list"]


def test_keys_with_slashes_are_escaped():
    after = copy.deepcopy(BODY)
    del after["metadata"]["labels"]["a/b"]
    assert operations(BODY, after)[-1] == {"op": "remove", "path": "/metadata/labels/a~1b"}


json = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab/~", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.text("ab/~", max_size=2), json, max_size=3)


@given(objects, objects)
def test_a_patch_leads_from_one_state_to_the_other(before, after):
    patched = copy.deepcopy(before)
    assert apply_json_patch(patched, operations(before, after)) == after


def test_a_change_to_another_field_is_kept_and_one_to_the_same_is_mine():
    mine = edited(replicas=5)
    theirs = edited(replicas=4, other=1)
    assert rebased(BODY, mine, theirs)["spec"] == {**theirs["spec"], "replicas": 5}
    removed = copy.deepcopy(BODY)
    del removed["spec"]["replicas"]
    assert "replicas" not in rebased(BODY, removed, theirs)["spec"]


def test_what_the_server_did_not_take_is_named():
    wanted = operations(BODY, edited(replicsa=5, replicas=9))
    assert dropped(wanted, edited(replicas=9)) == ("spec.replicsa",)


def test_only_what_may_be_edited_is_offered():
    body = editable(BODY)
    assert "status" not in body
    assert set(body["metadata"]) == {"name", "labels"}


@pytest.mark.parametrize(("field", "value"), [("name", "b"), ("namespace", "other")])
def test_another_object_is_noticed(field, value):
    after = copy.deepcopy(BODY)
    after["metadata"][field] = value
    assert f"metadata.{field} cannot be changed" in identity_changed(BODY, after)
