"""Containers that are added to a pod to look into it (``kubectl debug POD``)."""

import pytest

from tests.contract.bodies import pod
from tests.contract.client import MERGE, STRATEGIC, Api, Json

PLACE = "ephemeralcontainers"


def added(name: str = "debugger", **fields: object) -> Json:
    container = {"name": name, "image": "busybox", **fields}
    return {"spec": {"ephemeralContainers": [container]}}


def test_a_container_is_added_and_nothing_else_changes(api: Api) -> None:
    made = api.create(api.pods(), pod())
    asked = added()
    asked["metadata"] = {"labels": {"a": "b"}}
    asked["spec"]["terminationGracePeriodSeconds"] = 7
    written = api.patch(api.pods("p", PLACE), asked, STRATEGIC)
    assert (written["kind"], written["metadata"].get("labels")) == (
        "Pod",
        made["metadata"].get("labels"),
    )
    (container,) = written["spec"].pop("ephemeralContainers")
    assert written["spec"] == made["spec"]
    assert container == {
        "name": "debugger",
        "image": "busybox",
        "imagePullPolicy": "Always",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    assert written["metadata"]["generation"] == 2
    assert api.get(api.pods("p", PLACE))["spec"]["ephemeralContainers"] == [container]
    api.patch(api.pods("p", PLACE), added("second"), STRATEGIC)
    names = [each["name"] for each in api.get(api.pods("p"))["spec"]["ephemeralContainers"]]
    assert names == ["debugger", "second"]


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        (added("main"), "[1].name", 'Duplicate value: "main"'),
        (added("x", image=""), "[1].image", "Required value"),
        (added("x", targetContainerName="nothere"), "[1].targetContainerName",
         'Not found: "nothere"'),
        (added("x", ports=[{"containerPort": 1}]), "[1].ports",
         "Forbidden: cannot be set for an Ephemeral Container"),
        (added("x", resources={"limits": {"cpu": "1"}}), "[1].resources",
         "Forbidden: cannot be set for an Ephemeral Container"),
        (added("first", image="other"), "",
         'Forbidden: existing ephemeral containers "first" may not be changed'),
    ],
)  # fmt: skip
def test_what_may_not_be_added(api: Api, asked: Json, field: str, words: str) -> None:
    api.create(api.pods(), pod())
    api.patch(api.pods("p", PLACE), added("first"), STRATEGIC)
    said = api.refused(422, "PATCH", api.pods("p", PLACE), asked, kind=STRATEGIC)
    told = [
        (cause["field"], cause["message"].partition("\n")[0]) for cause in said["details"]["causes"]
    ]
    assert (f"spec.ephemeralContainers{field}", words) in told


def test_they_are_not_taken_away_nor_given_to_new_pods(api: Api) -> None:
    api.create(api.pods(), pod())
    api.patch(api.pods("p", PLACE), added("first"), STRATEGIC)
    nothing = {"spec": {"ephemeralContainers": None}}
    said = api.refused(422, "PATCH", api.pods("p", PLACE), nothing, kind=MERGE)
    assert 'existing ephemeral containers "first" may not be removed' in said["message"]
    new = pod("q")
    new["spec"] |= added()["spec"]
    said = api.refused(422, "POST", api.pods(), new)
    assert "spec.ephemeralContainers: Forbidden: cannot be set on create" in said["message"]
    assert api.refused(404, "PATCH", api.pods("z", PLACE), added(), kind=STRATEGIC)
    said = api.refused(422, "PATCH", api.pods("p"), added("more"), kind=STRATEGIC)
    assert "pod updates may not change fields" in said["message"]
