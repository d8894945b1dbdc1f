"""Whole objects as an API server would answer, for screens that read them."""

from __future__ import annotations

from typing import Any

from controller.api.meta import format_time
from tests.tui.building import GPU, NOW


def pod_body(name: str, namespace: str = "llm-prod", node: str = "gpu-014") -> dict[str, Any]:
    """Return a pod that was killed for its memory, with a bit of everything."""
    at = format_time
    main = {
        "name": "vllm-leader",
        "image": "vllm/vllm-openai:v0.8.5",
        "command": ["vllm", "serve"],
        "ports": [{"containerPort": 8080}],
        "resources": {"limits": {GPU: "8", "memory": "1Ti"}},
        "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}},
        "env": [
            {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}},
            {"name": "TP", "value": "8"},
        ],
        "volumeMounts": [{"name": "model", "mountPath": "/models", "readOnly": True}],
    }
    died = {
        "reason": "OOMKilled",
        "exitCode": 137,
        "signal": 9,
        "startedAt": at(NOW - 600),
        "finishedAt": at(NOW - 252),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"team": "search"},
            "ownerReferences": [
                {"kind": "LeaderWorkerSet", "name": "llama405b", "controller": True}
            ],
        },
        "spec": {
            "nodeName": node,
            "serviceAccountName": "serving",
            "initContainers": [
                {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"},
            ],
            "containers": [main],
            "volumes": [{"name": "model", "persistentVolumeClaim": {"claimName": "model-cache"}}],
            "tolerations": [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}],
        },
        "status": {
            "phase": "Running",
            "hostIP": "10.0.0.7",
            "podIP": "10.4.7.2",
            "qosClass": "Burstable",
            "startTime": at(NOW - 3600),
            "conditions": [
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": at(NOW - 3600)},
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "ContainersNotReady",
                    "message": "containers with unready status: [vllm-leader]",
                    "lastTransitionTime": at(NOW - 252),
                },
            ],
            "containerStatuses": [
                {
                    "name": "vllm-leader",
                    "restartCount": 6,
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": died},
                }
            ],
        },
    }
