"""Defaulting and validation: the webhook's tables, ours on top, and no JSON that crashes it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.admission.defaults import InvalidSpec, group_template, resolve
from controller.admission.validate import unsupported, validate
from controller.api import names
from controller.api.lws import RolloutStrategy, SubGroupPolicy
from tests.controller.support import FakeCluster, container, make_set, raw_spec, template

TEMPLATE = "spec.leaderWorkerTemplate"
ROLLING = "spec.rolloutStrategy.rollingUpdateConfiguration"
SUBGROUP = f"{TEMPLATE}.SubGroupPolicy.subGroupSize"


def group(**more: Any) -> dict[str, Any]:
    return raw_spec(template=more)


def subgroups(size: int, subgroup: Any, kind: str = "LeaderWorker") -> dict[str, Any]:
    policy = {"subGroupSize": subgroup, "subGroupPolicyType": kind}
    return raw_spec(size=size, template={"subGroupPolicy": policy})


def fields(spec: dict[str, Any], name: str = "sample", **annotations: str) -> list[str]:
    return [error.field for error in validate(spec, annotations, name, None)]


def test_defaults_of_a_bare_set() -> None:
    spec = resolve(make_set({"leaderWorkerTemplate": {"workerTemplate": template()}}))
    assert spec.replicas == 1
    assert spec.startup_policy == "LeaderCreated"
    assert spec.rollout == RolloutStrategy(0, 1, 0)
    assert spec.template.size == 1
    assert spec.template.restart_policy == "RecreateGroupOnPodRestart"
    assert spec.template.subdomain_policy == "Shared"
    assert spec.template.leader is spec.template.worker
    assert spec.template.sub_group_policy is None


@pytest.mark.parametrize("network", [None, {}, {"subdomainPolicy": None}])
def test_subdomain_policy_is_shared_unless_set(network: Any) -> None:
    spec = raw_spec(networkConfig=network)
    assert resolve(make_set(spec)).template.subdomain_policy == "Shared"


def test_defaulting_leaves_the_stored_object_alone() -> None:
    lws = make_set(subgroups(4, 2))
    before = repr(lws.spec)
    assert resolve(lws).template.sub_group_policy == SubGroupPolicy(2, "LeaderWorker")
    assert repr(lws.spec) == before


REFUSED = {
    "replicas as text": ({**raw_spec(), "replicas": "2"}, "spec.replicas"),
    "replicas as boolean": ({**raw_spec(), "replicas": True}, "spec.replicas"),
    "subdomain policy": (
        raw_spec(networkConfig={"subdomainPolicy": "Own"}),
        "spec.networkConfig.subdomainPolicy",
    ),
    "unavailable as words": (
        raw_spec(rollout={"maxUnavailable": "one"}),
        f"{ROLLING}.maxUnavailable",
    ),
    "subgroup 0": (subgroups(4, 0), SUBGROUP),
    "subgroup without size": (subgroups(4, None), SUBGROUP),
    "pod restart policy": (
        group(workerTemplate=template(restartPolicy="Never")),
        f"{TEMPLATE}.workerTemplate.spec.restartPolicy",
    ),
    "deadline": (
        group(leaderTemplate=template(activeDeadlineSeconds=5)),
        f"{TEMPLATE}.leaderTemplate.spec.activeDeadlineSeconds",
    ),
    "no containers": (
        group(workerTemplate={"spec": {"containers": []}}),
        f"{TEMPLATE}.workerTemplate.spec.containers",
    ),
    "no worker template": (
        {"leaderWorkerTemplate": {"size": 2}},
        f"{TEMPLATE}.workerTemplate",
    ),
    "nothing": ({}, f"{TEMPLATE}.workerTemplate"),
    "labels of numbers": (
        group(workerTemplate={"metadata": {"labels": {"a": 1}}, **template()}),
        f"{TEMPLATE}.workerTemplate.metadata.labels.a",
    ),
    "env that is no list": (
        group(workerTemplate=template(container(env={"A": "b"}))),
        f"{TEMPLATE}.workerTemplate.spec.containers[0].env",
    ),
    "claim without a name": (
        group(volumeClaimTemplates=[{"spec": {}}]),
        f"{TEMPLATE}.volumeClaimTemplates[0].metadata.name",
    ),
    "a field of a newer API": (
        raw_spec(networkConfig={"subdomainPolicy": "Shared", "publishNotReadyAddresses": False}),
        "spec.networkConfig.publishNotReadyAddresses",
    ),
    "another field of a newer API": (group(maxGroupRestarts=3), f"{TEMPLATE}.maxGroupRestarts"),
    "a field of a newer API in the spec": (raw_spec(groupIdentity="Hash"), "spec.groupIdentity"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    spec, field = REFUSED[case]
    assert fields(spec) == [field]
    with pytest.raises(InvalidSpec) as refusal:
        resolve(make_set(spec))
    assert field in str(refusal.value)


ACCEPTED = {
    "defaults of a newer API": raw_spec(
        groupIdentity="Ordinal", groupReplacementPolicy="PostTermination"
    ),
    "nulls": {**raw_spec(), "rolloutStrategy": None, "networkConfig": None, "startupPolicy": None},
    "always": group(workerTemplate=template(restartPolicy="Always")),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str) -> None:
    assert fields(ACCEPTED[case]) == []


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("a", True),
        ("a" * 58, True),
        ("a" * 60, False),
        ("a" * 64, False),
        ("2cube", False),
        ("a.b", False),
        ("A", False),
        ("a-", False),
        ("", False),
    ],
)
def test_names(name: str, fine: bool) -> None:
    assert fields(raw_spec(2, 2), name) == ([] if fine else ["metadata.name"])


def test_subgroup_topology_needs_subgroups() -> None:
    key = names.SUBGROUP_EXCLUSIVE_TOPOLOGY
    assert fields(raw_spec(), **{key: ""}) == [f"metadata.annotations.{key}"]
    assert fields(subgroups(4, 2), **{key: "rack"}) == []


CLAIM = {"metadata": {"name": "cache"}, "spec": {"accessModes": ["ReadWriteOnce"]}}


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        (subgroups(4, 2), subgroups(4, 4), SUBGROUP),
        (raw_spec(size=4), subgroups(4, 2), f"{TEMPLATE}.SubGroupPolicy"),
        (subgroups(4, 2), raw_spec(size=4), f"{TEMPLATE}.SubGroupPolicy"),
        (
            raw_spec(),
            group(volumeClaimTemplates=[CLAIM]),
            f"{TEMPLATE}.volumeClaimTemplates",
        ),
        (subgroups(4, 2), subgroups(8, 2), None),
        (raw_spec(size=2), raw_spec(size=4), None),
        (
            group(volumeClaimTemplates=[CLAIM]),
            group(volumeClaimTemplates=[{**CLAIM, "status": {}}]),
            None,
        ),
        (raw_spec(), raw_spec(networkConfig={"subdomainPolicy": "UniquePerReplica"}), None),
    ],
)
def test_changes(before: dict[str, Any], after: dict[str, Any], field: str | None) -> None:
    previous = group_template(before["leaderWorkerTemplate"], before.get("networkConfig"))
    found = [error.field for error in validate(after, {}, "sample", previous)]
    assert found == ([] if field is None else [field])


def test_errors_name_field_and_value() -> None:
    (error,) = validate(raw_spec(startupPolicy="LeaderFirst"), {}, "sample", None)
    assert str(error) == (
        "spec.startupPolicy: 'LeaderFirst': must be one of LeaderCreated, LeaderReady"
    )


KEYS = st.sampled_from(
    [
        *("replicas", "leaderWorkerTemplate", "leaderTemplate", "workerTemplate", "size"),
        *("rolloutStrategy", "type", "rollingUpdateConfiguration", "partition", "maxSurge"),
        *("maxUnavailable", "networkConfig", "subdomainPolicy", "startupPolicy", "spec"),
        *("subGroupPolicy", "subGroupSize", "subGroupPolicyType", "volumeClaimTemplates"),
        *("metadata", "labels", "name", "containers", "env", "resources", "limits", "affinity"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 9),
    st.just(2**40),
    st.floats(allow_nan=False),
    st.sampled_from(["", "Shared", "50%", "0%", "9" * 30 + "%", "LeaderReady", "Always", "٣%"]),
    st.text(max_size=4),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


def _with(base: dict[str, Any], path: list[str], junk: Any) -> dict[str, Any]:
    head, *rest = path
    below = base.get(head)
    value = _with(below if isinstance(below, dict) else {}, rest, junk) if rest else junk
    return {**base, head: value}


FLAWED = st.builds(
    _with,
    st.sampled_from([raw_spec(3, 4, rollout={"maxSurge": 1}), subgroups(4, 2)]),
    st.lists(KEYS, min_size=1, max_size=4),
    JSON,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=6) | FLAWED)
def test_no_json_crashes_resolve_or_plan(spec: dict[str, Any]) -> None:
    lws = make_set(spec)
    planned = FakeCluster(lws).plan()
    if errors := validate(spec, {}, lws.metadata.name, None):
        with pytest.raises(InvalidSpec):
            resolve(lws)
        code = "unsupported" if list(unsupported(spec)) else "invalid"
        assert [wait.code for wait in planned.waits] == [code]
        assert (planned.actions, planned.status) == ((), None)
        assert errors[0].field in planned.events[0].note
    else:
        assert resolve(lws).template.size >= 1
        assert planned.actions
