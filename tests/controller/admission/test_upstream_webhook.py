"""Upstream's webhook scenarios: what is filled in, refused and accepted.

There is no webhook here: defaults are applied on every read, and an update is compared with the
template that the groups of the set should be at.

Source: test/integration/webhooks/leaderworkerset_test.go.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.admission.defaults import InvalidSpec, group_template, resolve
from controller.admission.fields import is_percent, scaled
from controller.admission.validate import validate
from controller.api.lws import RolloutStrategy
from tests.controller.support import container, make_set, raw_spec, template

TEMPLATE = "spec.leaderWorkerTemplate"
ROLLING = "spec.rolloutStrategy.rollingUpdateConfiguration"
SUBGROUP = f"{TEMPLATE}.SubGroupPolicy.subGroupSize"
UNIQUE, SHARED = ({"subdomainPolicy": policy} for policy in ("UniquePerReplica", "Shared"))


def group(**more: Any) -> dict[str, Any]:
    return raw_spec(template=more)


def rollout(replicas: int = 2, **budget: Any) -> dict[str, Any]:
    return raw_spec(replicas, rollout=budget)


def subgroups(size: int, subgroup: int, kind: str = "LeaderWorker") -> dict[str, Any]:
    policy = {"subGroupSize": subgroup, "subGroupPolicyType": kind}
    return raw_spec(size=size, template={"subGroupPolicy": policy})


def refusals(spec: dict[str, Any], name: str = "test-sample") -> list[str]:
    return [error.field for error in validate(spec, {}, name, None)]


# Defaulting

FULL: dict[str, Any] = {
    **raw_spec(4, 5, rollout={"partition": 1, "maxUnavailable": 3, "maxSurge": "20%"}),
    "startupPolicy": "LeaderReady",
    "networkConfig": UNIQUE,
}
FULL["leaderWorkerTemplate"]["restartPolicy"] = "RecreateGroupAfterStart"
DEFAULTS = {
    "replicas": 1,
    "size": 1,
    "restart policy": "RecreateGroupOnPodRestart",
    "startup policy": "LeaderCreated",
    "subdomain policy": "Shared",
    "rollout": RolloutStrategy(partition=0, max_unavailable=1, max_surge=0),
}
WRITTEN = {
    "replicas": 4,
    "size": 5,
    "restart policy": "RecreateGroupAfterStart",
    "startup policy": "LeaderReady",
    "subdomain policy": "UniquePerReplica",
    "rollout": RolloutStrategy(partition=1, max_unavailable=3, max_surge="20%"),
}


def resolved(spec: dict[str, Any]) -> dict[str, Any]:
    found = resolve(make_set(spec))
    return {
        "replicas": found.replicas,
        "size": found.template.size,
        "restart policy": found.template.restart_policy,
        "startup policy": found.startup_policy,
        "subdomain policy": found.template.subdomain_policy,
        "rollout": found.rollout,
    }


def without(*path: str) -> dict[str, Any]:
    """The full spec without one field."""
    spec: dict[str, Any] = json.loads(json.dumps(FULL))
    within = spec
    for key in path[:-1]:
        within = within[key]
    del within[path[-1]]
    return spec


@pytest.mark.parametrize(
    ("spec", "filled"),
    [
        pytest.param(FULL, [], id="everything is set"),
        pytest.param(without("replicas"), ["replicas"], id="replicas"),
        pytest.param(without("leaderWorkerTemplate", "size"), ["size"], id="size"),
        pytest.param(
            without("leaderWorkerTemplate", "restartPolicy"),
            ["restart policy"],
            id="restart policy",
        ),
        pytest.param(without("startupPolicy"), ["startup policy"], id="startup policy"),
        pytest.param(without("networkConfig"), ["subdomain policy"], id="network config"),
        pytest.param(
            without("networkConfig", "subdomainPolicy"), ["subdomain policy"], id="subdomain policy"
        ),
        pytest.param(without("rolloutStrategy"), ["rollout"], id="rollout strategy"),
        pytest.param(
            without("rolloutStrategy", "rollingUpdateConfiguration"),
            ["rollout"],
            id="configuration",
        ),
        pytest.param(without("rolloutStrategy", "type"), [], id="rollout type"),
        pytest.param(
            {"leaderWorkerTemplate": {"workerTemplate": template()}},
            list(DEFAULTS),
            id="everything",
        ),
    ],
)
def test_defaults(spec: dict[str, Any], filled: list[str]) -> None:
    assert resolved(spec) == {**WRITTEN, **{name: DEFAULTS[name] for name in filled}}


@pytest.mark.parametrize(
    ("field", "value"), [("partition", 0), ("maxUnavailable", 1), ("maxSurge", 0)]
)
def test_defaults_within_a_configured_rollout(field: str, value: int) -> None:
    spec = without("rolloutStrategy", "rollingUpdateConfiguration", field)
    written = {"partition": 1, "maxUnavailable": 3, "maxSurge": "20%", field: value}
    assert resolved(spec)["rollout"] == RolloutStrategy(
        written["partition"], written["maxUnavailable"], written["maxSurge"]
    )


@pytest.mark.parametrize(
    ("written", "policy"),
    [
        ("", "RecreateGroupOnPodRestart"),
        ("Default", "None"),
        ("None", "None"),
        ("RecreateGroupOnPodRestart", "RecreateGroupOnPodRestart"),
        ("RecreateGroupAfterStart", "RecreateGroupAfterStart"),
    ],
)
def test_restart_policy(written: str, policy: str) -> None:
    found = resolve(make_set(group(restartPolicy=written))).template
    assert found.restart_policy == policy
    assert found.leader_worker_template["restartPolicy"] == policy


# Creation

REFUSED = {
    "replicas times size overflows": (raw_spec(100_000, 1_000_000), "spec.replicas"),
    "size -1": (raw_spec(size=-1), f"{TEMPLATE}.size"),
    "size 0": (raw_spec(size=0), f"{TEMPLATE}.size"),
    "replicas -1": (raw_spec(-1), "spec.replicas"),
    "replicas 1000001": (raw_spec(1_000_001, 1), "spec.replicas"),
    "startup policy": (raw_spec(startupPolicy="ManualReady"), "spec.startupPolicy"),
    "subgroup size -1": (subgroups(2, -1), SUBGROUP),
    "subgroup above size": (subgroups(2, 3), SUBGROUP),
    "subgroup divides neither size nor size - 1": (subgroups(6, 4), SUBGROUP),
    "leader excluded": (subgroups(4, 2, "LeaderExcluded"), SUBGROUP),
    "restart policy": (group(restartPolicy="OnFailure"), f"{TEMPLATE}.restartPolicy"),
    "rollout type": (raw_spec(rolloutStrategy={"type": "OnDelete"}), "spec.rolloutStrategy.type"),
    "maxUnavailable 200%": (rollout(maxUnavailable="200%"), f"{ROLLING}.maxUnavailable"),
    "maxSurge 200%": (rollout(maxSurge="200%"), f"{ROLLING}.maxSurge"),
    "maxUnavailable -1": (rollout(maxUnavailable=-1), f"{ROLLING}.maxUnavailable"),
    "maxSurge -1": (rollout(maxSurge=-1), f"{ROLLING}.maxSurge"),
    "no budget": (rollout(maxUnavailable=0, maxSurge=0), f"{ROLLING}.maxUnavailable"),
    "no budget after rounding": (
        rollout(maxUnavailable="25%", maxSurge=0),
        f"{ROLLING}.maxUnavailable",
    ),
    "partition -1": (rollout(partition=-1), f"{ROLLING}.partition"),
}


@pytest.mark.parametrize("title", REFUSED)
def test_refused_on_creation(title: str) -> None:
    spec, field = REFUSED[title]
    assert refusals(spec) == [field]
    with pytest.raises(InvalidSpec) as refusal:
        resolve(make_set(spec))
    assert field in str(refusal.value)


@pytest.mark.parametrize("name", ["2cube", "a.b", "Upper", "ends-", "a" * 64])
def test_names_that_are_refused(name: str) -> None:
    assert refusals(raw_spec(), name) == ["metadata.name"]


ACCEPTED = {
    "recreate on restart": group(restartPolicy="RecreateGroupOnPodRestart"),
    "recreate after start": group(restartPolicy="RecreateGroupAfterStart"),
    "restart policy None": group(restartPolicy="None"),
    "restart policy Default": group(restartPolicy="Default"),
    "maxUnavailable above replicas": rollout(maxUnavailable=10),
    "maxSurge above replicas": rollout(maxSurge=10),
    "surge alone": rollout(maxUnavailable=0, maxSurge=1),
    "percentages of no replicas": rollout(0, maxUnavailable="25%", maxSurge="25%"),
    "no budget for no replicas": rollout(0, maxUnavailable=0, maxSurge=0),
    "partition 0": rollout(3, partition=0),
    "partition at replicas": rollout(3, partition=3),
    "partition above replicas": rollout(3, partition=5),
    "subgroups divide size": subgroups(4, 2),
    "subgroups divide size - 1": subgroups(5, 2),
    "subgroups without the leader": subgroups(5, 2, "LeaderExcluded"),
}


@pytest.mark.parametrize("title", ACCEPTED)
def test_accepted_on_creation(title: str) -> None:
    assert refusals(ACCEPTED[title]) == []


# Updates


def refusals_of_change(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    assert refusals(before) == []
    previous = group_template(before["leaderWorkerTemplate"], before.get("networkConfig"))
    return [error.field for error in validate(after, {}, "test-sample", previous)]


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        pytest.param(raw_spec(), raw_spec(100_000, 1_000_000), "spec.replicas", id="overflow"),
        pytest.param(raw_spec(), raw_spec(-1), "spec.replicas", id="replicas -1"),
        pytest.param(raw_spec(), raw_spec(1_000_001, 1), "spec.replicas", id="replicas 1000001"),
        pytest.param(
            raw_spec(), raw_spec(startupPolicy="x"), "spec.startupPolicy", id="startup policy"
        ),
        pytest.param(subgroups(4, 2), subgroups(4, 4), SUBGROUP, id="subgroup size changed"),
        pytest.param(
            raw_spec(size=4), subgroups(4, 2), f"{TEMPLATE}.SubGroupPolicy", id="subgroups added"
        ),
        pytest.param(
            subgroups(4, 2), raw_spec(size=4), f"{TEMPLATE}.SubGroupPolicy", id="subgroups removed"
        ),
        pytest.param(raw_spec(), rollout(partition=-1), f"{ROLLING}.partition", id="partition -1"),
    ],
)
def test_refused_on_update(before: dict[str, Any], after: dict[str, Any], field: str) -> None:
    assert refusals_of_change(before, after) == [field]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(raw_spec(), raw_spec(size=5), id="size"),
        pytest.param(raw_spec(), raw_spec(10), id="replicas"),
        pytest.param(
            raw_spec(), group(leaderTemplate=template(container("new"))), id="leader template"
        ),
        pytest.param(
            raw_spec(), group(workerTemplate=template(container("new"))), id="worker template"
        ),
        pytest.param(
            raw_spec(networkConfig=UNIQUE), raw_spec(networkConfig=SHARED), id="unique to shared"
        ),
        pytest.param(
            raw_spec(networkConfig=SHARED), raw_spec(networkConfig=UNIQUE), id="shared to unique"
        ),
        pytest.param(raw_spec(), raw_spec(networkConfig=UNIQUE), id="nothing to unique"),
        pytest.param(raw_spec(networkConfig=UNIQUE), raw_spec(), id="unique to nothing"),
        pytest.param(
            raw_spec(networkConfig=UNIQUE),
            raw_spec(networkConfig={"subdomainPolicy": None}),
            id="unique to null",
        ),
        pytest.param(rollout(3, partition=1), rollout(3, partition=3), id="partition at replicas"),
        pytest.param(rollout(3, partition=1), rollout(3, partition=9), id="partition above them"),
        pytest.param(rollout(3, partition=1), rollout(3, partition=0), id="partition 0"),
        pytest.param(subgroups(4, 2), subgroups(8, 2), id="size in subgroups"),
        pytest.param(
            subgroups(5, 2), subgroups(5, 2, "LeaderExcluded"), id="leader leaves its subgroup"
        ),
    ],
)
def test_accepted_on_update(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert refusals_of_change(before, after) == []


@pytest.mark.parametrize(
    ("value", "percent"), [("1%", 1), ("101%", 101), ("1", None), (1, None), ("%", None)]
)
def test_percentages(value: int | str, percent: int | None) -> None:
    assert is_percent(value) is (percent is not None)
    if percent is not None:
        assert scaled(value, 100, round_up=False) == percent
