"""Every rule of the native webhooks, on both sides: our definition's schema, and the controller.

The definition refuses when an object is sent; the controller checks again what is stored, which
may have come in under a laxer schema. Each refusal names the field and its value.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from controller.admission.defaults import group_template
from controller.admission.validate import validate
from controller.api import names
from lwstui.data import crd
from lwstui.sandbox.crds import custom_kind
from tests.controller.support import container, raw_spec, template

KIND = custom_kind(crd())
TEMPLATE = "spec.leaderWorkerTemplate"
ROLLING = "spec.rolloutStrategy.rollingUpdateConfiguration"
SUBGROUP = f"{TEMPLATE}.subGroupPolicy.subGroupSize"
CLAIM = {"metadata": {"name": "cache"}, "spec": {"accessModes": ["ReadWriteOnce"]}}


class Bad(NamedTuple):
    """A spec that is refused.

    Attributes:
        spec: What is sent.
        field: Path that both sides name, compared without regard to case: the native webhook
            spells one of them with a capital.
        value: What the controller says was found there, as people read it.
        before: What is stored already, None for a new set.
        name: Name of the set.
        annotations: Its annotations.
        only: Why the definition does not refuse it; empty if it does.
    """

    spec: dict[str, Any]
    field: str
    value: str
    before: dict[str, Any] | None = None
    name: str = "sample"
    annotations: dict[str, str] | None = None
    only: str = ""


def group(**more: Any) -> dict[str, Any]:
    return raw_spec(template=more)


def subgroups(size: int, subgroup: Any, kind: str = "LeaderWorker") -> dict[str, Any]:
    policy = {"subGroupSize": subgroup, "subGroupPolicyType": kind}
    return raw_spec(size=size, template={"subGroupPolicy": policy})


def rolling(replicas: int = 2, **more: Any) -> dict[str, Any]:
    return raw_spec(replicas, rollout=more)


AS_IS = "pod templates are kept as they are written"
BAD = {
    "1-name-starts-with-a-digit": Bad(raw_spec(), "metadata.name", "'2cube'", name="2cube"),
    "1-name-with-dots": Bad(raw_spec(), "metadata.name", "'a.b'", name="a.b"),
    "1-name-too-long": Bad(raw_spec(), "metadata.name", f"'{'a' * 64}'", name="a" * 64),
    "2-replicas-below-zero": Bad(raw_spec(-1), "spec.replicas", "-1"),
    "2-replicas-above-a-million": Bad(raw_spec(1_000_001, 1), "spec.replicas", "1000001"),
    "3-size-zero": Bad(raw_spec(size=0), f"{TEMPLATE}.size", "0"),
    "3-size-below-zero": Bad(raw_spec(size=-1), f"{TEMPLATE}.size", "-1"),
    "4-too-many-pods": Bad(raw_spec(100_000, 1_000_000), "spec.replicas", "100000"),
    "5-unavailable-below-zero": Bad(rolling(maxUnavailable=-1), f"{ROLLING}.maxUnavailable", "-1"),
    "5-surge-below-zero": Bad(rolling(maxSurge=-1), f"{ROLLING}.maxSurge", "-1"),
    "5-unavailable-in-words": Bad(
        rolling(maxUnavailable="one"), f"{ROLLING}.maxUnavailable", "'one'"
    ),
    "5-surge-as-text": Bad(rolling(maxSurge="1"), f"{ROLLING}.maxSurge", "'1'"),
    "6-unavailable-above-all": Bad(
        rolling(maxUnavailable="200%"), f"{ROLLING}.maxUnavailable", "'200%'"
    ),
    "6-surge-above-all": Bad(rolling(maxSurge="101%"), f"{ROLLING}.maxSurge", "'101%'"),
    "7-partition-below-zero": Bad(rolling(partition=-1), f"{ROLLING}.partition", "-1"),
    "8-no-budget": Bad(rolling(maxUnavailable=0, maxSurge=0), f"{ROLLING}.maxUnavailable", "0"),
    "8-no-budget-after-rounding": Bad(
        rolling(maxUnavailable="25%", maxSurge="0%"), f"{ROLLING}.maxUnavailable", "'25%'"
    ),
    "9-subgroup-below-one": Bad(subgroups(4, -1), SUBGROUP, "-1"),
    "9-subgroup-zero": Bad(subgroups(4, 0), SUBGROUP, "0"),
    "9-subgroup-without-size": Bad(subgroups(4, None), SUBGROUP, "not set"),
    "10-subgroup-does-not-divide": Bad(subgroups(6, 4), SUBGROUP, "4"),
    "11-subgroup-above-size": Bad(subgroups(2, 3), SUBGROUP, "3"),
    "12-leader-excluded": Bad(subgroups(4, 2, "LeaderExcluded"), SUBGROUP, "2"),
    "13-subgroup-topology-without-subgroups": Bad(
        raw_spec(),
        f"metadata.annotations.{names.SUBGROUP_EXCLUSIVE_TOPOLOGY}",
        "''",
        annotations={names.SUBGROUP_EXCLUSIVE_TOPOLOGY: ""},
        only="a rule of a definition sees no annotations",
    ),
    "14-startup-policy": Bad(raw_spec(startupPolicy="First"), "spec.startupPolicy", "'First'"),
    "14-restart-policy": Bad(group(restartPolicy="Never"), f"{TEMPLATE}.restartPolicy", "'Never'"),
    "14-rollout-type": Bad(
        raw_spec(rolloutStrategy={"type": "Recreate"}), "spec.rolloutStrategy.type", "'Recreate'"
    ),
    "14-subdomain-policy": Bad(
        raw_spec(networkConfig={"subdomainPolicy": "Own"}),
        "spec.networkConfig.subdomainPolicy",
        "'Own'",
    ),
    "14-subgroup-type": Bad(
        subgroups(4, 2, "Other"), f"{TEMPLATE}.subGroupPolicy.subGroupPolicyType", "'Other'"
    ),
    "14-when-deleted": Bad(
        group(persistentVolumeClaimRetentionPolicy={"whenDeleted": "Drop"}),
        f"{TEMPLATE}.persistentVolumeClaimRetentionPolicy.whenDeleted",
        "'Drop'",
    ),
    "14-when-scaled": Bad(
        group(persistentVolumeClaimRetentionPolicy={"whenScaled": "Drop"}),
        f"{TEMPLATE}.persistentVolumeClaimRetentionPolicy.whenScaled",
        "'Drop'",
    ),
    "14-no-worker-template": Bad(
        {"replicas": 1, "leaderWorkerTemplate": {"size": 1}},
        f"{TEMPLATE}.workerTemplate",
        "not set",
    ),
    "u1-subgroup-size-changed": Bad(subgroups(4, 4), SUBGROUP, "4", before=subgroups(4, 2)),
    "u2-subgroups-added": Bad(
        subgroups(4, 2),
        f"{TEMPLATE}.subGroupPolicy",
        "{'subGroupSize': 2, 'subGroupPolicyType': 'LeaderWorker'}",
        before=raw_spec(size=4),
    ),
    "u3-subgroups-removed": Bad(
        raw_spec(size=4), f"{TEMPLATE}.subGroupPolicy", "not set", before=subgroups(4, 2)
    ),
    "ours-claims-changed": Bad(
        group(volumeClaimTemplates=[CLAIM]),
        f"{TEMPLATE}.volumeClaimTemplates",
        "['cache']",
        before=raw_spec(),
        only="claim templates are kept as they are written",
    ),
    "sts-restart-policy": Bad(
        group(workerTemplate=template(restartPolicy="Never")),
        f"{TEMPLATE}.workerTemplate.spec.restartPolicy",
        "'Never'",
        only=AS_IS,
    ),
    "sts-deadline": Bad(
        group(leaderTemplate=template(activeDeadlineSeconds=5)),
        f"{TEMPLATE}.leaderTemplate.spec.activeDeadlineSeconds",
        "5",
        only=AS_IS,
    ),
    "sts-container-without-name": Bad(
        group(workerTemplate=template(container(name=""))),
        f"{TEMPLATE}.workerTemplate.spec.containers[0].name",
        "''",
        only=AS_IS,
    ),
}


def sent(spec: dict[str, Any], bad: Bad) -> dict[str, Any]:
    """An object as the API server has it after pruning and defaulting."""
    meta = {"name": bad.name, "annotations": bad.annotations or {}}
    obj = {"metadata": meta, "spec": deepcopy(spec)}
    assert KIND.decode(obj) == []
    return obj


@pytest.mark.parametrize("case", BAD)
def test_the_definition_refuses(case: str) -> None:
    bad = BAD[case]
    old = None if bad.before is None else sent(bad.before, bad)
    if old is not None:
        assert KIND.causes(old, None) == []
    causes = KIND.causes(sent(bad.spec, bad), old)
    if bad.only:
        assert causes == []
        return
    # Rules about the whole object, its name among them, are told of the object.
    where = "<nil>" if bad.field == "metadata.name" else bad.field.lower()
    told = [cause for cause in causes if cause.field.lower() == where]
    assert told, [(cause.field, cause.message) for cause in causes]


@pytest.mark.parametrize("case", BAD)
def test_the_controller_refuses(case: str) -> None:
    bad = BAD[case]
    previous = None
    if bad.before is not None:
        previous = group_template(bad.before["leaderWorkerTemplate"], None)
    (error,) = validate(bad.spec, bad.annotations or {}, bad.name, previous)
    assert error.field.lower() == bad.field.lower()
    assert str(error).startswith(f"{error.field}: {bad.value}: ")


GOOD = {
    "budgets-above-replicas": rolling(maxUnavailable=10, maxSurge=10),
    "surge-alone": rolling(maxUnavailable=0, maxSurge=1),
    "nothing-to-update": rolling(0, maxUnavailable="25%", maxSurge="25%"),
    "no-budget-for-nothing": rolling(0, maxUnavailable=0, maxSurge=0),
    "partition-above-replicas": rolling(3, partition=5),
    "all-of-them": rolling(maxUnavailable="100%"),
    "subgroups": subgroups(4, 2),
    "leader-as-extra-pod": subgroups(5, 2),
    "leader-excluded": subgroups(5, 2, "LeaderExcluded"),
    "deprecated-policy": group(restartPolicy="Default"),
    "bare": {"leaderWorkerTemplate": {"workerTemplate": template()}},
    "nulls": {**raw_spec(), "rolloutStrategy": None, "networkConfig": None},
}


@pytest.mark.parametrize("case", GOOD)
def test_both_accept(case: str) -> None:
    bad = Bad(GOOD[case], "", "")
    obj = sent(bad.spec, bad)
    assert KIND.causes(obj, None) == []
    assert validate(bad.spec, {}, bad.name, None) == ()
    assert validate(obj["spec"], {}, bad.name, None) == ()


CHANGES = {
    "size": (raw_spec(size=2), raw_spec(size=5)),
    "size-to-one": (raw_spec(size=2), raw_spec(size=1)),
    "replicas": (raw_spec(2), raw_spec(0)),
    "templates": (raw_spec(), group(leaderTemplate=template(container("other")))),
    "to-unique": (raw_spec(), raw_spec(networkConfig={"subdomainPolicy": "UniquePerReplica"})),
    "to-shared": (raw_spec(networkConfig={"subdomainPolicy": "UniquePerReplica"}), raw_spec()),
    "to-null": (raw_spec(), raw_spec(networkConfig={"subdomainPolicy": None})),
    "partition": (rolling(partition=0), rolling(partition=9)),
    "subgroup-type": (subgroups(5, 2), subgroups(5, 2, "LeaderExcluded")),
    "retention": (
        raw_spec(),
        group(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}),
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_both_accept_changes(case: str) -> None:
    before, after = CHANGES[case]
    blank = Bad(before, "", "")
    assert KIND.causes(sent(after, blank), sent(before, blank)) == []
    previous = group_template(before["leaderWorkerTemplate"], before.get("networkConfig"))
    assert validate(after, {}, "sample", previous) == ()
