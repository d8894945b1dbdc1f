"""The cells of kinds that a serving cluster seldom has, as kubectl prints them."""

from typing import Any

from lwstui.sandbox.cellparts import NONE, age_of, name_of, pairs, template_cells
from lwstui.sandbox.durations import human_duration
from lwstui.sandbox.objects import Json


def _spec(obj: Json) -> Json:
    return obj.get("spec") or {}


def pod_template(obj: Json, now: float) -> list[Any]:
    """Return the cells of a pod template."""
    del now
    template = obj.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    return [name_of(obj), *template_cells(template), pairs(labels)]


def signing_request(obj: Json, now: float) -> list[Any]:
    """Return the cells of a certificate signing request."""
    spec, status = _spec(obj), obj.get("status") or {}
    wanted_s = spec.get("expirationSeconds")
    types = [each["type"] for each in status.get("conditions") or ()]
    issued = ["Issued"] if status.get("certificate") else []
    return [
        name_of(obj),
        age_of(obj, now),
        spec.get("signerName") or NONE,
        spec.get("username", ""),
        human_duration(wanted_s) if wanted_s else NONE,
        ",".join([*(types or ["Pending"]), *issued]),
    ]


def runtime_class(obj: Json, now: float) -> list[Any]:
    """Return the cells of a runtime class."""
    return [name_of(obj), obj.get("handler", ""), age_of(obj, now)]


def api_service(obj: Json, now: float) -> list[Any]:
    """Return the cells of an API service."""
    service = _spec(obj).get("service")
    named = f"{service.get('namespace')}/{service.get('name')}" if service else "Local"
    conditions = (obj.get("status") or {}).get("conditions") or ()
    available = [each for each in conditions if each.get("type") == "Available"]
    told = available[0]["status"] if available else "Unknown"
    return [name_of(obj), named, told, age_of(obj, now)]


def csi_driver(obj: Json, now: float) -> list[Any]:
    """Return the cells of a CSI driver."""
    spec = _spec(obj)
    tokens = ",".join(each.get("audience", "") for each in spec.get("tokenRequests") or ())
    return [
        name_of(obj),
        spec.get("attachRequired", True),
        spec.get("podInfoOnMount", False),
        spec.get("storageCapacity", False),
        tokens or "<unset>",
        spec.get("requiresRepublish", False),
        ",".join(spec.get("volumeLifecycleModes") or ()) or NONE,
        age_of(obj, now),
    ]


def csi_node(obj: Json, now: float) -> list[Any]:
    """Return the cells of a CSI node."""
    return [name_of(obj), len(_spec(obj).get("drivers") or ()), age_of(obj, now)]


def volume_attachment(obj: Json, now: float) -> list[Any]:
    """Return the cells of a volume attachment."""
    spec = _spec(obj)
    return [
        name_of(obj),
        spec.get("attacher", ""),
        (spec.get("source") or {}).get("persistentVolumeName", ""),
        spec.get("nodeName", ""),
        bool((obj.get("status") or {}).get("attached")),
        age_of(obj, now),
    ]


def attributes_class(obj: Json, now: float) -> list[Any]:
    """Return the cells of a volume attributes class."""
    return [name_of(obj), obj.get("driverName", ""), age_of(obj, now)]


def flow_schema(obj: Json, now: float) -> list[Any]:
    """Return the cells of a flow schema."""
    spec = _spec(obj)
    conditions = (obj.get("status") or {}).get("conditions") or ()
    dangling = [each["status"] for each in conditions if each.get("type") == "Dangling"]
    return [
        name_of(obj),
        (spec.get("priorityLevelConfiguration") or {}).get("name", ""),
        spec.get("matchingPrecedence", 0),
        (spec.get("distinguisherMethod") or {}).get("type") or NONE,
        age_of(obj, now),
        dangling[0] if dangling else "?",
    ]


def priority_level(obj: Json, now: float) -> list[Any]:
    """Return the cells of a priority level."""
    spec = _spec(obj)
    limited = spec.get("limited") or {}
    queuing = (limited.get("limitResponse") or {}).get("queuing") or {}
    return [
        name_of(obj),
        spec.get("type", ""),
        limited.get("nominalConcurrencyShares", NONE),
        queuing.get("queues", NONE),
        queuing.get("handSize", NONE),
        queuing.get("queueLengthLimit", NONE),
        age_of(obj, now),
    ]


def validating_policy(obj: Json, now: float) -> list[Any]:
    """Return the cells of a validating admission policy."""
    spec = _spec(obj)
    held = spec.get("paramKind") or {}
    kind = f"{held.get('apiVersion', '')}/{held.get('kind', '')}" if held else "<unset>"
    return [name_of(obj), len(spec.get("validations") or ()), kind, age_of(obj, now)]


def policy_binding(obj: Json, now: float) -> list[Any]:
    """Return the cells of a binding of an admission policy."""
    spec = _spec(obj)
    held = spec.get("paramRef") or {}
    where = f"{held['namespace']}/" if held.get("namespace") else ""
    named = f"{where}{held.get('name', '')}" if held else "<unset>"
    return [name_of(obj), spec.get("policyName", ""), named, age_of(obj, now)]


def resource_claim(obj: Json, now: float) -> list[Any]:
    """Return the cells of a resource claim."""
    status = obj.get("status") or {}
    states = [
        name
        for name, holds in (
            ("deleted", "deletionTimestamp" in obj["metadata"]),
            ("allocated", bool(status.get("allocation"))),
            ("reserved", bool(status.get("reservedFor"))),
        )
        if holds
    ]
    return [name_of(obj), ",".join(states) or "pending", age_of(obj, now)]


def resource_slice(obj: Json, now: float) -> list[Any]:
    """Return the cells of a resource slice."""
    spec = _spec(obj)
    pool = (spec.get("pool") or {}).get("name", "")
    return [name_of(obj), spec.get("nodeName", ""), spec.get("driver", ""), pool, age_of(obj, now)]


def service_range(obj: Json, now: float) -> list[Any]:
    """Return the cells of a range of service addresses."""
    return [name_of(obj), ",".join(_spec(obj).get("cidrs") or ()), age_of(obj, now)]


def address(obj: Json, now: float) -> list[Any]:
    """Return the cells of an address that is taken."""
    held = _spec(obj).get("parentRef") or {}
    parts = [held.get(name) for name in ("group", "resource", "namespace", "name")]
    return [name_of(obj), "/".join(part for part in parts if part), age_of(obj, now)]
