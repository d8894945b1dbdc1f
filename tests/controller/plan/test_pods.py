"""Pods: subgroups, TPU environment, placement, names and environment on demand."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from controller.admission.defaults import group_template
from controller.api import names
from controller.plan import pods
from controller.plan.accelerators import Place, tpu_env
from controller.plan.topology import exclusive
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


def test_keys() -> None:
    assert names.group_key("default", "test-sample") == "95e88034e460983f51a9952fe128729fbc0663b5"
    labels = build(raw_spec(template={"subGroupPolicy": {"subGroupSize": 1}}))["metadata"]["labels"]
    assert labels[names.GROUP_KEY] == "85c75a5bcf357a993c958ca839ff3faf70ec6b0b"
    assert labels[names.SUBGROUP_KEY] == "5deee8c4a097c2901d4bc8feeb358a6e7ef32eac"


@pytest.mark.parametrize(
    ("size", "subgroup", "kind", "expected"),
    [
        (4, 2, "LeaderWorker", [0, 0, 1, 1]),
        (5, 2, "LeaderWorker", [0, 0, 0, 1, 1]),
        (8, 4, "LeaderWorker", [0, 0, 0, 0, 1, 1, 1, 1]),
        (9, 4, "LeaderWorker", [0, 0, 0, 0, 0, 1, 1, 1, 1]),
        (3, 1, "LeaderWorker", [0, 1, 2]),
        (5, 5, "LeaderWorker", [0, 0, 0, 0, 0]),
        (6, 5, "LeaderWorker", [0, 0, 0, 0, 0, 0]),
        (5, 2, "LeaderExcluded", [-1, 0, 0, 1, 1]),
        (5, 4, "LeaderExcluded", [-1, 0, 0, 0, 0]),
        (3, 1, "LeaderExcluded", [-1, 1, 2]),
    ],
)
def test_subgroups(size: int, subgroup: int, kind: str, expected: list[int]) -> None:
    policy = {"subGroupSize": subgroup, "subGroupPolicyType": kind}
    spec = raw_spec(size=size, template={"subGroupPolicy": policy})
    found = group_template(spec["leaderWorkerTemplate"], None)
    assert [pods.subgroup_index(found, worker) for worker in range(size)] == expected


TPU = {"limits": {"google.com/tpu": "4"}}
LEADER = "test-sample-1"


def tpu(**more: Any) -> dict[str, Any]:
    return container(resources=TPU, **more)


def hosts(*workers: int, leader: str = LEADER, subdomain: str = "default") -> str:
    return ",".join(f"{leader}-{w}.{subdomain}" if w else f"{leader}.{subdomain}" for w in workers)


@pytest.mark.parametrize(
    ("place", "expected", "identity"),
    [
        (Place(LEADER, "default", 0, 2, False), hosts(0, 1), "0"),
        (Place(LEADER, "default", 1, 2, True), hosts(0, 1), "1"),
        (Place(LEADER, "default", 1, 2, False), hosts(1), "0"),
        (Place(LEADER, "default", 3, 5, False), hosts(1, 2, 3, 4), "2"),
        (Place(LEADER, LEADER, 0, 3, False), hosts(0, 1, 2, subdomain=LEADER), "0"),
        (Place(LEADER, "default", 0, 4, False, 2, 0), hosts(0, 1), "0"),
        (Place(LEADER, "default", 3, 5, True, 5, 0), hosts(0, 1, 2, 3, 4), "3"),
        (Place(LEADER, "default", 7, 8, True, 4, 1), hosts(4, 5, 6, 7), "3"),
        (Place(LEADER, "default", 5, 9, False, 4, 1), hosts(5, 6, 7, 8), "0"),
        (Place(LEADER, "default", 2, 5, False, 2, 0), hosts(1, 2), "1"),
        (Place(LEADER, "default", 1, 3, False, 1, 1), hosts(1), "0"),
        (Place(LEADER, "default", 2, 3, True, 1, 2), hosts(2), "0"),
        (Place(LEADER, "default", 7, 11, False, 5, 1), hosts(6, 7, 8, 9, 10), "1"),
    ],
)
def test_tpu_environment(place: Place, expected: str, identity: str) -> None:
    ((position, found),) = tpu_env([tpu()], place).items()
    values = {variable["name"]: variable["value"] for variable in found}
    assert position == 0
    assert list(values) == [
        *("TPU_WORKER_HOSTNAMES", "TPU_WORKER_ID", "TPU_NAME"),
        *("TPU_PROCESS_ADDRESSES", "TPU_PROCESS_PORT"),
    ]
    assert values["TPU_WORKER_HOSTNAMES"] == expected
    assert values["TPU_WORKER_ID"] == identity
    assert values["TPU_NAME"] == LEADER
    assert values["TPU_PROCESS_ADDRESSES"] == ",".join(f"{h}:8476" for h in expected.split(","))


def test_tpu_in_some_containers_with_ports_of_their_own() -> None:
    ports = ("8478", "8479")
    mine = [tpu(env=[{"name": "TPU_PROCESS_PORT", "value": port}]) for port in ports]
    found = tpu_env([container("plain"), *mine], Place(LEADER, "d", 0, 2, False))
    assert sorted(found) == [1, 2]
    values = {v["name"]: v["value"] for v in found[2]}
    assert values["TPU_WORKER_ID"] == "1"
    assert "TPU_PROCESS_PORT" not in values
    assert values["TPU_PROCESS_ADDRESSES"] == ",".join(
        f"{host}:{port}" for host in (f"{LEADER}.d", f"{LEADER}-1.d") for port in ports
    )


@pytest.mark.parametrize(
    ("containers", "place"),
    [
        ([container()], Place(LEADER, "d", 0, 2, False)),
        ([container(resources={"limits": {"google.com/tpu": 0}})], Place(LEADER, "d", 0, 2, False)),
        ([tpu(env=[{"name": "TPU_WORKER_ID", "value": "9"}])], Place(LEADER, "d", 0, 2, False)),
        # LeaderExcluded with a leader on TPUs: in no subgroup, so there is no host list for it.
        ([tpu()], Place(LEADER, "d", 0, 5, False, 2, -1)),
    ],
)
def test_no_tpu_environment(containers: list[dict[str, Any]], place: Place) -> None:
    assert tpu_env(containers, place) == {}


def test_tpu_in_an_init_container() -> None:
    raw = raw_spec(size=1, template={"workerTemplate": template(initContainers=[tpu()])})
    body = build(raw, name="sample")
    assert len(env(body)) == 3
    found = dict(env(body, kind="initContainers"))
    assert found["TPU_WORKER_HOSTNAMES"] == "sample-0.sample"


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


def terms(body: dict[str, Any]) -> list[tuple[str, str]]:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    return [
        (term["topologyKey"], term["labelSelector"]["matchExpressions"][0]["key"])
        for term in body["spec"]["affinity"]["podAntiAffinity"][required]
    ]


@pytest.mark.parametrize(
    ("worker", "group_key", "subgroup_key", "expected"),
    [
        (0, "rack", "host", [("rack", names.GROUP_KEY), ("host", names.SUBGROUP_KEY)]),
        (0, "rack", "rack", [("rack", names.GROUP_KEY)]),
        (1, "rack", "rack", [("rack", names.SUBGROUP_KEY)]),
        (1, "rack", "host", [("host", names.SUBGROUP_KEY)]),
    ],
)
def test_exclusive_terms(
    worker: int, group_key: str, subgroup_key: str, expected: list[tuple[str, str]]
) -> None:
    raw = raw_spec(size=4, template={"subGroupPolicy": {"subGroupSize": 2}})
    body = build(
        raw, worker, topology=group_key, subgroup_topology=subgroup_key, domain="r1" * worker
    )
    assert terms(body) == expected
    assert body["spec"].get("nodeSelector") == ({"rack": "r1"} if worker else None)


def test_workers_have_no_group_terms() -> None:
    assert "affinity" not in build(raw_spec(), 1, topology="rack", domain="r1")["spec"]


def test_terms_of_the_user_stay_and_ours_are_added_once() -> None:
    mine = {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [1]}, "x": 1}
    once = exclusive(mine, "rack", "k", "v")
    assert once["x"] == 1
    assert once["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] == [1]
    assert exclusive(once, "rack", "k", "v") == once
    assert "podAntiAffinity" not in mine


def test_claims_become_volumes_and_replace_namesakes() -> None:
    claim = {"metadata": {"name": "cache"}, "spec": {}}
    pod = template(volumes=[{"name": "tmp", "emptyDir": {}}, {"name": "cache", "emptyDir": {}}])
    body = build(raw_spec(template={"workerTemplate": pod, "volumeClaimTemplates": [claim]}))
    assert body["spec"]["volumes"] == [
        {"name": "cache", "persistentVolumeClaim": {"claimName": "cache-my-lws-0"}},
        {"name": "tmp", "emptyDir": {}},
    ]
