"""The plan of a takeover: what is refused, what is sent, and that nothing is left to do after."""

import copy
from typing import Any

import pytest

from controller.api import names
from controller.plan.actions import DeleteRevision
from controller.plan.compose import plan
from controller.plan.rollout import read_record
from controller.takeover.evidence import TAKEOVER, Json, SetEvidence, observed
from controller.takeover.predict import after, merged
from controller.takeover.preflight import inspect
from controller.takeover.steps import Stage
from tests.support.native import GOLDEN, NativeSet, native_set

NOW = 1_790_000_000.0
CASES = sorted(path.stem for path in GOLDEN.glob("*.json"))
STEPS = (
    "write the rollout record",
    "release the workers from their StatefulSets",
    "release the leaders from their StatefulSet",
    "let the set own its leaders",
    "let the leaders own their workers",
    "let the set own its claims",
    "drop the StatefulSets' revisions",
    "end the move",
)


def titles(stages: tuple[Stage, ...]) -> list[str]:
    return [stage.title for stage in stages]


def requests(evidence: SetEvidence, title: str) -> list[Any]:
    stages = inspect(evidence, NOW).stages
    return [r for stage in stages if stage.title == title for r in stage.requests]


@pytest.mark.parametrize("case", CASES)
def test_every_recorded_set_can_be_moved_and_nothing_is_left_to_do(case: str) -> None:
    evidence = native_set(case).evidence()
    check = inspect(evidence, NOW)
    assert (str(check.managers), check.refusals) == ("native", ())
    moved = after(evidence, check.stages)
    planned = plan(observed(moved), NOW)
    assert (planned.actions, planned.waits) == ((), ())
    assert not moved.statefulsets
    again = inspect(moved, NOW)
    assert (str(again.managers), again.stages) == ("ours", ())


@pytest.mark.parametrize("case", ["sample", "volume-claims", "size-one"])
def test_a_move_that_stopped_after_any_request_goes_on_from_there(case: str) -> None:
    evidence = native_set(case).evidence()
    stages = inspect(evidence, NOW).stages
    whole = after(evidence, stages)
    for number, stage in enumerate(stages):
        for sent in range(len(stage.requests) + 1):
            part = Stage(stage.title, stage.requests[:sent])
            died = after(evidence, (*stages[:number], part))
            check = inspect(died, NOW)
            assert check.refusals == ()
            left = titles(stages[number + (sent == len(stage.requests)) :])
            assert titles(check.stages) == left, f"{sent} requests of: {stage.title}"
            assert after(died, check.stages) == whole


def test_stages_in_their_order_and_what_they_send() -> None:
    evidence = native_set("volume-claims").evidence()
    stages = inspect(evidence, NOW).stages
    assert tuple(titles(stages)) == STEPS
    sent = [(r.verb, r.resource.plural, r.name) for stage in stages for r in stage.requests]
    assert sent == [
        ("patch", "leaderworkersets", "vct"),
        ("orphan", "statefulsets", "vct-0"),
        ("orphan", "statefulsets", "vct"),
        ("patch", "pods", "vct-0"),
        ("patch", "pods", "vct-0-1"),
        ("patch", "persistentvolumeclaims", "cache-vct-0"),
        ("patch", "persistentvolumeclaims", "cache-vct-0-1"),
        ("delete", "controllerrevisions", "vct-788469ff99"),
        ("delete", "controllerrevisions", "vct-0-8ddcf8cb9"),
        ("patch", "leaderworkersets", "vct"),
    ]


def test_every_request_names_the_incarnation_it_is_meant_for() -> None:
    made = native_set("volume-claims")
    found = {(obj["kind"], obj["metadata"]["name"]): obj["metadata"] for _, obj in made.in_order()}
    for stage in inspect(made.evidence(), NOW).stages:
        for request in stage.requests:
            meta = found[request.resource.kind, request.name]
            assert request.uid == meta["uid"]
            if request.verb == "patch":
                sent = request.body["metadata"]
                same = (sent["uid"], sent["resourceVersion"])
                assert same == (meta["uid"], meta["resourceVersion"])


def test_pods_get_one_controlling_owner() -> None:
    made = native_set("sample")
    moved = after(made.evidence(), inspect(made.evidence(), NOW).stages)
    owners = {p["metadata"]["name"]: p["metadata"]["ownerReferences"] for p in moved.pods}
    (leader,) = owners["leaderworkerset-sample-0"]
    assert (leader["kind"], leader["uid"]) == ("LeaderWorkerSet", made.lws["metadata"]["uid"])
    (worker,) = owners["leaderworkerset-sample-0-1"]
    assert (worker["kind"], worker["name"]) == ("Pod", "leaderworkerset-sample-0")
    assert worker["controller"]
    assert worker["blockOwnerDeletion"]


def test_earlier_restarts_are_noted_on_the_pod_and_recreate_nothing() -> None:
    made = native_set("sample")
    statuses = [{"name": "nginx", "restartCount": 2, "ready": True}]
    made.pod("leaderworkerset-sample-1-2")["status"]["containerStatuses"] = statuses
    check = inspect(made.evidence(), NOW)
    assert check.refusals == ()
    assert "leaderworkerset-sample-1-2 has restarted before" in check.warnings[0]
    moved = after(made.evidence(), check.stages)
    noted = {
        pod["metadata"]["name"]: pod["metadata"]["annotations"].get(names.RESTARTS_BASELINE)
        for pod in moved.pods
    }
    assert {name: text for name, text in noted.items() if text} == {
        "leaderworkerset-sample-1-2": "2"
    }
    assert plan(observed(moved), NOW).actions == ()


@pytest.mark.parametrize(
    ("deleted", "owned"),
    [("Delete", ["cache-vct-0", "cache-vct-0-1"]), ("Retain", []), (None, [])],
)
def test_claims_are_owned_by_the_set_when_they_go_with_it(deleted: str, owned: list[str]) -> None:
    made = native_set("volume-claims")
    for template in (made.lws, made.revisions[0]["data"]):
        group = template["spec"]["leaderWorkerTemplate"]
        group.pop("persistentVolumeClaimRetentionPolicy")
        if deleted:
            policy = {"whenDeleted": deleted, "whenScaled": "Retain"}
            group["persistentVolumeClaimRetentionPolicy"] = policy
    if deleted != "Delete":
        for claim in made.claims:
            claim["metadata"].pop("ownerReferences")
    evidence = made.evidence()
    assert [r.name for r in requests(evidence, STEPS[5])] == owned


def test_a_claim_of_somebody_else_stays_his() -> None:
    made = native_set("volume-claims")
    foreign = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x", "controller": True}
    made.claims[0]["metadata"]["ownerReferences"] = [foreign]
    assert [r.name for r in requests(made.evidence(), STEPS[5])] == ["cache-vct-0-1"]


def canary(made: NativeSet) -> None:
    """Turn a set at rest into one whose partition holds groups 0 and 1 at the revision before."""
    name = made.name
    old = made.revisions[0]
    new = copy.deepcopy(old)
    new["metadata"] |= {"name": f"{name}-new-2", "uid": "revision-new"}
    new["metadata"]["labels"][names.REVISION] = "new"
    new["revision"] = 2
    container = {"image": "nginx:2"}
    for spec in (new["data"]["spec"], made.lws["spec"]):
        spec["leaderWorkerTemplate"]["workerTemplate"]["spec"]["containers"][0] |= container
    made.revisions.append(new)
    made.lws["spec"]["rolloutStrategy"]["rollingUpdateConfiguration"]["partition"] = 2
    leader = made.leader_statefulset
    leader["metadata"]["labels"][names.REVISION] = "new"
    leader["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 2
    for pod in made.pods:
        if pod["metadata"]["labels"][names.GROUP_INDEX] == "2":
            pod["metadata"]["labels"][names.REVISION] = "new"


def test_the_record_says_what_the_leader_statefulset_said() -> None:
    made = native_set("sample")
    canary(made)
    evidence = made.evidence()
    check = inspect(evidence, NOW)
    assert check.refusals == ()
    moved = after(evidence, check.stages)
    annotations = moved.lws["metadata"]["annotations"]
    record = read_record(annotations)
    assert record is not None
    old = made.revisions[0]["metadata"]["labels"][names.REVISION]
    assert (record.target, record.stable) == ("new", old)
    assert (record.partition, record.groups, record.seen_replicas) == (2, 3, 3)
    assert TAKEOVER not in annotations
    planned = plan(observed(moved), NOW)
    assert planned.actions == ()
    assert [wait.code for wait in planned.waits] == ["partition"]


def test_only_revisions_beyond_the_history_may_go_afterwards() -> None:
    made = native_set("sample")
    for number in range(1, 14):
        spare = copy.deepcopy(made.revisions[0])
        spare["metadata"] |= {"name": f"spare-{number}", "uid": f"spare-{number}"}
        spare["metadata"]["labels"][names.REVISION] = f"spare{number}"
        spare["revision"] = number
        made.revisions.append(spare)
    made.revisions[0]["revision"] = 20
    check = inspect(made.evidence(), NOW)
    assert check.refusals == ()
    planned = plan(observed(after(made.evidence(), check.stages)), NOW)
    gone = [action.name for action in planned.actions if isinstance(action, DeleteRevision)]
    assert gone == ["spare-1", "spare-2", "spare-3"]
    assert len(planned.actions) == len(gone)


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        ({"a": 1, "b": {"c": 2}}, {"b": {"c": None, "d": 3}}, {"a": 1, "b": {"d": 3}}),
        ({"a": [1]}, {"a": [2, 3]}, {"a": [2, 3]}),
        ({"a": "text"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({}, {"a": {"b": None}}, {"a": {}}),
    ],
)
def test_merge_patches_apply_as_the_server_applies_them(
    value: Json, patch: Json, expected: Json
) -> None:
    before = copy.deepcopy(value)
    assert merged(value, patch) == expected
    assert value == before
