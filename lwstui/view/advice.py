"""What experience says of manifests that the rules accept: ranks, names, probes, placement.

Commands are read as people write them, so what is found in them is advice, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from controller.api import names
from controller.api.lws import LeaderWorkerSet
from lwstui.capacity.requests import group_request
from lwstui.state.model import Snapshot
from lwstui.view.ages import count
from lwstui.view.preflight import Finding, Level, Manifest, as_set, is_set, title
from lwstui.view.spec import partition_of, replicas_of, size_of, spec_text

_TEMPLATE: Final = "spec.leaderWorkerTemplate"
_ROLES: Final = ("leaderTemplate", "workerTemplate")
_DEGREES: Final = {
    "TP": re.compile(r"--?(?:tensor[-_]parallel[-_]size|tp[-_]size|tp)[ =]+(\d+)\b"),
    "PP": re.compile(r"--?(?:pipeline[-_]parallel[-_]size|pp[-_]size|pp)[ =]+(\d+)\b"),
    "DP": re.compile(r"--?(?:data[-_]parallel[-_]size|dp[-_]size|dp)[ =]+(\d+)\b"),
}
_REFERENCE: Final = re.compile(r"\$\(([A-Z][A-Z0-9_]*)\)|\$\{?(LWS_[A-Z0-9_]+)\}?")
_SET_BY_LWS: Final = frozenset(
    {names.LEADER_ADDRESS_ENV, names.GROUP_SIZE_ENV, names.WORKER_INDEX_ENV}
)
_SET_BY_US: Final = frozenset(
    {
        names.KTHENA_ENTRY_ADDRESS_ENV,
        names.KTHENA_GROUP_SIZE_ENV,
        names.KTHENA_WORKER_INDEX_ENV,
    }
)
_TPU: Final = frozenset(
    {
        "TPU_WORKER_HOSTNAMES",
        "TPU_WORKER_ID",
        "TPU_NAME",
        "TPU_PROCESS_ADDRESSES",
        "TPU_PROCESS_PORT",
    }
)
_FIELD_PATH: Final = re.compile(r"metadata\.(annotations|labels)\['(leaderworkerset[^']*)'\]")
_LABELS: Final = frozenset(
    {
        names.SET_NAME,
        names.GROUP_INDEX,
        names.WORKER_INDEX,
        names.GROUP_KEY,
        names.REVISION,
        names.SUBGROUP_INDEX,
        names.SUBGROUP_KEY,
        names.POD_ROLE,
    }
)
_ANNOTATIONS: Final = frozenset(
    {
        names.SIZE,
        names.LEADER_NAME,
        names.SUBGROUP_SIZE,
        names.SUBGROUP_POLICY_TYPE,
        names.EXCLUSIVE_TOPOLOGY,
        names.SUBGROUP_EXCLUSIVE_TOPOLOGY,
    }
)
_KUEUE: Final = "kueue.x-k8s.io/queue-name"
_SINCE: Final = (
    (f"{_TEMPLATE}.volumeClaimTemplates", "v0.8"),
    (f"{_TEMPLATE}.subGroupPolicy.subGroupPolicyType", "v0.6"),
)


def advise(manifests: Sequence[Manifest], namespace: str) -> tuple[Finding, ...]:
    """Return what to think about again, of sets that can be read.

    Args:
        manifests: Objects with ``apiVersion``, ``kind`` and ``metadata.name``.
        namespace: Of objects that name none.
    """
    found: list[Finding] = []
    for one in manifests:
        lws = as_set(one) if is_set(one) else ""
        if isinstance(lws, LeaderWorkerSet):
            found += _advise(lws, title(one, namespace))
    return tuple(found)


def _say(level: Level, name: str, message: str, field: str) -> Finding:
    return Finding(level, name, message, field, bare=True)


def _advise(lws: LeaderWorkerSet, name: str) -> Iterator[Finding]:
    yield from ranks(lws, name)
    yield from _names(lws, name)
    yield from _probes(lws, name)
    yield from _rollout(lws, name)
    yield from _support(lws, name)


def _pods(lws: LeaderWorkerSet) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (field, raw pod template) of the roles that are written down."""
    group = lws.spec.get("leaderWorkerTemplate")
    for role in _ROLES:
        template = group.get(role) if isinstance(group, Mapping) else None
        if isinstance(template, Mapping):
            yield f"{_TEMPLATE}.{role}", template


def _containers(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    spec = template.get("spec")
    found = spec.get("containers") if isinstance(spec, Mapping) else None
    yield from (c for c in found or () if isinstance(c, Mapping))


def _words(container: Mapping[str, Any]) -> str:
    """Return command and arguments as one text."""
    parts = [*(container.get("command") or ()), *(container.get("args") or ())]
    return " ".join(str(part) for part in parts)


def ranks(lws: LeaderWorkerSet, name: str) -> Iterator[Finding]:
    """Yield where the ranks that commands ask for are not as many as a group has accelerators."""
    request = group_request(lws.spec)
    group = lws.spec.get("leaderWorkerTemplate") or {}
    if request is None or not request.devices or group.get("subGroupPolicy"):
        return  # with subgroups, each of them may be an engine of its own
    for field, template in _pods(lws):
        for container in _containers(template):
            text = _words(container)
            found = {word: int(m[1]) for word, rule in _DEGREES.items() if (m := rule.search(text))}
            if "TP" not in found and "PP" not in found:
                continue
            made_up = found.get("TP", 1) * found.get("PP", 1)
            if made_up == request.devices or (
                found.get("DP", 1) > 1 and made_up <= request.devices
            ):
                continue
            made = " × ".join(f"{word} {degree}" for word, degree in found.items() if word != "DP")
            yield _say("warning", name, _ranks_text(made, made_up, request.devices), field)


def _ranks_text(made: str, ranks: int, devices: int) -> str:
    whole = f"{made} = {ranks} ranks, but a group has {count(devices, 'accelerator')}"
    if ranks > devices:
        return f"{whole}: {ranks - devices} are missing"
    return f"{whole}: {devices - ranks} stay idle"


def _names(lws: LeaderWorkerSet, name: str) -> Iterator[Finding]:
    for field, template in _pods(lws):
        for container in _containers(template):
            yield from _references(container, field, name)
            yield from _downward(container, field, name)
        labels = (template.get("metadata") or {}).get("labels") or {}
        for label in sorted(_LABELS & set(labels)):
            message = "is set by the controller, which replaces it"
            yield _say("warning", name, message, f"{field}.metadata.labels.{label}")


def _references(container: Mapping[str, Any], field: str, name: str) -> Iterator[Finding]:
    """Yield names in commands and values that nobody defines."""
    env = [one for one in container.get("env") or () if isinstance(one, Mapping)]
    own = {str(one.get("name")) for one in env}
    text = " ".join([_words(container), *(str(one.get("value") or "") for one in env)])
    wanted = dict.fromkeys(a or b for a, b in _REFERENCE.findall(text))
    where = f"{field}.spec.containers[{container.get('name')}]"
    for one in wanted:
        if one in own or one in _SET_BY_LWS or one in _TPU or container.get("envFrom"):
            continue
        if one in _SET_BY_US:
            message = f"refers to {one}, which this controller and Kthena set, but not the native"
            yield _say("note", name, message, where)
        else:
            hint = f"; there are {', '.join(sorted(_SET_BY_LWS))}" if one[:4] == "LWS_" else ""
            yield _say("warning", name, f"refers to {one}, which nobody sets{hint}", where)


def _downward(container: Mapping[str, Any], field: str, name: str) -> Iterator[Finding]:
    """Yield fields of the pod that no controller fills in."""
    for one in container.get("env") or ():
        path = str((((one or {}).get("valueFrom") or {}).get("fieldRef") or {}).get("fieldPath"))
        found = _FIELD_PATH.search(path)
        if found is None:
            continue
        known = _LABELS if found[1] == "labels" else _ANNOTATIONS
        if found[2] not in known:
            kind = found[1].removesuffix("s")
            where = f"{field}.spec.containers[{container.get('name')}].env[{one.get('name')}]"
            message = f"reads the {kind} {found[2]}, which no controller sets"
            yield _say("warning", name, message, where)


def _probes(lws: LeaderWorkerSet, name: str) -> Iterator[Finding]:
    if size_of(lws) == 1:
        return
    templates = dict(_pods(lws))
    for field, template in templates.items():
        if any(container.get("readinessProbe") for container in _containers(template)):
            continue
        both = len(templates) == 1
        who = "pods" if both else "the leader" if field.endswith(_ROLES[0]) else "workers"
        verb = "has" if who == "the leader" else "have"
        counts = "it counts" if who == "the leader" else "they count"
        runs = "it runs" if who == "the leader" else "they run"
        message = f"{who} {verb} no readiness probe, so {counts} as ready as soon as {runs}"
        yield _say("note", name, message, f"{field}.spec.containers")


def _rollout(lws: LeaderWorkerSet, name: str) -> Iterator[Finding]:
    replicas = replicas_of(lws)
    path = ("rolloutStrategy", "rollingUpdateConfiguration", "maxUnavailable")
    value: Any = lws.spec
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    everyone = value == "100%" or (isinstance(value, int) and value >= replicas)
    if everyone and replicas > 1:
        message = f"lets all {replicas} groups be down at once while a rollout runs"
        yield Finding("warning", name, message, f"spec.{'.'.join(path)}", value)
    held = partition_of(lws)
    if held:
        message = f"holds groups below {held} on their revision in every rollout"
        yield Finding(
            "note",
            name,
            message,
            "spec.rolloutStrategy.rollingUpdateConfiguration.partition",
            held,
        )


def _support(lws: LeaderWorkerSet, name: str) -> Iterator[Finding]:
    """Yield what only newer native controllers understand."""
    for field, since in _SINCE:
        value: Any = lws.spec
        for part in field.split(".")[1:]:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value:
            yield _say("note", name, f"needs a native controller of {since} or later", field)
    if partition_of(lws):
        field = "spec.rolloutStrategy.rollingUpdateConfiguration.partition"
        yield _say("note", name, "needs a native controller of v0.7 or later", field)
    if queue := (lws.metadata.labels or {}).get(_KUEUE):
        message = "hands the set to Kueue, which needs the native controller; this one leaves it"
        yield Finding("warning", name, message, f"metadata.labels.{_KUEUE}", queue)
    for field, template in _pods(lws):
        scheduler = (template.get("spec") or {}).get("schedulerName")
        if scheduler not in (None, "", "default-scheduler"):
            message = "must run in the cluster, or nobody places the pods"
            yield Finding("note", name, message, f"{field}.spec.schedulerName", scheduler)
    policy = spec_text(lws.spec, "", "leaderWorkerTemplate", "restartPolicy")
    if policy == "RecreateGroupAfterStart":
        message = "needs a native controller of v0.9 or later"
        yield Finding("note", name, message, f"{_TEMPLATE}.restartPolicy", policy)


def placement(
    manifests: Sequence[Manifest], snapshot: Snapshot, namespace: str
) -> tuple[Finding, ...]:
    """Return where sets ask for nodes or domains that there are not.

    Args:
        manifests: Objects; those that are no sets are passed over.
        snapshot: The nodes.
        namespace: Of objects that name none.
    """
    found: list[Finding] = []
    if not snapshot.nodes:
        return ()
    for one in manifests:
        lws = as_set(one) if is_set(one) else ""
        if isinstance(lws, LeaderWorkerSet):
            found += _placement(lws, title(one, namespace), snapshot)
    return tuple(found)


def _placement(lws: LeaderWorkerSet, name: str, snapshot: Snapshot) -> Iterator[Finding]:
    nodes = [node.labels for node in snapshot.nodes.values()]
    for key in (names.EXCLUSIVE_TOPOLOGY, names.SUBGROUP_EXCLUSIVE_TOPOLOGY):
        label = lws.annotations.get(key, "")
        domains = {labels[label] for labels in nodes if label in labels} if label else set()
        if label and not domains:
            message = f"no node has the label {label}, so no group can be placed"
            yield Finding("error", name, message, f"metadata.annotations.{key}", label)
        elif label and key == names.EXCLUSIVE_TOPOLOGY and len(domains) < replicas_of(lws):
            message = f"{count(replicas_of(lws), 'group')} want a {label} each; there are "
            yield Finding("error", name, message + str(len(domains)), _annotation(key), label)
    for field, template in _pods(lws):
        selector = (template.get("spec") or {}).get("nodeSelector")
        if isinstance(selector, Mapping) and not any(
            all(labels.get(k) == v for k, v in selector.items()) for labels in nodes
        ):
            message = "matches no node"
            yield Finding("error", name, message, f"{field}.spec.nodeSelector", _plain(selector))


def _annotation(key: str) -> str:
    return f"metadata.annotations.{key}"


def _plain(value: Any) -> str:
    return msgspec.json.encode(value).decode()
