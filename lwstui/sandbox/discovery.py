"""API discovery: the legacy lists and the aggregated ``APIGroupDiscoveryList``."""

from collections.abc import Iterable
from dataclasses import dataclass

from lwstui.sandbox.kinds import KindInfo
from lwstui.sandbox.objects import Json
from lwstui.sandbox.registry import Resource

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERSION: Json = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "$Format:%H$",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.26.6",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_ANY_METHOD_VERBS = ("get", "patch", "update")
_STREAM_VERBS = ("create", "get")
_PROXY_VERBS = ("create", "delete", "get", "patch", "update")


@dataclass(frozen=True, slots=True)
class Subresource:
    """A subresource as discovery announces it; empty group and version stand for its kind's own."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """A resource as discovery announces it."""

    kind: KindInfo
    verbs: tuple[str, ...]
    subresources: tuple[Subresource, ...] = ()


def _virtual(group: str, version: str, plural: str, kind: str, *, namespaced: bool) -> KindInfo:
    return KindInfo(group, version, plural, kind.lower(), kind, namespaced=namespaced)


_CREATED_ONLY = (
    ("", "bindings", "Binding", True),
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", False),
    ("authentication.k8s.io", "tokenreviews", "TokenReview", False),
    ("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", True),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", False),
    ("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", False),
)
_VIRTUAL = [
    *(
        Served(_virtual(group, "v1", plural, kind, namespaced=namespaced), ("create",))
        for group, plural, kind, namespaced in _CREATED_ONLY
    ),
    Served(
        KindInfo("metrics.k8s.io", "v1beta1", "nodes", "", "NodeMetrics", namespaced=False),
        ("get", "list"),
    ),
    Served(KindInfo("metrics.k8s.io", "v1beta1", "pods", "", "PodMetrics"), ("get", "list")),
]


def served(resources: Iterable[Resource]) -> list[Served]:
    """Return everything discovery announces, by group and name."""
    stored = [Served(each.kind, each.verbs, _subresources(each.kind)) for each in resources]
    return sorted([*stored, *_VIRTUAL], key=lambda each: (each.kind.group, each.kind.plural))


def paths(everything: Iterable[Served]) -> list[str]:
    """Return the paths that the server says it has."""
    groups = {each.kind.group for each in everything if each.kind.group}
    versions = {f"{each.kind.group}/{each.kind.version}" for each in everything if each.kind.group}
    found = {"/api", "/api/v1", "/apis", *(f"/apis/{each}" for each in groups | versions)}
    others = ("/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version")
    return sorted({*found, *others})


def _subresources(kind: KindInfo) -> tuple[Subresource, ...]:
    found = []
    if kind.key == "namespaces":
        found.append(Subresource("finalize", kind.kind, ("update",)))
    if kind.key == "pods":
        found += [
            Subresource("attach", "PodAttachOptions", _STREAM_VERBS),
            Subresource("binding", "Binding", ("create",)),
            Subresource("ephemeralcontainers", kind.kind, _ANY_METHOD_VERBS),
            Subresource("eviction", "Eviction", ("create",), "policy", "v1"),
            Subresource("exec", "PodExecOptions", _STREAM_VERBS),
            Subresource("log", kind.kind, ("get",)),
            Subresource("portforward", "PodPortForwardOptions", _STREAM_VERBS),
            Subresource("proxy", "PodProxyOptions", _PROXY_VERBS),
            Subresource("resize", kind.kind, _ANY_METHOD_VERBS),
        ]
    if kind.key == "serviceaccounts":
        found.append(
            Subresource("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1")
        )
    if kind.key == "services":
        found.append(Subresource("proxy", "ServiceProxyOptions", _PROXY_VERBS))
    if kind.has_scale:
        found.append(Subresource("scale", "Scale", _ANY_METHOD_VERBS, "autoscaling", "v1"))
    if kind.has_status:
        found.append(Subresource("status", kind.kind, _ANY_METHOD_VERBS))
    return tuple(found)


def aggregated(everything: Iterable[Served], *, core: bool) -> Json:
    """Return the aggregated discovery of the core group or of all named ones."""
    groups: dict[str, dict[str, list[Json]]] = {}
    for each in everything:
        if (each.kind.group == "") is core:
            versions = groups.setdefault(each.kind.group, {})
            versions.setdefault(each.kind.version, []).append(_aggregated_resource(each))
    items = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [
                {"version": version, "resources": resources, "freshness": "Current"}
                for version, resources in versions.items()
            ],
        }
        for group, versions in groups.items()
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _aggregated_resource(each: Served) -> Json:
    kind = each.kind
    resource: Json = {
        "resource": kind.plural,
        "responseKind": _response_kind(kind, kind.kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(each.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    if each.subresources:
        resource["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": (
                    {"group": sub.group, "version": sub.version, "kind": sub.kind}
                    if sub.group
                    else _response_kind(kind, sub.kind)
                ),
                "verbs": list(sub.verbs),
            }
            for sub in each.subresources
        ]
    return resource


def _response_kind(kind: KindInfo, name: str) -> Json:
    """Built-in kinds leave group and version empty: those of the group they are listed under."""
    if not kind.custom:
        return {"group": "", "version": "", "kind": name}
    return {"group": kind.group, "version": kind.version, "kind": name}


def api_versions(address: str) -> Json:
    """Return ``/api``."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def group_list(everything: Iterable[Served]) -> Json:
    """Return ``/apis``."""
    names = dict.fromkeys(each.kind.group for each in everything if each.kind.group)
    groups = [group(everything, name) for name in names]
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {name: value for name, value in each.items() if name not in ("kind", "apiVersion")}
            for each in groups
            if each
        ],
    }


def group(everything: Iterable[Served], name: str) -> Json | None:
    """Return ``/apis/<group>``; None when nothing is served there."""
    versions = dict.fromkeys(each.kind.version for each in everything if each.kind.group == name)
    if not versions:
        return None
    described = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": name,
        "versions": described,
        "preferredVersion": described[0],
    }


def resource_list(everything: Iterable[Served], name: str, version: str) -> Json | None:
    """Return ``/api/v1`` or ``/apis/<group>/<version>``; None when nothing is served there."""
    found = [each for each in everything if (each.kind.group, each.kind.version) == (name, version)]
    if not found:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": found[0].kind.api_version,
        "resources": [resource for each in found for resource in _listed(each)],
    }


def _listed(each: Served) -> Iterable[Json]:
    kind = each.kind
    resource: Json = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(each.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    yield resource
    for sub in each.subresources:
        listed: Json = {
            "name": f"{kind.plural}/{sub.name}",
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": sub.kind,
            "verbs": list(sub.verbs),
        }
        if sub.group:
            listed |= {"group": sub.group, "version": sub.version}
        yield listed
