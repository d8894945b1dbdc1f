"""Subresources of pods that do something without a kubelet: bindings and the options of logs."""

import pytest

from tests.contract.bodies import pod
from tests.contract.client import Api, Json


def binding(node: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": "p"},
        "target": {"apiVersion": "v1", "kind": "Node", "name": node},
    }


def test_a_binding_assigns_once(api: Api) -> None:
    api.create(api.pods(), pod())
    said = api.create(api.pods("p", "binding"), binding("n0"))
    assert (said["kind"], said["status"]) == ("Status", "Success")
    bound = api.get(api.pods("p"))
    assert bound["spec"]["nodeName"] == "n0"
    (condition,) = bound["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("PodScheduled", "True")
    again = api.refused(409, "POST", api.pods("p", "binding"), binding("n0"))
    assert again["message"].endswith('pod p is already assigned to node "n0"')


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"tailLines": "-1"}, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ({"limitBytes": "0"}, "limitBytes: Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "0"}, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        (
            {"sinceSeconds": "1", "sinceTime": "2026-11-20T10:00:00Z"},
            "at most one of `sinceTime` or `sinceSeconds` may be specified",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_log_options_make_sense(api: Api, query: dict[str, str], words: str) -> None:
    api.create(api.pods(), pod())
    said = api.refused(422, "GET", api.pods("p", "log"), query=query)
    assert words in said["message"]
