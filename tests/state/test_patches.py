import pytest

from controller.api.names import RESTARTED_AT
from lwstui.state.patches import Unpatchable, image_patch, images, restart_patch
from tests.view.build import lws, template


def spec(**templates):
    return {"leaderWorkerTemplate": {"workerTemplate": template(), **templates}}


def test_restart_stamps_only_templates_that_exist():
    body = restart_patch(spec(), "u", "now")
    assert body["metadata"] == {"uid": "u"}
    assert list(body["spec"]["leaderWorkerTemplate"]) == ["workerTemplate"]
    both = restart_patch(spec(leaderTemplate=template()), "u", "now")
    stamped = both["spec"]["leaderWorkerTemplate"]
    assert {t["metadata"]["annotations"][RESTARTED_AT] for t in stamped.values()} == {"now"}
    assert len(stamped) == 2


def test_images_are_replaced_under_tests_of_what_was_read():
    operations = image_patch(spec(), "u", [("worker", "main", "repo/vllm:2")])
    path = "/spec/leaderWorkerTemplate/workerTemplate/spec/containers/0"
    assert operations == [
        {"op": "test", "path": "/metadata/uid", "value": "u"},
        {"op": "test", "path": f"{path}/name", "value": "main"},
        {"op": "test", "path": f"{path}/image", "value": "repo/vllm:1"},
        {"op": "replace", "path": f"{path}/image", "value": "repo/vllm:2"},
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("leader", "main", "x"), "no leader template"),
        (("worker", "sidecar", "x"), "no container 'sidecar'"),
        (("router", "main", "x"), "no role 'router'"),
    ],
)
def test_what_cannot_be_set_says_why(change, says):
    with pytest.raises(Unpatchable, match=says):
        image_patch(spec(), "u", [change])


def test_images_of_malformed_templates_are_none():
    assert images(lws().spec) == (("worker", "main", "repo/vllm:1"),)
    assert images({"leaderWorkerTemplate": {"workerTemplate": {"spec": {"containers": "x"}}}}) == ()
    assert images({}) == ()
