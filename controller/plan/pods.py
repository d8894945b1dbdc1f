"""Building one pod: a group's template plus everything that tells the pod who it is.

Bodies share the template's untouched parts; nothing here changes a template in place.

Source: pkg/webhooks/pod_webhook.go, pkg/utils/pod/pod_utils.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from controller.api import names
from controller.api.lws import GroupTemplate, SubGroupPolicy
from controller.api.meta import owner_reference
from controller.plan import claims
from controller.plan.accelerators import Env, Place, tpu_env
from controller.plan.topology import exclusive

_MAX_LABEL: Final = 63
_UNIQUE: Final = "UniquePerReplica"
_KTHENA: Final = (
    names.KTHENA_ENTRY_ADDRESS_ENV,
    names.KTHENA_GROUP_SIZE_ENV,
    names.KTHENA_WORKER_INDEX_ENV,
)
_KTHENA_WORD: Final = re.compile(rf"(?<![A-Za-z0-9_])({'|'.join(_KTHENA)})(?![A-Za-z0-9_])")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a pod is.

    Attributes:
        set_name: Name of the set.
        namespace: Its namespace.
        set_uid: Its UID.
        group: Group index.
        worker: Worker index, 0 for the leader.
        revision: Key of the group's revision.
        topology: Exclusive-topology node label, empty if none.
        subgroup_topology: The same for subgroups.
        leader_uid: UID of the live leader; empty for the leader itself.
        leader_tpu: Whether the leader requests TPUs; for workers.
        domain: Value of the topology label the worker must run in, empty if any will do.
    """

    set_name: str
    namespace: str
    set_uid: str
    group: int
    worker: int
    revision: str
    topology: str = ""
    subgroup_topology: str = ""
    leader_uid: str = ""
    leader_tpu: bool = False
    domain: str = ""

    @property
    def leader_name(self) -> str:
        """Name of the group's leader."""
        return names.leader_name(self.set_name, self.group)

    @property
    def name(self) -> str:
        """Name of the pod."""
        if self.worker == 0:
            return self.leader_name
        return names.worker_name(self.set_name, self.group, self.worker)

    @property
    def parent(self) -> str:
        """Name of what the pod is an ordinal of: the set for leaders, the leader for workers."""
        return self.leader_name if self.worker else self.set_name


def build(template: GroupTemplate, who: Identity) -> dict[str, Any]:
    """Return the complete body of a pod.

    Args:
        template: What the group's revision records.
        who: Which pod of which group.
    """
    raw = template.worker if who.worker else template.leader
    subgroup = subgroup_index(template, who.worker)
    metadata = raw.get("metadata") or {}
    subdomain = who.leader_name if template.subdomain_policy == _UNIQUE else who.set_name
    labels = {**(metadata.get("labels") or {}), **_labels(who, subgroup)}
    built = {
        "name": who.name,
        "generateName": f"{who.parent}-",
        "namespace": who.namespace,
        "labels": labels,
        "annotations": _all_annotations(metadata.get("annotations") or {}, template, who),
        "ownerReferences": [_owner(who)],
    }
    if metadata.get("finalizers"):
        built["finalizers"] = list(metadata["finalizers"])
    spec = {**(raw.get("spec") or {}), "hostname": who.name, "subdomain": subdomain}
    if template.claims:
        spec["volumes"] = claims.volumes(template.claims, who.name, spec.get("volumes"))
    _place(spec, who, labels)
    _set_env(spec, _place_of(template, who, subdomain, subgroup), who)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": built, "spec": spec}


def subgroup_index(template: GroupTemplate, worker: int) -> int:
    """Return the subgroup of a pod, -1 if it is in none.

    When the size is one more than a multiple of the subgroup size, the leader is the extra pod
    of subgroup 0.
    """
    policy = template.sub_group_policy
    if policy is None:
        return -1
    if worker == 0:
        return -1 if policy.type == "LeaderExcluded" else 0
    extra = (template.size - 1) % policy.size == 0 and template.size % policy.size != 0
    return (worker - 1 if extra else worker) // policy.size


def revision_hash(parent: str, key: str) -> str:
    """Return a ``controller-revision-hash`` of native's shape, short enough for a label."""
    return f"{parent[: _MAX_LABEL - 1 - len(key)]}-{key}"


def _labels(who: Identity, subgroup: int) -> dict[str, str]:
    ordinal = who.worker or who.group
    labels = {
        names.SET_NAME: who.set_name,
        names.SET_NAME_X: who.set_name,
        names.GROUP_INDEX: str(who.group),
        names.WORKER_INDEX: str(who.worker),
        names.POD_ROLE: "worker" if who.worker else "leader",
        names.GROUP_KEY: names.group_key(who.namespace, who.leader_name),
        names.REVISION: who.revision,
        names.STS_POD_NAME: who.name,
        names.POD_INDEX: str(ordinal),
        names.CONTROLLER_REVISION_HASH: revision_hash(who.parent, who.revision),
    }
    if subgroup >= 0:
        labels[names.SUBGROUP_INDEX] = str(subgroup)
        labels[names.SUBGROUP_KEY] = names.subgroup_key(who.leader_name, subgroup)
    return labels


def _all_annotations(
    user: Mapping[str, str], template: GroupTemplate, who: Identity
) -> dict[str, str]:
    annotations = {key: value for key, value in user.items() if key != names.LEADER_NAME}
    annotations[names.SIZE] = str(template.size)
    if who.topology:
        annotations[names.EXCLUSIVE_TOPOLOGY] = who.topology
    if template.sub_group_policy is not None:
        annotations.update(_subgroup_annotations(template.sub_group_policy, who))
    if who.worker:
        annotations[names.LEADER_NAME] = who.leader_name
        if who.leader_tpu:
            annotations[names.LEADER_REQUESTS_TPUS] = "true"
    elif template.subdomain_policy == _UNIQUE:
        annotations[names.SUBDOMAIN_POLICY] = _UNIQUE
    return annotations


def _subgroup_annotations(policy: SubGroupPolicy, who: Identity) -> Iterator[tuple[str, str]]:
    yield names.SUBGROUP_POLICY_TYPE, policy.type
    yield names.SUBGROUP_SIZE, str(policy.size)
    if who.subgroup_topology:
        yield names.SUBGROUP_EXCLUSIVE_TOPOLOGY, who.subgroup_topology


def _owner(who: Identity) -> dict[str, Any]:
    if who.worker:
        return owner_reference("v1", names.PODS.kind, who.leader_name, who.leader_uid)
    kind = names.LEADERWORKERSETS
    return owner_reference(kind.api_version, kind.kind, who.set_name, who.set_uid)


def _place(spec: dict[str, Any], who: Identity, labels: Mapping[str, str]) -> None:
    """Add affinity terms and the node selector; the group's terms come before the subgroup's."""
    affinity = spec.get("affinity")
    if who.topology and not who.worker:
        affinity = exclusive(affinity, who.topology, names.GROUP_KEY, labels[names.GROUP_KEY])
    if who.subgroup_topology and names.SUBGROUP_KEY in labels:
        key = names.SUBGROUP_KEY
        affinity = exclusive(affinity, who.subgroup_topology, key, labels[key])
    if affinity is not None:
        spec["affinity"] = affinity
    if who.domain:
        spec["nodeSelector"] = {**(spec.get("nodeSelector") or {}), who.topology: who.domain}


def _place_of(template: GroupTemplate, who: Identity, subdomain: str, subgroup: int) -> Place:
    policy = template.sub_group_policy
    return Place(
        who.leader_name,
        subdomain,
        who.worker,
        template.size,
        who.leader_tpu,
        policy.size if policy is not None else 0,
        subgroup,
    )


def _set_env(spec: dict[str, Any], place: Place, who: Identity) -> None:
    """Give every container and init container its environment."""
    address = f"{who.leader_name}.{place.subdomain}.{who.namespace}"
    values = (address, str(place.size), str(who.worker))
    first = _variables(
        zip(
            (names.LEADER_ADDRESS_ENV, names.GROUP_SIZE_ENV, names.WORKER_INDEX_ENV),
            values,
            strict=True,
        )
    )
    kthena = dict(zip(_KTHENA, values, strict=True))
    containers = list(spec.get("containers") or ())
    everyone = [*containers, *(spec.get("initContainers") or ())]
    tpu = tpu_env(everyone, place)
    built = [_with_env(c, first, tpu.get(i, ()), kthena) for i, c in enumerate(everyone)]
    spec["containers"] = built[: len(containers)]
    if len(built) > len(containers):
        spec["initContainers"] = built[len(containers) :]


def _with_env(
    container: Mapping[str, Any], first: Env, tpu: Env, kthena: Mapping[str, str]
) -> dict[str, Any]:
    reserved = {variable["name"] for variable in first}
    user = [v for v in container.get("env") or () if v.get("name") not in reserved]
    defined = {variable.get("name") for variable in user}
    wanted = _mentioned(container)
    on_demand = _variables(
        (name, value) for name, value in kthena.items() if name in wanted and name not in defined
    )
    return {**container, "env": [*first, *user, *tpu, *on_demand]}


def _variables(pairs: Iterable[tuple[str, str]]) -> Env:
    return tuple({"name": name, "value": value} for name, value in pairs)


def _mentioned(container: Mapping[str, Any]) -> set[str]:
    """Return which of Kthena's names occur as words in command, arguments or env values."""
    texts = [*(container.get("command") or ()), *(container.get("args") or ())]
    texts += (variable.get("value") or "" for variable in container.get("env") or ())
    return set(_KTHENA_WORD.findall("\n".join(texts)))
