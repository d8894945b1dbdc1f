"""Every condition under which a set is not moved, with what is said about it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from controller.api import names
from controller.takeover.evidence import TAKEOVER
from controller.takeover.preflight import inspect
from tests.support.native import NativeSet, native_set

NOW = 1_790_000_000.0
Change = Callable[[NativeSet], None]
NAME = "leaderworkerset-sample"


def edit(path: str, value: Any) -> Change:
    """Set a field of the LeaderWorkerSet, by its path."""

    def change(made: NativeSet) -> None:
        inner = made.lws
        *parents, last = path.split(".")
        for step in parents:
            inner = inner.setdefault(step, {})
        inner[last] = value

    return change


def condition(kind: str, status: str) -> Change:
    def change(made: NativeSet) -> None:
        made.lws["status"]["conditions"].append({"type": kind, "status": status})

    return change


def statefulset(name: str, path: str, value: Any) -> Change:
    """Set a field of one of the StatefulSets."""

    def change(made: NativeSet) -> None:
        inner = next(s for s in made.statefulsets if s["metadata"]["name"] == name)
        *parents, last = path.split(".")
        for step in parents:
            inner = inner[step]
        inner[last] = value

    return change


def without_statefulset(name: str) -> Change:
    def change(made: NativeSet) -> None:
        made.statefulsets = [s for s in made.statefulsets if s["metadata"]["name"] != name]

    return change


def pod(path: str, value: Any, name: str = f"{NAME}-1-2") -> Change:
    def change(made: NativeSet) -> None:
        inner = made.pod(name)
        *parents, last = path.split("|")
        for step in parents:
            inner = inner[step]
        inner[last] = value

    return change


def unlabelled(made: NativeSet) -> None:
    del made.leader_statefulset["metadata"]["labels"][names.REVISION]


def unrecorded(made: NativeSet) -> None:
    made.revisions = [
        r for r in made.revisions if r["metadata"]["name"] != made.revisions[0]["metadata"]["name"]
    ]


def not_available(made: NativeSet) -> None:
    made.lws["status"]["conditions"][0]["status"] = "False"


def image(made: NativeSet) -> None:
    template = made.lws["spec"]["leaderWorkerTemplate"]["workerTemplate"]
    template["spec"]["containers"][0]["image"] = "nginx:2"


def lose_pod(made: NativeSet) -> None:
    made.pods = [p for p in made.pods if p["metadata"]["name"] != f"{NAME}-1-2"]


STATEFULSET_OF_GROUP_1 = f"StatefulSet {NAME}-1 of its workers"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (not_available, "it is not Available"),
        (condition("UpdateInProgress", "True"), "a rolling update is in progress"),
        (edit("status.observedGeneration", 7), "its status is of generation 7, the spec of 1"),
        (
            edit("metadata.annotations", {names.PAUSED: "true"}),
            "the mark lwstui.dev/controller-paused pauses this controller for it",
        ),
        (edit("metadata.deletionTimestamp", "2026-08-01T00:00:00Z"), "it is being deleted"),
        (edit("spec.leaderWorkerTemplate.size", 0), "its spec is invalid: "),
        (edit("metadata.labels", {"kueue.x-k8s.io/queue-name": "q"}), "Kueue manages it"),
        (edit("spec.replicas", 4), "has 3 replicas, the set asks for 4"),
        (
            edit("spec.rolloutStrategy.rollingUpdateConfiguration.partition", 1),
            "is at partition 0, the set's is 1",
        ),
        (image, 'workerTemplate.spec.containers[0].image was "nginxinc/nginx-unprivileged:1.27"'),
        (without_statefulset(NAME), f"StatefulSet {NAME} of its leaders is missing"),
        (statefulset(NAME, "status.availableReplicas", 2), "has 2 of 3 replicas available"),
        (
            statefulset(NAME, "metadata.deletionTimestamp", "2026-08-01T00:00:00Z"),
            "of its leaders is being deleted, by no takeover",
        ),
        (unlabelled, "so its revision is unknown"),
        (without_statefulset(f"{NAME}-1"), f"{STATEFULSET_OF_GROUP_1} is missing"),
        (
            statefulset(f"{NAME}-1", "status.availableReplicas", 1),
            f"{STATEFULSET_OF_GROUP_1} has 1 of 3 replicas available",
        ),
        (
            statefulset(f"{NAME}-1", "metadata.deletionTimestamp", "2026-08-01T00:00:00Z"),
            f"{STATEFULSET_OF_GROUP_1} is being deleted",
        ),
        (statefulset(f"{NAME}-1", "metadata.generation", 2), "of 3 replicas available"),
        (unrecorded, "no ControllerRevision of the set records revision 6859c84d69"),
        (
            pod("metadata|deletionTimestamp", "2026-08-01T00:00:00Z"),
            f"pod {NAME}-1-2 is being deleted",
        ),
        (pod("spec|schedulingGates", [{"name": "kueue.x-k8s.io/admission"}]), "Kueue manages it"),
        (
            pod("metadata|annotations", {"scheduling.k8s.io/group-name": "g"}),
            "scheduled as gangs by Volcano",
        ),
        (
            pod(f"metadata|labels|{names.GROUP_INDEX}", "7f3a"),
            f"pod {NAME}-1-2 carries its label {names.SET_NAME} and does not belong to it",
        ),
        (lose_pod, f"after the move it would create pod {NAME}-1-2"),
        (pod("status|phase", "Failed"), f"after the move it would delete pod {NAME}-1 (recreate)"),
    ],
)
def test_refusals(change: Change, said: str) -> None:
    made = native_set()
    change(made)
    check = inspect(made.evidence(), NOW)
    assert said in "\n".join(map(str, check.refusals))
    assert check.stages == ()
    assert all(refusal.remedy for refusal in check.refusals)


def test_a_service_that_is_missing_would_be_created() -> None:
    made = native_set()
    made.services = []
    (refusal,) = inspect(made.evidence(), NOW).refusals
    assert "it would create service leaderworkerset-sample" in refusal.what


def test_a_pod_with_a_second_owner_is_not_moved() -> None:
    made = native_set()
    other = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x"}
    made.pod(f"{NAME}-0-1")["metadata"]["ownerReferences"].append(other)
    said = "\n".join(map(str, inspect(made.evidence(), NOW).refusals))
    assert f"pod {NAME}-0-1 is held by an object without a controller" in said


def test_sets_of_kthena_are_refused_with_what_will_take_effect() -> None:
    made = native_set()
    made.statefulsets = []
    for each in made.pods:
        each["metadata"]["ownerReferences"][0]["kind"] = "ModelServing"
    check = inspect(made.evidence(), NOW)
    (refusal,) = check.refusals
    assert (str(check.managers), check.stages) == ("kthena", ())
    assert "create a copy of the set under a new name" in refusal.remedy
    for ignored in ("restartPolicy", "maxSurge", "topology annotations", "schedulerName"):
        assert ignored in refusal.remedy


def test_a_model_serving_without_pods_is_kthenas_too() -> None:
    made = native_set()
    made.statefulsets, made.pods = [], []
    evidence = made.evidence()
    assert str(inspect(evidence, NOW).managers) == "nobody"
    served = replace(evidence, model_servings=(made.name,))
    assert str(inspect(served, NOW).managers) == "kthena"


def test_two_controllers_at_once_are_refused() -> None:
    made = native_set()
    meta = made.pod(f"{NAME}-0")["metadata"]
    meta["ownerReferences"] = [
        {
            "apiVersion": "leaderworkerset.x-k8s.io/v1",
            "kind": "LeaderWorkerSet",
            "name": NAME,
            "uid": made.lws["metadata"]["uid"],
            "controller": True,
        }
    ]
    (refusal,) = inspect(made.evidence(), NOW).refusals
    assert "several controllers manage it at once: native and ours" in refusal.what


def test_nobodys_set_needs_no_takeover() -> None:
    made = native_set()
    made.statefulsets, made.pods = [], []
    check = inspect(made.evidence(), NOW)
    assert (str(check.managers), check.refusals, check.stages) == ("nobody", (), ())


def test_a_mark_of_another_leader_statefulset_is_not_taken_for_a_move_that_began() -> None:
    made = native_set()
    made.lws["metadata"]["annotations"] = {TAKEOVER: "statefulset-of-before"}
    check = inspect(made.evidence(), NOW)
    assert not check.resumed
    assert check.stages[0].title == "write the rollout record"
