"""The cells of built-in kinds in server-side tables, as ``kubectl get`` prints them."""

from collections.abc import Callable, Sequence
from typing import Any

from lwstui.sandbox.cellparts import NONE, age_of, name_of, pairs, template_cells
from lwstui.sandbox.durations import age
from lwstui.sandbox.networkcells import balanced
from lwstui.sandbox.objects import Json
from lwstui.sandbox.podcells import pod_cells

Cells = Callable[[Json, float], list[Any]]

UNKNOWN = "<unknown>"


def _text(value: Any, default: str = NONE) -> str:
    return str(value) if value else default


def _selector(selector: Json | None) -> str:
    if not selector:
        return NONE
    return pairs(selector.get("matchLabels"))


def name_and_age(obj: Json, now: float) -> list[Any]:
    """Return Name and Age."""
    return [name_of(obj), age_of(obj, now)]


def name_and_created(obj: Json, _now: float) -> list[Any]:
    """Return Name and Created At."""
    return [name_of(obj), obj["metadata"].get("creationTimestamp")]


def pod(obj: Json, now: float) -> list[Any]:
    """Return the cells of a pod."""
    spec, status = obj["spec"], obj.get("status", {})
    gates = spec.get("readinessGates") or []
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or ()}
    passed = sum(conditions.get(gate["conditionType"]) == "True" for gate in gates)
    return [
        name_of(obj),
        *pod_cells(obj, now),
        age_of(obj, now),
        _text(status.get("podIP")),
        _text(spec.get("nodeName")),
        _text(status.get("nominatedNodeName")),
        f"{passed}/{len(gates)}" if gates else NONE,
    ]


def node(obj: Json, now: float) -> list[Any]:
    """Return the cells of a node."""
    status = obj.get("status", {})
    info = status.get("nodeInfo", {})
    addresses = {each["type"]: each["address"] for each in status.get("addresses") or ()}
    return [
        name_of(obj),
        _node_status(obj),
        ",".join(_roles(obj["metadata"].get("labels") or {})) or NONE,
        age_of(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        _text(info.get("osImage"), UNKNOWN),
        _text(info.get("kernelVersion"), UNKNOWN),
        _text(info.get("containerRuntimeVersion"), UNKNOWN),
    ]


def _node_status(obj: Json) -> str:
    ready = [each for each in obj["status"].get("conditions") or () if each["type"] == "Ready"]
    words = ["Ready" if ready[0]["status"] == "True" else "NotReady"] if ready else ["Unknown"]
    if obj.get("spec", {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _roles(labels: dict[str, str]) -> list[str]:
    prefix = "node-role.kubernetes.io/"
    roles = {label.removeprefix(prefix) for label in labels if label.startswith(prefix)}
    if labels.get("kubernetes.io/role"):
        roles.add(labels["kubernetes.io/role"])
    return sorted(role for role in roles if role)


def namespace(obj: Json, now: float) -> list[Any]:
    """Return the cells of a namespace."""
    return [name_of(obj), obj.get("status", {}).get("phase", ""), age_of(obj, now)]


def service(obj: Json, now: float) -> list[Any]:
    """Return the cells of a service."""
    spec = obj["spec"]
    return [
        name_of(obj),
        spec.get("type", "ClusterIP"),
        _text(spec.get("clusterIP")),
        _external(obj),
        ",".join(_port(each) for each in spec.get("ports") or ()) or NONE,
        age_of(obj, now),
        pairs(spec.get("selector")),
    ]


def _external(obj: Json) -> str:
    spec = obj["spec"]
    if spec.get("type") == "ExternalName":
        return _text(spec.get("externalName"))
    own = ",".join(spec.get("externalIPs") or ())
    if spec.get("type") != "LoadBalancer":
        return _text(own)
    given = ",".join(text for text in (balanced(obj.get("status")), own) if text)
    return given or "<pending>"


def _port(port: Json) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}"


def event(obj: Json, now: float) -> list[Any]:
    """Return the cells of an event."""
    involved = obj.get("involvedObject", {})
    series = obj.get("series") or {}
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or first
    return [
        age(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{involved.get('kind', '').lower()}/{involved.get('name', '')}",
        involved.get("fieldPath", ""),
        _source(obj),
        obj.get("message", "").strip(),
        age(first, now),
        series.get("count") or obj.get("count") or 1,
        name_of(obj),
    ]


def _source(obj: Json) -> str:
    source = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent", "")
    host = source.get("host") or obj.get("reportingInstance", "")
    return ", ".join(each for each in (component, host) if each)


def config_map(obj: Json, now: float) -> list[Any]:
    """Return the cells of a config map."""
    entries = len(obj.get("data") or ()) + len(obj.get("binaryData") or ())
    return [name_of(obj), entries, age_of(obj, now)]


def secret(obj: Json, now: float) -> list[Any]:
    """Return the cells of a secret."""
    return [name_of(obj), obj.get("type", "Opaque"), len(obj.get("data") or ()), age_of(obj, now)]


_ACCESS_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def claim(obj: Json, now: float) -> list[Any]:
    """Return the cells of a persistent volume claim."""
    spec, status = obj["spec"], obj.get("status", {})
    phase = "Terminating" if "deletionTimestamp" in obj["metadata"] else status.get("phase", "")
    volume = spec.get("volumeName", "")
    modes = [_ACCESS_MODES.get(mode, mode) for mode in status.get("accessModes") or ()]
    return [
        name_of(obj),
        phase,
        volume,
        (status.get("capacity") or {}).get("storage", "") if volume else "",
        ",".join(modes) if volume else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or "<unset>",
        age_of(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


def volume(obj: Json, now: float) -> list[Any]:
    """Return the cells of a persistent volume."""
    spec, status = obj["spec"], obj.get("status", {})
    phase = "Terminating" if "deletionTimestamp" in obj["metadata"] else status.get("phase", "")
    claimed = spec.get("claimRef") or {}
    modes = [_ACCESS_MODES.get(mode, mode) for mode in spec.get("accessModes") or ()]
    return [
        name_of(obj),
        (spec.get("capacity") or {}).get("storage", ""),
        ",".join(modes),
        spec.get("persistentVolumeReclaimPolicy", ""),
        phase,
        f"{claimed.get('namespace', '')}/{claimed['name']}" if claimed else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or "<unset>",
        status.get("reason", ""),
        age_of(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


def revision(obj: Json, now: float) -> list[Any]:
    """Return the cells of a controller revision."""
    owners = [
        each for each in obj["metadata"].get("ownerReferences") or () if each.get("controller")
    ]
    controller = _owner(owners[0]) if owners else NONE
    return [name_of(obj), controller, obj.get("revision", 0), age_of(obj, now)]


def _owner(reference: Json) -> str:
    group, _, _ = reference["apiVersion"].rpartition("/")
    kind = reference["kind"].lower()
    return f"{kind}.{group}/{reference['name']}" if group else f"{kind}/{reference['name']}"


def lease(obj: Json, now: float) -> list[Any]:
    """Return the cells of a lease."""
    return [name_of(obj), obj.get("spec", {}).get("holderIdentity") or "", age_of(obj, now)]


def deployment(obj: Json, now: float) -> list[Any]:
    """Return the cells of a deployment."""
    spec, status = obj["spec"], obj.get("status", {})
    names, images = template_cells(obj["spec"].get("template"))
    return [
        name_of(obj),
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age_of(obj, now),
        names,
        images,
        _selector(spec.get("selector")),
    ]


def stateful_set(obj: Json, now: float) -> list[Any]:
    """Return the cells of a stateful set."""
    ready = obj.get("status", {}).get("readyReplicas", 0)
    names, images = template_cells(obj["spec"].get("template"))
    return [
        name_of(obj),
        f"{ready}/{obj['spec'].get('replicas', 1)}",
        age_of(obj, now),
        names,
        images,
    ]


_SHOWN_METRICS = 2


def _targets(metrics: Sequence[Json], measured: Sequence[Json]) -> str:
    """Return what each metric is and should be, as far as there is room."""
    if not metrics:
        return NONE
    known = {_metric_name(each): each for each in measured}
    told = [_target(each, known.get(_metric_name(each)) or {}) for each in metrics]
    more = f" + {len(told) - _SHOWN_METRICS} more..." if len(told) > _SHOWN_METRICS else ""
    return ", ".join(told[:_SHOWN_METRICS]) + more


def _metric_body(metric: Json) -> Json:
    kind = metric.get("type", "")
    body: Json = metric.get(kind[:1].lower() + kind[1:]) or {}
    return body


def _metric_name(metric: Json) -> tuple[str, str, str]:
    body = _metric_body(metric)
    name = body.get("name") or (body.get("metric") or {}).get("name") or ""
    return metric.get("type", ""), name, body.get("container", "")


def _target(metric: Json, measured: Json) -> str:
    target = _metric_body(metric).get("target") or {}
    current = _metric_body(measured).get("current") or {}
    if "averageUtilization" in target:
        percent = current.get("averageUtilization")
        now = UNKNOWN if percent is None else f"{percent}%"
        text = f"{now}/{target['averageUtilization']}%"
    else:
        wanted = target.get("averageValue") or target.get("value") or "<auto>"
        text = f"{current.get('averageValue') or current.get('value') or UNKNOWN}/{wanted}"
    is_resource = metric.get("type") in ("Resource", "ContainerResource")
    return f"{_metric_body(metric).get('name', '')}: {text}" if is_resource else text


def autoscaler(obj: Json, now: float) -> list[Any]:
    """Return the cells of a horizontal pod autoscaler."""
    spec = obj["spec"]
    target = spec.get("scaleTargetRef", {})
    return [
        name_of(obj),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        _targets(spec.get("metrics") or (), (obj.get("status") or {}).get("currentMetrics") or ()),
        str(spec.get("minReplicas", "<unset>")),
        spec.get("maxReplicas", 0),
        obj.get("status", {}).get("currentReplicas", 0),
        age_of(obj, now),
    ]
