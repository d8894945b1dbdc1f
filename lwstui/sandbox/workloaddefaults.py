"""What the API server fills into workloads, whether or not a controller makes pods of them."""

from collections.abc import Callable, Mapping

from lwstui.sandbox.objects import Json
from lwstui.sandbox.poddefaults import default_pod_spec

_HISTORY = 10


def default_workload(key: str, obj: Json) -> None:
    """Fill in the defaults of a workload in place; nothing for other kinds.

    Args:
        key: Resource key.
        obj: The object.
    """
    if key not in _DEFAULTS:
        return
    spec = obj.setdefault("spec", {})
    _DEFAULTS[key](spec)
    template = spec.get("template") or {}
    if template.get("spec"):
        default_pod_spec(template["spec"])


def _deployment(spec: Json) -> None:
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", _HISTORY)
    spec.setdefault("progressDeadlineSeconds", 600)


def _replica_set(spec: Json) -> None:
    spec.setdefault("replicas", 1)


def _stateful_set(spec: Json) -> None:
    spec.setdefault("replicas", 1)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    kept = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    kept.setdefault("whenDeleted", "Retain")
    kept.setdefault("whenScaled", "Retain")
    spec.setdefault("revisionHistoryLimit", _HISTORY)


def _daemon_set(spec: Json) -> None:
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", _HISTORY)


def _job(spec: Json) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("completionMode", "NonIndexed")
    if "backoffLimitPerIndex" not in spec:
        spec.setdefault("backoffLimit", 6)
    failing = spec.get("podFailurePolicy")
    spec.setdefault("podReplacementPolicy", "Failed" if failing else "TerminatingOrFailed")
    spec.setdefault("suspend", False)


def _cron_job(spec: Json) -> None:
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    made = (spec.get("jobTemplate") or {}).get("spec") or {}
    pod = (made.get("template") or {}).get("spec")
    if pod:
        default_pod_spec(pod)


_DEFAULTS: Mapping[str, Callable[[Json], None]] = {
    "deployments.apps": _deployment,
    "replicasets.apps": _replica_set,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _daemon_set,
    "jobs.batch": _job,
    "cronjobs.batch": _cron_job,
}
