"""CPU and memory of a pod, changed in place (``kubectl patch --subresource=resize``)."""

import pytest

from tests.contract.bodies import pod
from tests.contract.client import STRATEGIC, Api, Json

REQUESTS = {"cpu": "1", "memory": "1Gi"}
LIMITS = {"cpu": "2", "memory": "1Gi"}


def resized(**resources: Json) -> Json:
    return {"spec": {"containers": [{"name": "main", "resources": resources}]}}


@pytest.fixture
def made(api: Api) -> Json:
    body = pod()
    body["spec"]["containers"][0]["resources"] = {"requests": REQUESTS, "limits": LIMITS}
    return api.create(api.pods(), body)


def test_only_cpu_and_memory_change(api: Api, made: Json) -> None:
    asked = resized(requests={"cpu": "1500m"}, limits={"cpu": "3000m"})
    asked["metadata"] = {"labels": {"a": "b"}}
    changed = api.patch(api.pods("p", "resize"), asked, STRATEGIC)
    resources = changed["spec"]["containers"][0]["resources"]
    assert resources == {
        "requests": {"cpu": "1500m", "memory": "1Gi"},
        "limits": {"cpu": "3", "memory": "1Gi"},
    }
    assert changed["metadata"]["generation"] == made["metadata"]["generation"] + 1
    assert "a" not in changed["metadata"].get("labels", {})
    assert api.get(api.pods("p", "resize"))["spec"] == changed["spec"]
    again = resized(requests={"cpu": "1600m"})
    said = api.refused(422, "PATCH", api.pods("p"), again, kind=STRATEGIC)
    assert "pod updates may not change fields" in said["message"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"spec": {"containers": [{"name": "main", "image": "x"}]}},
         "spec: Forbidden: only cpu and memory resources are mutable"),
        ({"spec": {"terminationGracePeriodSeconds": 1}},
         "spec: Forbidden: only cpu and memory resources are mutable"),
        (resized(requests={"cpu": "2"}),
         'spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing'),
        (resized(requests={"cpu": "3"}), "must be less than or equal to cpu limit of 2"),
        (resized(limits={"memory": None}), "resource limits cannot be removed"),
    ],
)  # fmt: skip
def test_what_is_no_resize(api: Api, made: Json, asked: Json, words: str) -> None:
    said = api.refused(422, "PATCH", api.pods("p", "resize"), asked, kind=STRATEGIC)
    assert words in said["message"]
    assert api.get(api.pods("p"))["spec"] == made["spec"]
