"""Upstream's pod webhook scenarios, as tests of the pods that are built.

There is no webhook here: a pod outside a set is never touched because nothing builds it, and
what the webhook adds to a StatefulSet's pod is in the body from the start. Upstream's vectors
use the subdomain ``default``; a set's own is its name.

Source: test/integration/webhooks/pod_test.go and the unit tests of pkg/utils.
"""

from __future__ import annotations

import copy
import re
from typing import Any, NamedTuple

import pytest

from controller.admission.defaults import group_template
from controller.api import names
from controller.plan import pods
from controller.plan.topology import exclusive
from tests.controller.support import container, raw_spec, template

TPU = {"limits": {"google.com/tpu": "4"}}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


class Who(NamedTuple):
    """Which pod of which set is built; ``g`` is the subgroup size, 0 for none."""

    worker: int = 0
    size: int = 2
    group: int = 0
    g: int = 0
    kind: str = "LeaderWorker"
    leader_tpu: bool = False
    name: str = "test-sample"
    namespace: str = "default"
    unique: bool = False


def build(who: Who, *containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Build a pod; ``spec`` in ``more`` extends the pod template, the rest is its identity."""
    group = {"workerTemplate": template(*containers, **more.pop("spec", {}))}
    if who.g:
        group["subGroupPolicy"] = {"subGroupSize": who.g, "subGroupPolicyType": who.kind}
    raw = raw_spec(size=who.size, template=group)["leaderWorkerTemplate"]
    network = {"subdomainPolicy": "UniquePerReplica"} if who.unique else None
    identity = pods.Identity(
        who.name,
        who.namespace,
        "set-1",
        who.group,
        who.worker,
        "abc",
        leader_uid="u" if who.worker else "",
        leader_tpu=who.leader_tpu and who.worker > 0,
        **more,
    )
    return pods.build(group_template(raw, network), identity)


def labels(body: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = body["metadata"]["labels"]
    return found


def env(body: dict[str, Any], position: int = 0, kind: str = "containers") -> dict[str, str]:
    """Environment of one container, in order."""
    return {v["name"]: v["value"] for v in body["spec"][kind][position]["env"]}


def tpu(*ports: str) -> dict[str, Any]:
    variables = [{"name": "TPU_PROCESS_PORT", "value": port} for port in ports]
    return container(resources=TPU, env=variables)


# Identity


@pytest.mark.parametrize(
    ("value", "parent", "ordinal"),
    [
        ("lws-samples-1", "lws-samples", 1),
        ("lws-samples-1-2", "lws-samples-1", 2),
        ("lws-samples--1", "lws-samples-", 1),
        ("x1", "x1", -1),
        ("x-", "x-", -1),
        ("x-1-u", "x-1-u", -1),
    ],
)
def test_name_parsing(value: str, parent: str, ordinal: int) -> None:
    assert names.split_ordinal(value) == (parent, ordinal)


@pytest.mark.parametrize(
    ("namespace", "leader", "key"),
    [
        ("default", "test-sample", "95e88034e460983f51a9952fe128729fbc0663b5"),
        ("leaderworkerset", "test-sample", "39f5d7e9122b9d94d3932e3720b43fd3b56347e8"),
        ("default", "podName", "390b34ab671d29e9997d7d4252b8bbf8da02f5b7"),
        ("default", "my-lws-0", "85c75a5bcf357a993c958ca839ff3faf70ec6b0b"),
    ],
)
def test_group_key(namespace: str, leader: str, key: str) -> None:
    assert names.group_key(namespace, leader) == key


@pytest.mark.parametrize("who", [Who(), Who(1), Who(3, 4, 7), Who(0, 4, 12)])
def test_indexes_and_key_follow_from_the_name(who: Who) -> None:
    body = build(who)
    leader = f"test-sample-{who.group}"
    assert body["metadata"]["name"] == (f"{leader}-{who.worker}" if who.worker else leader)
    assert labels(body)[names.WORKER_INDEX] == str(who.worker)
    assert labels(body)[names.GROUP_INDEX] == str(who.group)
    assert labels(body)[names.GROUP_KEY] == names.group_key("default", leader)
    assert re.fullmatch("[0-9a-f]{40}", labels(body)[names.GROUP_KEY])


# Subgroups


@pytest.mark.parametrize(
    ("size", "g", "kind", "expected"),
    [
        (4, 2, "LeaderWorker", "0 0 1 1"),
        (5, 2, "LeaderWorker", "0 0 0 1 1"),
        (8, 4, "LeaderWorker", "0 0 0 0 1 1 1 1"),
        (9, 4, "LeaderWorker", "0 0 0 0 0 1 1 1 1"),
        (3, 1, "LeaderWorker", "0 1 2"),
        (5, 5, "LeaderWorker", "0 0 0 0 0"),
        (6, 5, "LeaderWorker", "0 0 0 0 0 0"),
        (5, 2, "LeaderExcluded", "- 0 0 1 1"),
        (5, 4, "LeaderExcluded", "- 0 0 0 0"),
        (3, 1, "LeaderExcluded", "- 1 2"),
    ],
)
@pytest.mark.parametrize("leader_tpu", [True, False])
def test_subgroup_labels(size: int, g: int, kind: str, expected: str, leader_tpu: bool) -> None:
    for worker, index in enumerate(expected.split()):
        body = build(Who(worker, size, 0, g, kind, leader_tpu, "my-lws"), tpu())
        annotations = body["metadata"]["annotations"]
        assert annotations[names.SUBGROUP_SIZE] == str(g)
        assert annotations[names.SUBGROUP_POLICY_TYPE] == kind
        if index == "-":
            assert not {names.SUBGROUP_INDEX, names.SUBGROUP_KEY} & labels(body).keys()
        else:
            assert labels(body)[names.SUBGROUP_INDEX] == index
            assert labels(body)[names.SUBGROUP_KEY] == names.subgroup_key("my-lws-0", index)


def test_subgroup_keys() -> None:
    assert names.subgroup_key("my-lws-0", 0) == "5deee8c4a097c2901d4bc8feeb358a6e7ef32eac"
    assert names.subgroup_key("my-lws-0", 1) == "342acf7ff6f85b42bb1b926ba95b46e5f1d93839"


def test_without_subgroups_nothing_speaks_of_them() -> None:
    metadata = build(Who(1, 4))["metadata"]
    assert not [k for k in (*metadata["labels"], *metadata["annotations"]) if "subgroup" in k]


# Environment


@pytest.mark.parametrize(
    ("who", "address"),
    [
        (Who(), "test-sample-0.test-sample.default"),
        (Who(1), "test-sample-0.test-sample.default"),
        (Who(0, group=1), "test-sample-1.test-sample.default"),
        (Who(1, group=1, namespace="lws"), "test-sample-1.test-sample.lws"),
        (Who(1, unique=True), "test-sample-0.test-sample-0.default"),
    ],
)
@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_the_leaders_address_comes_first(who: Who, address: str, kind: str) -> None:
    mine = {
        "env": [
            {"name": "A", "value": "$(LWS_LEADER_ADDRESS)"},
            {"name": "LWS_GROUP_SIZE", "value": "9"},
        ]
    }
    body = build(who, container(**mine), spec={"initContainers": [container("init", **mine)]})
    assert list(env(body, 0, kind).items()) == [
        ("LWS_LEADER_ADDRESS", address),
        ("LWS_GROUP_SIZE", "2"),
        ("LWS_WORKER_INDEX", str(who.worker)),
        ("A", "$(LWS_LEADER_ADDRESS)"),
    ]


@pytest.mark.parametrize(
    ("who", "amount"),
    [
        pytest.param(Who(), None, id="leader"),
        pytest.param(Who(1), None, id="worker"),
        pytest.param(Who(), 0, id="none of them"),
        # It is in no subgroup, so there is no host list for it; upstream refuses the pod.
        pytest.param(Who(0, 5, g=2, kind="LeaderExcluded"), 4, id="leader in no subgroup"),
    ],
)
def test_no_tpu_environment(who: Who, amount: int | None) -> None:
    limits = {} if amount is None else {"google.com/tpu": amount}
    body = build(who, container(resources={"limits": limits}))
    assert [name for name in env(body) if "TPU" in name] == []


# Title: who, workers whose hosts are listed (0 is the leader), id.
VECTORS: dict[str, tuple[Who, list[int], int]] = {
    "leader of 2": (Who(), [0, 1], 0),
    "worker of 2": (Who(1, leader_tpu=True), [0, 1], 1),
    "worker of 2, leader without": (Who(1), [1], 0),
    "leader of 1": (Who(0, 1, name="sample"), [0], 0),
    "leader of 5": (Who(0, 5, 1), [0, 1, 2, 3, 4], 0),
    "worker of 5": (Who(3, 5, 1, leader_tpu=True), [0, 1, 2, 3, 4], 3),
    "worker of 5, leader without": (Who(3, 5, 1), [1, 2, 3, 4], 2),
    "leader of 5, own subdomain": (Who(0, 5, 1, unique=True), [0, 1, 2, 3, 4], 0),
    "worker of 5, own subdomain": (
        Who(4, 5, 1, leader_tpu=True, unique=True),
        [0, 1, 2, 3, 4],
        4,
    ),
    "subgroup of 2, leader": (Who(0, 4, g=2), [0, 1], 0),
    "subgroup of 5, leader": (Who(0, 5, g=5), [0, 1, 2, 3, 4], 0),
    "subgroup of 5, worker": (Who(3, 5, g=5, leader_tpu=True), [0, 1, 2, 3, 4], 3),
    "second subgroup of 4": (Who(7, 8, g=4, leader_tpu=True), [4, 5, 6, 7], 3),
    "second subgroup of 4, leader without": (Who(5, 9, g=4), [5, 6, 7, 8], 0),
    "subgroup of 2, leader excluded": (Who(2, 5, g=2, kind="LeaderExcluded"), [1, 2], 1),
    "subgroup of 1, worker 1": (Who(1, 3, g=1), [1], 0),
    "subgroup of 1, worker 1 and leader": (Who(1, 3, g=1, leader_tpu=True), [1], 0),
    "subgroup of 1, worker 2": (Who(2, 3, g=1), [2], 0),
    "subgroup of 1, worker 2 and leader": (Who(2, 3, g=1, leader_tpu=True), [2], 0),
    "second subgroup of 5, leader without": (Who(7, 11, g=5), [6, 7, 8, 9, 10], 1),
}


def hosts(who: Who, workers: list[int]) -> list[str]:
    leader = f"{who.name}-{who.group}"
    subdomain = leader if who.unique else who.name
    return [f"{leader}-{w}.{subdomain}" if w else f"{leader}.{subdomain}" for w in workers]


@pytest.mark.parametrize("title", VECTORS)
def test_tpu_environment(title: str) -> None:
    who, workers, identity = VECTORS[title]
    found = list(env(build(who, tpu())).items())[3:]
    wanted = hosts(who, workers)
    assert found == [
        ("TPU_WORKER_HOSTNAMES", ",".join(wanted)),
        ("TPU_WORKER_ID", str(identity)),
        ("TPU_NAME", f"{who.name}-{who.group}"),
        ("TPU_PROCESS_ADDRESSES", ",".join(f"{host}:8476" for host in wanted)),
        ("TPU_PROCESS_PORT", "8476"),
    ]


@pytest.mark.parametrize(
    ("containers", "ports", "given"),
    [
        pytest.param([tpu(), tpu()], ["8476", "8477"], [True, True], id="all, ports by default"),
        pytest.param(
            [tpu("8478"), tpu("8479")], ["8478", "8479"], [False, False], id="ports of their own"
        ),
        pytest.param([container(), tpu(), tpu()], ["8476", "8477"], [True, True], id="only some"),
    ],
)
@pytest.mark.parametrize("worker", [0, 1])
def test_tpu_in_several_containers(
    containers: list[dict[str, Any]], ports: list[str], given: list[bool], worker: int
) -> None:
    who = Who(worker, leader_tpu=True)
    body = build(who, *containers)
    first = len(containers) - 2
    assert not [n for plain in range(first) for n in env(body, plain) if "TPU" in n]
    pair = hosts(who, [0, 1])
    for j in (0, 1):
        found = env(body, first + j)
        assert found["TPU_WORKER_HOSTNAMES"] == ",".join(host for host in pair for _ in ports)
        assert found["TPU_WORKER_ID"] == str(2 * worker + j)
        assert found["TPU_PROCESS_ADDRESSES"] == ",".join(
            f"{host}:{port}" for host in pair for port in ports
        )
        assert found["TPU_PROCESS_PORT"] == ports[j]
        # A port of the user's stays where it is, ours is appended last.
        assert (list(found)[-1] == "TPU_PROCESS_PORT") is given[j]


def test_tpu_in_an_init_container_of_a_single_pod() -> None:
    body = build(Who(0, 1, name="sample"), spec={"initContainers": [tpu()]})
    assert [n for n in env(body) if "TPU" in n] == []
    found = env(body, 0, "initContainers")
    assert (found["TPU_WORKER_HOSTNAMES"], found["TPU_WORKER_ID"]) == ("sample-0.sample", "0")


@pytest.mark.parametrize("name", ["TPU_WORKER_ID", "TPU_WORKER_HOSTNAMES"])
def test_a_tpu_environment_of_the_users_is_kept(name: str) -> None:
    mine = container(resources=TPU, env=[{"name": name, "value": "9"}])
    body = build(Who(), mine, container("second", resources=TPU))
    assert list(env(body).items())[3:] == [(name, "9")]
    assert len(env(body, 1)) == 3


# Exclusive placement


def terms(key: str, value: str, topology: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The required affinity and anti-affinity terms for one label of one pod."""
    alike = [{"key": key, "operator": "In", "values": [value]}]
    others = [
        {"key": key, "operator": "Exists"},
        {"key": key, "operator": "NotIn", "values": [value]},
    ]
    affinity, repulsion = (
        {"topologyKey": topology, "labelSelector": {"matchExpressions": expressions}}
        for expressions in (alike, others)
    )
    return affinity, repulsion


@pytest.mark.parametrize(
    ("worker", "group_key", "subgroup_key", "expected"),
    [
        pytest.param(0, "rack", "", [("group", "rack")], id="leader"),
        pytest.param(0, "", "host", [("subgroup", "host")], id="leader, subgroups alone"),
        pytest.param(0, "rack", "host", [("group", "rack"), ("subgroup", "host")], id="both"),
        pytest.param(0, "rack", "rack", [("group", "rack")], id="both by one key"),
        pytest.param(1, "rack", "", [], id="worker"),
        pytest.param(3, "rack", "host", [("subgroup", "host")], id="worker, subgroup only"),
        pytest.param(3, "rack", "rack", [("subgroup", "rack")], id="worker, one key"),
        pytest.param(0, "", "", [], id="disabled"),
    ],
)
def test_exclusive_terms(
    worker: int, group_key: str, subgroup_key: str, expected: list[tuple[str, str]]
) -> None:
    body = build(
        Who(worker, 4, g=2),
        topology=group_key,
        subgroup_topology=subgroup_key,
        domain="r1" if worker and group_key else "",
    )
    label = {"group": names.GROUP_KEY, "subgroup": names.SUBGROUP_KEY}
    wanted = [terms(label[level], labels(body)[label[level]], key) for level, key in expected]
    affinity = body["spec"].get("affinity", {})
    for position, kind in enumerate(("podAffinity", "podAntiAffinity")):
        found = affinity.get(kind, {}).get(REQUIRED, [])
        assert found == [pair[position] for pair in wanted]
    assert body["spec"].get("nodeSelector") == ({"rack": "r1"} if worker else None)


@pytest.mark.parametrize(
    ("present", "added"),
    [
        pytest.param({}, True, id="none yet"),
        pytest.param({"podAffinity": "rack", "podAntiAffinity": "rack"}, False, id="applied"),
        pytest.param({"podAffinity": "rack", "podAntiAffinity": "zone"}, True, id="another key"),
        pytest.param({"podAffinity": "rack"}, True, id="only one of the two"),
    ],
)
def test_terms_are_added_once_after_the_users(present: dict[str, str], added: bool) -> None:
    users = {kind: {REQUIRED: [{"topologyKey": key}], "x": 1} for kind, key in present.items()}
    given = {**users, "nodeAffinity": {}}
    before_any = copy.deepcopy(given)
    found = exclusive(given, "rack", "k", "v")
    assert given == before_any
    assert found["nodeAffinity"] == {}
    for kind, term in zip(("podAffinity", "podAntiAffinity"), terms("k", "v", "rack"), strict=True):
        before = users.get(kind, {REQUIRED: []})
        assert found[kind] == {**before, REQUIRED: [*before[REQUIRED], *[term] * added]}
    assert exclusive(found, "rack", "k", "v") == found
