"""Pods: environment on demand, names the template cannot take, volumes of claims."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from controller.admission.defaults import group_template
from controller.api import names
from controller.plan import pods
from tests.controller.support import container, raw_spec, template


def build(
    raw: dict[str, Any], worker: int = 0, *, unique: bool = False, **identity: Any
) -> dict[str, Any]:
    network = {"subdomainPolicy": "UniquePerReplica"} if unique else None
    who = pods.Identity(
        identity.pop("name", "my-lws"), "default", "set-1", 0, worker, "abc", **identity
    )
    return pods.build(group_template(raw["leaderWorkerTemplate"], network), who)


def env(body: dict[str, Any], position: int = 0, kind: str = "containers") -> list[tuple[str, str]]:
    return [(v["name"], v["value"]) for v in body["spec"][kind][position]["env"]]


def test_environment_comes_first_and_wins() -> None:
    user = [
        {"name": "ADDR", "value": "$(LWS_LEADER_ADDRESS):1"},
        {"name": "LWS_WORKER_INDEX", "value": "mine"},
        {"name": "FROM", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ]
    raw = raw_spec(
        template={
            "workerTemplate": template(
                container(env=user), initContainers=[container("init", restartPolicy="Always")]
            )
        }
    )
    before = copy.deepcopy(raw)
    body = build(raw, 1, unique=True, leader_uid="u")
    ours = [
        ("LWS_LEADER_ADDRESS", "my-lws-0.my-lws-0.default"),
        ("LWS_GROUP_SIZE", "2"),
        ("LWS_WORKER_INDEX", "1"),
    ]
    assert body["spec"]["containers"][0]["env"][3:] == [user[0], user[2]]
    assert env(body, kind="initContainers") == ours
    assert raw == before


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"args": ["--ray_address=$(ENTRY_ADDRESS)"]}, ["ENTRY_ADDRESS"]),
        (
            {"command": ["sh", "-c", "run --n ${GROUP_SIZE} --i $WORKER_INDEX"]},
            ["GROUP_SIZE", "WORKER_INDEX"],
        ),
        ({"env": [{"name": "A", "value": "$(WORKER_INDEX)"}]}, ["WORKER_INDEX"]),
        ({"args": ["$(LWS_GROUP_SIZE) $(LWS_WORKER_INDEX) MY_ENTRY_ADDRESS2"]}, []),
        ({"args": ["$(GROUP_SIZE)"], "env": [{"name": "GROUP_SIZE", "value": "7"}]}, []),
    ],
)
def test_kthena_names_on_demand(fields: dict[str, Any], expected: list[str]) -> None:
    raw = raw_spec(template={"workerTemplate": template(container(**fields))})
    found = env(build(raw, 1, leader_uid="u"))
    values = {"ENTRY_ADDRESS": "my-lws-0.my-lws.default", "GROUP_SIZE": "2", "WORKER_INDEX": "1"}
    own = len(fields.get("env", ()))
    assert found[3 + own :] == [(name, values[name]) for name in expected]


def test_reserved_labels_and_names_win_over_the_template() -> None:
    reserved = {names.GROUP_INDEX: "9", names.WORKER_INDEX: "9", names.REVISION: "x", "a": "b"}
    metadata = {
        "labels": reserved,
        "annotations": {names.LEADER_NAME: "x", names.SIZE: "9", "c": "d"},
        "finalizers": ["example.com/f"],
    }
    pod = {"metadata": metadata, **template(hostname="h", subdomain="s")}
    body = build(raw_spec(template={"workerTemplate": pod}))
    labels, annotations = body["metadata"]["labels"], body["metadata"]["annotations"]
    assert (labels[names.GROUP_INDEX], labels[names.WORKER_INDEX], labels["a"]) == ("0", "0", "b")
    assert labels[names.REVISION] == "abc"
    assert annotations == {names.SIZE: "2", "c": "d"}
    assert body["metadata"]["finalizers"] == ["example.com/f"]
    assert (body["spec"]["hostname"], body["spec"]["subdomain"]) == ("my-lws-0", "my-lws")


@pytest.mark.parametrize("parent", ["short", "x" * 63])
def test_revision_hash_fits_a_label(parent: str) -> None:
    found = pods.revision_hash(parent, "86b8797fb7")
    assert len(found) <= 63
    assert found.endswith("-86b8797fb7")


def test_claims_become_volumes_and_replace_namesakes() -> None:
    claim = {"metadata": {"name": "cache"}, "spec": {}}
    pod = template(volumes=[{"name": "tmp", "emptyDir": {}}, {"name": "cache", "emptyDir": {}}])
    body = build(raw_spec(template={"workerTemplate": pod, "volumeClaimTemplates": [claim]}))
    assert body["spec"]["volumes"] == [
        {"name": "cache", "persistentVolumeClaim": {"claimName": "cache-my-lws-0"}},
        {"name": "tmp", "emptyDir": {}},
    ]
