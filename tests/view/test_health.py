import pytest

from lwstui.state.model import GroupHistory
from lwstui.view.health import (
    ORDER,
    GroupContext,
    group_health,
    judge,
    node_health,
    pod_health,
    set_health,
)
from tests.view.build import NOW, container, node, pod, starting


def waiting(reason, **changes):
    return container(ready=False, state="waiting", reason=reason, started_at=None, **changes)


PODS = {
    "ready": (pod(), "·", "ready", ""),
    "crash loop": (
        pod(
            ready=False,
            containers=(
                waiting(
                    "CrashLoopBackOff",
                    restarts=6,
                    last_reason="OOMKilled",
                    last_exit_code=137,
                    last_finished_at=NOW - 60,
                ),
            ),
        ),
        "X",
        "failed",
        "OOMKilled ×6, CrashLoopBackOff",
    ),
    "image": (
        starting(containers=(waiting("ErrImagePull", message="no such tag"),)),
        "X",
        "failed",
        "ErrImagePull: no such tag",
    ),
    "evicted": (
        pod(phase="Failed", ready=False, reason="Evicted", message="low on disk"),
        "X",
        "failed",
        "Evicted: low on disk",
    ),
    "unschedulable": (
        starting(
            node="",
            scheduled=False,
            containers=(),
            unscheduled_reason="Unschedulable",
            unscheduled_message="0/4 nodes are available",
        ),
        "P",
        "pending",
        "0/4 nodes are available",
    ),
    "gated": (
        starting(node="", scheduled=False, gates=("kueue.x-k8s.io/admission",)),
        "P",
        "gated",
        "waiting for gate kueue.x-k8s.io/admission",
    ),
    "new": (
        starting(node="", scheduled=False, containers=()),
        "o",
        "starting",
        "waiting for a node",
    ),
    "bound": (starting(containers=()), "o", "starting", "waiting for the kubelet"),
    "pulling": (starting(), "o", "pulling", "pulling repo/vllm:1"),
    "init": (
        starting(
            containers=(
                container(name="model-cache", init=True, ready=False),
                waiting("PodInitializing"),
            )
        ),
        "o",
        "init",
        "init container model-cache runs",
    ),
    "loading": (
        starting(phase="Running", containers=(container(ready=False, started_at=NOW - 5),)),
        "o",
        "loading",
        "running, readiness probe not passed yet",
    ),
    "slow": (
        starting(created_at=NOW - 901),
        "!",
        "pulling",
        "still starting after 15m: pulling repo/vllm:1",
    ),
    "was ready": (
        pod(ready=False, ready_changed_at=NOW - 30),
        "!",
        "degraded",
        "was ready and is not: readiness probe fails",
    ),
    "restarted": (
        pod(containers=(container(restarts=1, last_exit_code=1, last_finished_at=NOW - 60),)),
        "!",
        "restarted",
        "main restarted ×1 after exit 1",
    ),
    "restarted long ago": (
        pod(containers=(container(restarts=1, last_exit_code=1, last_finished_at=NOW - 601),)),
        "·",
        "ready",
        "",
    ),
    "exited": (
        pod(
            ready=False,
            containers=(container(ready=False, state="terminated", reason="Error", exit_code=2),),
        ),
        "!",
        "exited",
        "main exit 2",
    ),
    "leaving": (pod(deleted_at=NOW + 20), "-", "leaving", "terminating"),
    "stuck": (
        pod(deleted_at=NOW - 121),
        "!",
        "stuck",
        "still terminating after its grace period",
    ),
    "unknown": (pod(phase="Unknown", ready=False), "?", "unknown", "phase Unknown"),
}


@pytest.mark.parametrize("name", PODS)
def test_pod(name):
    subject, glyph, word, reason = PODS[name]

    health = pod_health(subject, NOW)

    assert (health.glyph, health.word, health.reason) == (glyph, word, reason)


@pytest.mark.parametrize("name", PODS)
def test_a_judgment_holds_until_the_moment_it_names(name):
    subject = PODS[name][0]
    health = pod_health(subject, NOW)
    if health.until == float("inf"):
        later = pod_health(subject, NOW + 1e6)
        assert (later.glyph, later.word) == (health.glyph, health.word)
    else:
        before, after = pod_health(subject, health.until - 0.1), pod_health(subject, health.until)
        assert (before.glyph, before.word) == (health.glyph, health.word)
        assert (after.glyph, after.word) != (health.glyph, health.word)


@pytest.mark.parametrize(
    ("reason", "glyph", "says"),
    [("NodeStatusUnknown", "?", "does not report"), ("KubeletNotReady", "!", "node-0 NotReady")],
)
def test_a_bad_node_spoils_ready_pods_only(reason, glyph, says):
    health = pod_health(pod(), NOW, bad_node=reason)
    assert health.glyph == glyph
    assert says in health.reason
    failed = pod_health(PODS["evicted"][0], NOW, bad_node=reason)
    assert failed.glyph == "X"


def group(*pods, **context):
    healths = [pod_health(p, NOW) for p in pods]
    return group_health(
        pods, healths, GroupContext(**{"size": 2, "desired": "aaa111", **context}), NOW
    )


CRASHING = PODS["crash loop"][0]


@pytest.mark.parametrize(
    ("health", "glyph", "says"),
    [
        pytest.param(group(), "_", "not created yet", id="no-pods"),
        pytest.param(group(pod(0), pod(0, 1)), "·", "", id="ready"),
        pytest.param(group(pod(0), pod(0, 1), desired="bbb"), ":", "old revision", id="old"),
        pytest.param(group(pod(0), pod(0, 1), desired="bbb", held=True), "u", "held", id="held"),
        pytest.param(group(pod(0)), "o", "1 of 2 pods not created yet", id="missing-worker"),
        pytest.param(
            group(starting(0), leader_first=True), "o", "starting 0/2: pulling", id="leader-first"
        ),
        pytest.param(
            group(pod(0), leader_first=True), "o", "wait for the leader", id="leader-first-ready"
        ),
        pytest.param(
            group(pod(0), history=GroupHistory((NOW,), ready_once=True)),
            "!",
            "1 of 2 pods",
            id="lost-worker-after-ready",
        ),
        pytest.param(group(pod(0, 1)), "?", "no leader seen", id="headless"),
        pytest.param(
            group(pod(0, deleted_at=NOW), pod(0, 1)), "-", "terminating", id="leader-leaving"
        ),
        pytest.param(group(CRASHING, pod(0, 1)), "X", "leader OOMKilled", id="worst-pod"),
        pytest.param(
            group(pod(0), pod(0, 1, revision="bbb")), "!", "different revisions", id="mixed"
        ),
        pytest.param(
            group(
                starting(0),
                starting(0, 1),
                history=GroupHistory((NOW - 900, NOW - 300, NOW - 200, NOW - 10)),
            ),
            "X",
            "recreate loop ×3",
            id="recreate-loop",
        ),
        pytest.param(
            group(
                starting(0),
                starting(0, 1),
                history=GroupHistory((NOW - 2000, NOW - 1500, NOW - 1200, NOW - 10)),
            ),
            "o",
            "starting",
            id="recreations-long-ago",
        ),
    ],
)
def test_group(health, glyph, says):
    assert health.glyph == glyph
    assert says in health.reason


def test_set_is_as_bad_as_its_worst_group_and_names_it():
    groups = [(0, judge("·", since=NOW - 5)), (1, judge("o", "pulling")), (2, judge("X", "boom"))]
    health = set_health(groups, 3)
    assert (health.glyph, health.word) == ("X", "failed")
    assert health.reason == "group 2: boom"


def test_set_without_groups():
    assert set_health([], 0).reason == "scaled to 0"
    assert set_health([], 2).glyph == "o"
    assert set_health([(0, judge("_", "not created yet"))], 1).glyph == "o"


def test_trouble_of_the_set_counts_unless_a_group_is_worse():
    nobody = judge("?", "no controller")
    assert set_health([(0, judge("·"))], 1, nobody).reason == "no controller"
    assert set_health([(0, judge("X", "boom"))], 1, nobody).glyph == "X"


def test_severity_follows_the_order_of_the_glyphs():
    assert [judge(g).severity for g in ORDER] == list(range(len(ORDER)))


def test_nodes():
    assert node_health(node("n")).glyph == "·"
    assert node_health(node("n", unschedulable=True)).word == "cordoned"
    assert node_health(node("n", ready=False, ready_reason="KubeletNotReady")).glyph == "!"
    assert node_health(node("n", ready=False, ready_reason="NodeStatusUnknown")).glyph == "?"


def test_a_start_is_slow_by_what_is_usual_for_the_set():
    subject = starting(created_at=NOW - 460)
    assert pod_health(subject, NOW).glyph == "o"
    late = pod_health(subject, NOW, slow_s=450.0)
    assert (late.glyph, late.reason) == ("!", "still starting after 7m30s: pulling repo/vllm:1")
    patient = pod_health(starting(created_at=NOW - 901), NOW, slow_s=3600.0)
    assert (patient.glyph, patient.until) == ("o", NOW - 901 + 3600)


def test_a_group_that_is_made_anew_often_enough_is_in_a_loop():
    history = GroupHistory(incarnations=(NOW - 800, NOW - 600, NOW - 400))
    pods = [starting()]
    healths = [pod_health(pods[0], NOW)]
    for loop, glyph in ((2, "X"), (3, "o")):
        context = GroupContext(size=1, history=history, loop=loop)
        assert group_health(pods, healths, context, NOW).glyph == glyph
