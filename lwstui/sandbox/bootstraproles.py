"""The roles and bindings that a cluster begins with, as far as users and accounts meet them."""

from collections.abc import Iterable, Iterator

from lwstui.sandbox.identity import MASTERS
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.rbac import CLUSTER_BINDINGS, CLUSTER_ROLES

_MARKS = {
    "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
    "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
}
_READ = ("get", "list", "watch")
_WRITE = ("create", "delete", "deletecollection", "patch", "update")
_API = "rbac.authorization.k8s.io"
_ALL = ("*",)

_Rules = tuple[tuple[tuple[str, ...], str, str], ...]
"""Verbs, API group, and the resources in one line."""
_VIEW: _Rules = (
    (_READ, "", "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods "
                "replicationcontrollers replicationcontrollers/scale serviceaccounts services "
                "services/status"),
    (_READ, "", "bindings events limitranges namespaces/status pods/log pods/status "
                "replicationcontrollers/status resourcequotas resourcequotas/status"),
    (_READ, "", "namespaces"),
    (_READ, "discovery.k8s.io", "endpointslices"),
    (_READ, "apps", "controllerrevisions daemonsets daemonsets/status deployments "
                    "deployments/scale deployments/status replicasets replicasets/scale "
                    "replicasets/status statefulsets statefulsets/scale statefulsets/status"),
    (_READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    (_READ, "batch", "cronjobs cronjobs/status jobs jobs/status"),
    (_READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
    (_READ, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
)  # fmt: skip
_EDIT: _Rules = (
    (_READ, "", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
    (("impersonate",), "", "serviceaccounts"),
    (_WRITE, "", "pods pods/attach pods/exec pods/portforward pods/proxy"),
    (("create",), "", "pods/eviction"),
    (_WRITE, "", "configmaps events persistentvolumeclaims replicationcontrollers "
                 "replicationcontrollers/scale secrets serviceaccounts services services/proxy"),
    (("create",), "", "serviceaccounts/token"),
    (_WRITE, "apps", "daemonsets deployments deployments/rollback deployments/scale replicasets "
                     "replicasets/scale statefulsets statefulsets/scale"),
    (_WRITE, "autoscaling", "horizontalpodautoscalers"),
    (_WRITE, "batch", "cronjobs jobs"),
    (_WRITE, "policy", "poddisruptionbudgets"),
    (_WRITE, "networking.k8s.io", "ingresses networkpolicies"),
    ((*_WRITE, *_READ), "coordination.k8s.io", "leases"),
)  # fmt: skip
_ADMIN: _Rules = (
    (("create",), "authorization.k8s.io", "localsubjectaccessreviews"),
    ((*_WRITE, *_READ), _API, "rolebindings roles"),
)
_BASIC: _Rules = (
    (("create",), "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
    (("create",), "authentication.k8s.io", "selfsubjectreviews"),
)
_DISCOVERY = (
    "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version/ /version"
)
_PUBLIC = "/healthz /livez /readyz /version/ /version"
_EVERYONE = ("system:authenticated",)
_ANYONE = ("system:authenticated", "system:unauthenticated")


def _rules(*described: _Rules) -> list[Json]:
    return [
        {"apiGroups": [group], "resources": line.split(), "verbs": list(verbs)}
        for rules in described
        for verbs, group, line in rules
    ]


def _paths(line: str) -> list[Json]:
    return [{"nonResourceURLs": line.split(), "verbs": ["get"]}]


def _everything() -> list[Json]:
    return [
        {"apiGroups": list(_ALL), "resources": list(_ALL), "verbs": list(_ALL)},
        {"nonResourceURLs": list(_ALL), "verbs": list(_ALL)},
    ]


def _roles() -> Iterator[tuple[str, list[Json], tuple[str, ...]]]:
    """Yield the roles, their rules, and the groups that they are bound to from the start."""
    yield "admin", _rules(_ADMIN, _EDIT, _VIEW), ()
    yield "cluster-admin", _everything(), (MASTERS,)
    yield "edit", _rules(_EDIT, _VIEW), ()
    yield "system:basic-user", _rules(_BASIC), _EVERYONE
    yield "system:discovery", _paths(_DISCOVERY), _EVERYONE
    yield "system:public-info-viewer", _paths(_PUBLIC), _ANYONE
    yield "view", _rules(_VIEW), ()


def make_roles(store: Store) -> None:
    """Create them in a new cluster."""
    for name, rules, groups in _roles():
        store.create(CLUSTER_ROLES, {"metadata": {"name": name, **_MARKS}, "rules": rules})
        if groups:
            store.create(CLUSTER_BINDINGS, _binding(name, groups))


def _binding(name: str, groups: Iterable[str]) -> Json:
    return {
        "metadata": {"name": name, **_MARKS},
        "roleRef": {"apiGroup": _API, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": _API, "kind": "Group", "name": group} for group in groups],
    }
