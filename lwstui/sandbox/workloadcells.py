"""The cells of kinds that make pods, and of what bounds and allows them, as kubectl prints them."""

from typing import Any

from lwstui.sandbox.cellparts import NONE, age_of, name_of, pairs, template_cells
from lwstui.sandbox.clock import parse_time
from lwstui.sandbox.durations import age, human_duration
from lwstui.sandbox.objects import Json


def _selector(obj: Json) -> str:
    selector = obj["spec"].get("selector") or {}
    return pairs(selector.get("matchLabels", selector))


def replicas(obj: Json, now: float) -> list[Any]:
    """Return the cells of a replica set or replication controller."""
    spec, status = obj["spec"], obj.get("status", {})
    return [
        name_of(obj),
        spec.get("replicas", 1),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age_of(obj, now),
        *template_cells(spec.get("template")),
        _selector(obj),
    ]


def daemon_set(obj: Json, now: float) -> list[Any]:
    """Return the cells of a daemon set."""
    spec, status = obj["spec"], obj.get("status", {})
    numbers = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    pod = (spec.get("template") or {}).get("spec") or {}
    return [
        name_of(obj),
        *(status.get(number, 0) for number in numbers),
        pairs(pod.get("nodeSelector")),
        age_of(obj, now),
        *template_cells(spec.get("template")),
        _selector(obj),
    ]


def job(obj: Json, now: float) -> list[Any]:
    """Return the cells of a job."""
    spec, status = obj["spec"], obj.get("status", {})
    return [
        name_of(obj),
        _job_state(obj),
        _completions(spec, status.get("succeeded", 0)),
        _job_duration(status, now),
        age_of(obj, now),
        *template_cells(spec.get("template")),
        _selector(obj),
    ]


def _job_state(obj: Json) -> str:
    conditions = obj.get("status", {}).get("conditions") or ()
    true = {each["type"] for each in conditions if each["status"] == "True"}
    for condition, state in (
        ("Complete", "Complete"),
        ("Failed", "Failed"),
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ):
        if condition in true:
            return state
    return "Terminating" if "deletionTimestamp" in obj["metadata"] else "Running"


def _completions(spec: Json, succeeded: int) -> str:
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _job_duration(status: Json, now: float) -> str:
    if not status.get("startTime"):
        return ""
    end = status.get("completionTime")
    return human_duration((parse_time(end) if end else now) - parse_time(status["startTime"]))


def cron_job(obj: Json, now: float) -> list[Any]:
    """Return the cells of a cron job."""
    spec, status = obj["spec"], obj.get("status", {})
    last = status.get("lastScheduleTime")
    made = (spec.get("jobTemplate") or {}).get("spec") or {}
    return [
        name_of(obj),
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        "True" if spec.get("suspend") else "False",
        len(status.get("active") or ()),
        age(last, now) if last else NONE,
        age_of(obj, now),
        *template_cells(made.get("template")),
        pairs((made.get("selector") or {}).get("matchLabels")),
    ]


def disruption_budget(obj: Json, now: float) -> list[Any]:
    """Return the cells of a pod disruption budget."""
    spec = obj["spec"]
    return [
        name_of(obj),
        str(spec.get("minAvailable", "N/A")),
        str(spec.get("maxUnavailable", "N/A")),
        obj.get("status", {}).get("disruptionsAllowed", 0),
        age_of(obj, now),
    ]


def quota(obj: Json, now: float) -> list[Any]:
    """Return the cells of a resource quota."""
    status = obj.get("status", {})
    hard, used = status.get("hard") or {}, status.get("used") or {}
    told = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    limits = [text for name, text in told.items() if name.startswith("limits")]
    requests = [text for name, text in told.items() if not name.startswith("limits")]
    return [name_of(obj), ", ".join(requests), ", ".join(limits), age_of(obj, now)]


def role_binding(obj: Json, now: float) -> list[Any]:
    """Return the cells of a binding of a role or a cluster role."""
    role, subjects = obj["roleRef"], obj.get("subjects") or ()
    by_kind: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for each in subjects:
        prefix = f"{each.get('namespace', '')}/" if each["kind"] == "ServiceAccount" else ""
        by_kind.setdefault(each["kind"], []).append(prefix + each["name"])
    return [
        name_of(obj),
        f"{role['kind']}/{role['name']}",
        age_of(obj, now),
        *(", ".join(by_kind[kind]) for kind in ("User", "Group", "ServiceAccount")),
    ]


def priority_class(obj: Json, now: float) -> list[Any]:
    """Return the cells of a priority class."""
    return [
        name_of(obj),
        obj.get("value", 0),
        bool(obj.get("globalDefault")),
        age_of(obj, now),
        obj.get("preemptionPolicy") or "PreemptLowerPriority",
    ]


def storage_class(obj: Json, now: float) -> list[Any]:
    """Return the cells of a storage class."""
    annotations = obj["metadata"].get("annotations") or {}
    default = annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
    return [
        name_of(obj) + (" (default)" if default else ""),
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy") or "Delete",
        obj.get("volumeBindingMode") or "Immediate",
        bool(obj.get("allowVolumeExpansion")),
        age_of(obj, now),
    ]


def webhooks(obj: Json, now: float) -> list[Any]:
    """Return the cells of a webhook configuration."""
    return [name_of(obj), len(obj.get("webhooks") or ()), age_of(obj, now)]
