"""Descriptions are word for word those of a real kubectl, where the same is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.api.core import Event
from lwstui.view.kubectl.containers import container, probe_text
from lwstui.view.kubectl.custom import describe_object, label
from lwstui.view.kubectl.node import describe_node
from lwstui.view.kubectl.pod import describe_pod, toleration_text, volumes
from lwstui.view.kubectl.text import aligned, events
from tests.view.build import NOW, pod

RECORDED = Path(__file__).parent / "kubectl"


def _body(kind):
    return json.loads((RECORDED / f"{kind}.json").read_text())


def _recorded(kind):
    return (RECORDED / f"{kind}.txt").read_text().splitlines()


def _event(reason, note, *, by="kubelet", ago=4, count=1):
    about = ("Pod", "demo-0-1")
    first, last = NOW - ago * count, NOW - ago
    return Event(
        "default", reason + note, "", "Normal", reason, note, *about, "", count, first, last, by
    )


def test_a_pod_reads_as_kubectl_describes_it():
    note = "Successfully assigned default/demo-0-1 to gpu-002"
    found = describe_pod(_body("pod"), [_event("Scheduled", note, by="default-scheduler")], NOW)
    assert found == _recorded("pod")


def test_a_set_reads_as_kubectl_describes_it():
    recorded = _recorded("lws")
    rows = recorded[recorded.index("Events:") + 3 :]
    said = [row.split(maxsplit=4) for row in rows if row]
    told = [_event(s[1], s[4], by=s[3], ago=int(s[2][:-1])) for s in said]
    assert describe_object(_body("lws"), told, NOW) == [line for line in recorded if line]


def test_a_node_reads_as_kubectl_describes_it_up_to_its_pods():
    found = describe_node(_body("node"), (), (), NOW)
    recorded = [line for line in _recorded("node") if not line.startswith("Lease:")]
    until = next(i for i, line in enumerate(recorded) if line.startswith("Non-terminated"))
    assert found[:until] == recorded[:until]


def test_only_pods_that_are_known_are_counted_on_a_node():
    text = "\n".join(describe_node(_body("node"), (pod(), pod(0, 1, phase="Failed")), (), NOW))
    assert "(1: of sets, or with accelerators)" in text
    assert "nvidia.com/gpu 4" in text


def test_secrets_are_named_and_never_shown():
    spec = {
        "name": "main",
        "env": [
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}},
            {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "l"}}},
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            {"name": "PLAIN", "value": "a\nb"},
        ],
        "envFrom": [{"secretRef": {"name": "all", "optional": True}}],
    }
    text = [line.split() for line in aligned(container(spec, None))]
    joined = "\n".join(" ".join(line) for line in text)
    assert "<set to the key 'token' in secret 'hf'> Optional: false" in joined
    assert "<set to the key 'l' of config map 'c'> Optional: false" in joined
    assert "(v1:spec.nodeName)" in joined
    assert "(limits.cpu)" in joined
    assert "all Secret Optional: true" in joined
    assert ["PLAIN:", "a"] in text
    assert ["b"] in text


def test_a_container_that_died_tells_how():
    status = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {
            "terminated": {
                "reason": "OOMKilled",
                "exitCode": 137,
                "signal": 9,
                "startedAt": "2026-11-20T23:23:40Z",
                "finishedAt": "2026-11-20T23:24:40Z",
            }
        },
        "restartCount": 6,
    }
    text = aligned(container({"name": "main"}, status))
    assert [" ".join(line.split()) for line in text][4:13] == [
        "Host Port: <none>",
        "State: Waiting",
        "Reason: CrashLoopBackOff",
        "Last State: Terminated",
        "Reason: OOMKilled",
        "Exit Code: 137",
        "Signal: 9",
        "Started: Fri, 20 Nov 2026 23:23:40 +0000",
        "Finished: Fri, 20 Nov 2026 23:24:40 +0000",
    ]


@pytest.mark.parametrize(
    ("probe", "text"),
    [
        (
            {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 5},
            "http-get http://:8080/health delay=0s timeout=1s period=5s #success=1 #failure=3",
        ),
        (
            {"exec": {"command": ["cat", "/ok"]}, "initialDelaySeconds": 9},
            "exec [cat /ok] delay=9s timeout=1s period=10s #success=1 #failure=3",
        ),
        (
            {"tcpSocket": {"port": "http"}},
            "tcp-socket :http delay=0s timeout=1s period=10s #success=1 #failure=3",
        ),
    ],
)
def test_probes(probe, text):
    assert probe_text(probe) == text


def test_volumes_name_where_they_come_from():
    spec = {
        "volumes": [
            {"name": "shm", "emptyDir": {"medium": "Memory"}},
            {"name": "model", "persistentVolumeClaim": {"claimName": "cache"}},
            {"name": "hf", "secret": {"secretName": "hf-token"}},
            {"name": "odd", "csi": {}},
        ]
    }
    text = " ".join(" ".join(aligned(volumes(spec))).split())
    assert "Medium: Memory SizeLimit: <unset>" in text
    assert "ClaimName: cache ReadOnly: false" in text
    assert "SecretName: hf-token Optional: false" in text
    assert "odd: Type: csi" in text


@pytest.mark.parametrize(
    ("toleration", "text"),
    [
        ({"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, "gpu:NoSchedule op=Exists"),
        ({"key": "gpu", "value": "yes"}, "gpu=yes"),
        ({"operator": "Exists"}, "op=Exists"),
    ],
)
def test_tolerations(toleration, text):
    assert toleration_text(toleration) == text


def test_repeated_events_say_how_often_since_when():
    lines = events(
        [_event("BackOff", "again", ago=10, count=3), _event("Pulled", "x", ago=30)], NOW
    )
    assert [line.split("\t")[1:3] for line in lines[3:]] == [
        ["Pulled", "30s"],
        ["BackOff", "10s (x3 over 30s)"],
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("leaderWorkerTemplate", "Leader Worker Template"),
        ("apiVersion", "API Version"),
        ("uid", "UID"),
        ("nvidia.com/gpu", "nvidia.com/gpu"),
        ("hpaPodSelector", "Hpa Pod Selector"),
    ],
)
def test_names_are_spelled_out(name, text):
    assert label(name) == text
