"""Each rule about pods: the least that fires it, and what only looks like it."""

from __future__ import annotations

import msgspec
import pytest

from lwstui.insight import ends, pods
from lwstui.insight.judging import judge
from lwstui.state.insights import Judgment, Severity
from tests.insight.support import NOW, death, event, world
from tests.view.build import container, node, pod, starting


def every(one):
    """Return what the rules about pods and about how they ended find."""
    return (*pods.findings(one), *ends.findings(one))


def fired(one) -> dict[str, list[str]]:
    """Return the diagnoses by rule."""
    found: dict[str, list[str]] = {}
    for finding in every(one):
        found.setdefault(finding.rule, []).append(finding.diagnosis)
    return found


def pending(message="", reason="Unschedulable", **changes):
    base = {"phase": "Pending", "node": "", "ready": False, "scheduled": False}
    said = {"unscheduled_reason": reason, "unscheduled_message": message}
    return pod(**{**base, **said, **changes})


def waiting(reason, message=""):
    return starting(containers=(container(state="waiting", reason=reason, message=message),))


def looping(**changes):
    base = {"ready": False, "state": "running", "restarts": 4, "last_exit_code": 1}
    return starting(phase="Running", containers=(container(**{**base, **changes}),))


def died(*, ready=False, **changes):
    return world(pod(), pod(0, 1, ready=ready), deaths=(death(**changes),))


SHORT = "0/9 nodes are available: 2 node(s) were unschedulable, 7 Insufficient nvidia.com/gpu."
STUCK = {"deleted_at": NOW - 61}

CASES = {
    "P1": (
        world(pending(SHORT)),
        world(pending(SHORT, scheduled=True)),
        "too few nvidia.com/gpu on 7 of 9 nodes, and 1 other reason",
    ),
    "P1 gated": (
        world(pending(reason="SchedulingGated", gates=("kueue.x-k8s.io/admission",))),
        world(pending(reason="")),
        "held by kueue.x-k8s.io/admission: whoever set the gate has to lift it",
    ),
    "P2": (
        world(waiting("ImagePullBackOff", "pull access denied for repo/x")),
        world(waiting("CrashLoopBackOff", "access denied")),
        "the registry refuses the credentials",
    ),
    "P3": (
        world(waiting("ErrImagePull", "repo/x:9: not found")),
        world(waiting("ContainerCreating")),
        "the image does not exist under this name",
    ),
    "P3 without a cause": (
        world(waiting("ImagePullBackOff", 'Back-off pulling image "repo/x:9"')),
        world(waiting("PodInitializing", 'Back-off pulling image "repo/x:9"')),
        "its image cannot be pulled",
    ),
    "P4": (
        world(waiting("ImagePullBackOff", "429 Too Many Requests: toomanyrequests")),
        world(waiting("PodInitializing", "429")),
        "the registry or the way to it does not keep up",
    ),
    "P5": (
        world(starting(), events=(event("Pulling", "llama-0", last_at=NOW - 601),)),
        world(starting(), events=(event("Pulling", "llama-0", last_at=NOW - 599),)),
        "its image has been on the way for more than ten minutes",
    ),
    "P6": (
        world(pod(phase="Failed", reason="UnexpectedAdmissionError", ready=False)),
        world(pod(phase="Failed", reason="Error", ready=False)),
        "node node-0 refused it after it had been placed there: UnexpectedAdmissionError",
    ),
    "P7": (
        died(reason="OOMKilled", exit_code=137),
        died(reason="OOMKilled", exit_code=137, ready=True),
        "main was killed: it used more host memory than its limit",
    ),
    "P8": (
        died(exit_code=137),
        died(exit_code=1),
        "main was killed, not for its memory: most likely a probe failed or its time was up",
    ),
    "P9": (
        world(pod(phase="Failed", reason="Evicted", ready=False)),
        world(pod(phase="Running", reason="Evicted")),
        "it was taken away, it did not fail: Evicted",
    ),
    "P10": (
        died(lines=("loading", "torch.OutOfMemoryError: CUDA out of memory. Tried")),
        died(lines=("loading", "CUDA graphs captured, memory ok")),
        "the model does not fit into the accelerators' memory",
    ),
    "P11": (
        died(lines=("CUDA driver version is insufficient for CUDA runtime version",)),
        died(lines=("driver version 550",)),
        "the image and the node's driver do not go together, or no device was handed in",
    ),
    "P12": (
        died(lines=("Cannot access gated repo for url https://hub/x",)),
        died(lines=("downloading repo",)),
        "the model may not be fetched: access is missing",
    ),
    "P13": (
        died(lines=("Try increasing utilization or decrease max_model_len",)),
        died(lines=("max_model_len=8192",)),
        "the KV cache is too small for the context length that is asked for",
    ),
    "P14": (
        died(lines=("Bus error (core dumped)",)),
        died(lines=("bus 0000:1b:00.0 ok",)),
        "shared memory is too small",
    ),
    "P15": (
        world(starting(), events=(event("FailedMount", "llama-0", "timed out", count=3),)),
        world(starting(), events=(event("FailedMount", "llama-0", first_at=NOW),)),
        "a volume is not ready",
    ),
    "P15 elsewhere": (
        world(starting(), events=(event("FailedAttachVolume", "llama-0", "Multi-Attach error"),)),
        world(pod(), events=(event("FailedAttachVolume", "llama-0", "Multi-Attach error"),)),
        "a volume is still attached elsewhere",
    ),
    "P16": (
        world(starting(), events=(event("FailedCreatePodSandBox", "llama-0"),)),
        world(starting(), events=(event("FailedCreatePodSandBox", "llama-0", last_at=NOW - 601),)),
        "node node-0 cannot set up the pod's network",
    ),
    "P17": (
        world(waiting("CreateContainerConfigError", 'secret "hub" not found')),
        world(waiting("CreateContainerError")),
        "a Secret or ConfigMap that it refers to, or a key in it, is missing",
    ),
    "P19 running": (
        world(looping(last_finished_at=NOW - 299)),
        world(looping(last_finished_at=NOW - 301)),
        "main ends as often as it is started: exit 1",
    ),
    "P19 once": (
        world(looping(last_finished_at=NOW - 9)),
        world(looping(last_finished_at=NOW - 9, restarts=1)),
        "main ends as often as it is started: exit 1",
    ),
    "P20": (
        died(ready=True),
        died(ready=True, at=NOW - 601),
        "main ended a while ago and runs again: exit 1",
    ),
    "P20 recreated": (
        died(ready=True, uid="another"),
        died(ready=True, uid="another", at=NOW - 601),
        "main ended a while ago and its group was recreated: exit 1",
    ),
    "P20 on its way": (
        died(uid="another"),
        died(uid="another", at=NOW - 601),
        "main ended a while ago and its group was recreated: exit 1",
    ),
    "P19": (
        world(
            starting(
                containers=(
                    container(
                        state="waiting",
                        reason="CrashLoopBackOff",
                        restarts=6,
                        last_exit_code=1,
                        last_reason="Error",
                        last_finished_at=NOW - 30,
                    ),
                )
            )
        ),
        world(starting(containers=(container(restarts=6, last_exit_code=1),))),
        "main ends as often as it is started: exit 1",
    ),
    "P18": (
        world(pod(**STUCK), nodes=(node("node-0", ready=False),)),
        world(pod(deleted_at=NOW - 59)),
        "it should have been gone for a minute: node node-0 does not answer, so nobody says that "
        "it ended",
    ),
    "P18 leader": (
        world(pod(**STUCK), pod(0, 1, deleted_at=NOW - 30)),
        world(pod(deleted_at=NOW - 59), pod(0, 1, deleted_at=NOW - 30)),
        "it should have been gone for a minute: a leader goes after its workers, and llama-0-1 is "
        "still there",
    ),
    "P18 held": (
        world(pod(**STUCK), pod(0, 1)),
        world(pod(), pod(0, 1)),
        "it should have been gone for a minute: its node answers, so a finalizer or one of its "
        "processes holds it",
    ),
}


def test_one_image_is_one_fault_that_the_first_pod_stands_for():
    def stuck(group, worker, image="repo/x:9"):
        bad = container(ready=False, state="waiting", reason="ErrImagePull", image=image)
        bad = msgspec.structs.replace(bad, message=f"{image}: not found")
        return starting(group, worker, containers=(bad,))

    other = stuck(2, 1, image="repo/y:9")
    found = list(pods.findings(world(stuck(1, 0), stuck(0, 1), stuck(0, 0), other)))
    judged = judge(Judgment(), found, NOW).insights
    assert [(one.finding.subject.name, len(one.consequences)) for one in judged] == [
        ("llama-0", 2),
        ("llama-2-1", 0),
    ]
    assert judged[0].finding.diagnosis == (
        "the image does not exist under this name: 3 pods wait for it"
    )


@pytest.mark.parametrize("name", CASES)
def test_a_rule_fires_and_its_near_miss_does_not(name):
    firing, near, diagnosis = CASES[name]
    rule = name.split()[0]
    assert fired(firing) == {rule: [diagnosis]}
    assert rule not in fired(near)


@pytest.mark.parametrize("name", CASES)
def test_every_finding_shows_what_was_seen_and_whom_it_concerns(name):
    for finding in every(CASES[name][0]):
        assert finding.evidence
        assert all(one.text for one in finding.evidence)
        assert finding.groups
        assert not finding.diagnosis.endswith(".")
        assert finding.severity in Severity


def test_a_healthy_set_has_no_finding():
    assert fired(world(pod(), pod(0, 1), pod(1, 0), pod(1, 1))) == {}


def test_pods_of_no_set_are_none_of_our_business():
    assert fired(world(pending(SHORT, set_name=""))) == {}


def test_an_end_long_ago_says_nothing_about_now():
    assert fired(died(reason="OOMKilled", at=NOW - 3601)) == {}


def test_only_the_newest_end_of_a_container_counts():
    ends = (death(reason="OOMKilled", exit_code=137), death(at=NOW - 5, exit_code=1, run=1))
    assert fired(world(pod(), pod(0, 1, ready=False), deaths=ends)) == {}
