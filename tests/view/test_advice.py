"""Advice about manifests that the rules accept: ranks, names, probes, placement, support."""

import copy

import pytest

from controller.api.meta import Key
from lwstui.state.manifests import FieldConflict, Manifest, Trial
from lwstui.view.advice import advise, placement
from lwstui.view.findings import examine, summary, table
from lwstui.view.types import Query
from tests.view.build import NOW, node, snapshot

PROBE = {"tcpSocket": {"port": 8080}}


def pod(*words, gpus=8, env=(), probe=PROBE, **spec):
    container = {"name": "c", "image": "x", "command": list(words), "env": list(env)}
    if gpus:
        container["resources"] = {"limits": {"nvidia.com/gpu": str(gpus)}}
    if probe:
        container["readinessProbe"] = probe
    return {"spec": {"containers": [container], **spec}}


def manifest(worker, *, leader=None, size=2, replicas=2, annotations=None, **more):
    template = {"size": size, "workerTemplate": worker}
    if leader is not None:
        template["leaderTemplate"] = leader
    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "demo", "annotations": annotations or {}},
        "spec": {"replicas": replicas, "leaderWorkerTemplate": {**template, **more}},
    }


def said(body):
    return [f"{found.level}: {found.message}" for found in advise([body], "default")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(
            "vllm serve m --tensor-parallel-size 8 --pipeline-parallel-size 2", [], id="fits"
        ),
        pytest.param("vllm serve m --tensor-parallel-size=16", [], id="equals sign"),
        pytest.param("python -m sglang.launch_server --tp 16 --nnodes 2", [], id="sglang"),
        pytest.param("vllm serve m -tp 4 -pp 2 --data-parallel-size 2", [], id="data parallel"),
        pytest.param(
            "vllm serve m --tensor-parallel-size 8",
            ["warning: TP 8 = 8 ranks, but a group has 16 accelerators: 8 stay idle"],
            id="idle",
        ),
        pytest.param(
            "vllm serve m --tensor-parallel-size 16 --pipeline-parallel-size 2",
            ["warning: TP 16 × PP 2 = 32 ranks, but a group has 16 accelerators: 16 are missing"],
            id="missing",
        ),
        pytest.param("vllm serve m --tensor-parallel-size $TP", [], id="a variable"),
        pytest.param("echo --http 8", [], id="another word"),
    ],
)
def test_ranks_and_accelerators(words, expected):
    assert said(manifest(pod("sh", "-c", words))) == expected


def test_ranks_of_subgroups_are_not_those_of_the_group():
    body = manifest(pod("vllm --tp 2"), size=4, subGroupPolicy={"subGroupSize": 2})
    assert said(body) == []


@pytest.mark.parametrize(
    ("worker", "expected"),
    [
        pytest.param(pod("run $(LWS_LEADER_ADDRESS) $(LWS_GROUP_SIZE)"), [], id="known"),
        pytest.param(pod("run ${LWS_WORKER_INDEX}"), [], id="in a shell"),
        pytest.param(pod("run $(hostname) $HOME"), [], id="not ours to judge"),
        pytest.param(
            pod("run $(LWS_LEADER_HOST)"),
            [
                "warning: refers to LWS_LEADER_HOST, which nobody sets; there are "
                "LWS_GROUP_SIZE, LWS_LEADER_ADDRESS, LWS_WORKER_INDEX"
            ],
            id="a name that is not there",
        ),
        pytest.param(
            pod("run $(MODEL)"), ["warning: refers to MODEL, which nobody sets"], id="undefined"
        ),
        pytest.param(pod("run $(MODEL)", env=[{"name": "MODEL", "value": "m"}]), [], id="defined"),
        pytest.param(
            pod("run $(ENTRY_ADDRESS)"),
            [
                "note: refers to ENTRY_ADDRESS, which this controller and Kthena set, "
                "but not the native"
            ],
            id="Kthena's",
        ),
        pytest.param(
            pod(
                env=[
                    {
                        "name": "N",
                        "valueFrom": {
                            "fieldRef": {
                                "fieldPath": "metadata.annotations"
                                "['leaderworkerset.sigs.k8s.io/group-size']"
                            }
                        },
                    }
                ]
            ),
            [
                "warning: reads the annotation leaderworkerset.sigs.k8s.io/group-size, "
                "which no controller sets"
            ],
            id="an annotation that does not exist",
        ),
        pytest.param(
            pod(
                env=[
                    {
                        "name": "N",
                        "valueFrom": {
                            "fieldRef": {
                                "fieldPath": "metadata.labels"
                                "['leaderworkerset.sigs.k8s.io/group-key']"
                            }
                        },
                    }
                ]
            ),
            [],
            id="a label that does",
        ),
    ],
)
def test_names(worker, expected):
    assert said(manifest(worker)) == expected


def test_labels_that_the_controller_replaces():
    worker = {**pod(), "metadata": {"labels": {"leaderworkerset.sigs.k8s.io/name": "x"}}}
    assert said(manifest(worker)) == ["warning: is set by the controller, which replaces it"]


def test_who_has_no_probe():
    bare = pod(probe=None)
    assert said(manifest(bare)) == [
        "note: pods have no readiness probe, so they count as ready as soon as they run"
    ]
    assert said(manifest(bare, leader=pod())) == [
        "note: workers have no readiness probe, so they count as ready as soon as they run"
    ]
    assert said(manifest(pod(), leader=bare)) == [
        "note: the leader has no readiness probe, so it counts as ready as soon as it runs"
    ]
    assert said(manifest(bare, size=1)) == []


def test_a_rollout_that_takes_all_down_and_one_that_is_held():
    body = manifest(pod())
    body["spec"]["rolloutStrategy"] = {
        "rollingUpdateConfiguration": {"maxUnavailable": "100%", "partition": 1}
    }
    assert [text.partition(" ")[2] for text in said(body)] == [
        "lets all 2 groups be down at once while a rollout runs",
        "holds groups below 1 on their revision in every rollout",
        "needs a native controller of v0.7 or later",
    ]


def test_what_only_newer_controllers_understand():
    body = manifest(pod(), volumeClaimTemplates=[{"metadata": {"name": "cache"}}])
    body["spec"]["leaderWorkerTemplate"]["restartPolicy"] = "RecreateGroupAfterStart"
    assert said(body) == [
        "note: needs a native controller of v0.8 or later",
        "note: needs a native controller of v0.9 or later",
    ]


def test_what_others_must_do_for_a_set():
    body = manifest(pod(schedulerName="volcano"))
    body["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "llm"}
    assert [text.partition(":")[0] for text in said(body)] == ["warning", "note"]
    assert "hands the set to Kueue" in said(body)[0]
    assert "must run in the cluster" in said(body)[1]


TOPOLOGY = "leaderworkerset.sigs.k8s.io/exclusive-topology"


def placed(body, *nodes):
    return [f.message for f in placement([body], snapshot(nodes=nodes), "default")]


def test_topology_and_selectors_are_held_against_the_nodes():
    racks = [node(f"n{i}", labels={"rack": f"r{i}"}) for i in range(2)]
    body = manifest(pod(), annotations={TOPOLOGY: "rack"})
    assert placed(body, *racks) == []
    assert placed(manifest(pod(), replicas=3, annotations={TOPOLOGY: "rack"}), *racks) == [
        "3 groups want a rack each; there are 2"
    ]
    assert placed(manifest(pod(), annotations={TOPOLOGY: "rck"}), *racks) == [
        "no node has the label rck, so no group can be placed"
    ]
    assert placed(manifest(pod(nodeSelector={"rack": "r9"})), *racks) == ["matches no node"]
    assert placed(manifest(pod(nodeSelector={"rack": "r1"})), *racks) == []
    assert placed(body) == []


def test_templates_that_are_no_templates_are_left_to_the_rules():
    body = manifest({"spec": {"containers": None}})
    assert all("probe" in text for text in said(body))
    body["spec"]["leaderWorkerTemplate"] = None
    assert said(body) == []


def test_findings_come_worst_first_with_what_the_server_said():
    body = manifest(pod("run $(MODEL)", probe=None))
    bad = copy.deepcopy(body)
    bad["metadata"]["name"], bad["spec"]["replicas"] = "bad", -1
    trials = [
        Trial(
            Manifest("a.yaml", body),
            Key("default", "demo"),
            conflicts=(FieldConflict("hpa", ".spec.replicas"),),
        ),
        Trial(Manifest("b.yaml", bad), Key("default", "bad"), refusal="denied"),
    ]
    found = examine(trials, snapshot(nodes=[node("n0")]), "default")
    levels = [one.level for one in found]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    text = "\n".join(map(str, found))
    assert "leaderworkerset default/bad: the server refuses it: denied" in text
    assert "spec.replicas: belongs to hpa, who holds another value" in text
    view = table(found, Query(), NOW, "")
    assert view.rows[0].cells[0].text == "X"
    said_of_all = "".join(span.text for span in summary(found, 2))
    assert said_of_all.startswith("2 objects checked:  3 errors  3 warnings")
    assert "nothing is wrong" in summary((), 1)[0].text
