"""Role-based access: what the roles that are bound to a user allow.

Source: behaviour of kubernetes plugin/pkg/auth/authorizer/rbac, not its code.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lwstui.sandbox.identity import User, account_of
from lwstui.sandbox.objects import Json, Store
from lwstui.sandbox.selectors import matches_labels

ROLES = "roles.rbac.authorization.k8s.io"
CLUSTER_ROLES = "clusterroles.rbac.authorization.k8s.io"
BINDINGS = "rolebindings.rbac.authorization.k8s.io"
CLUSTER_BINDINGS = "clusterrolebindings.rbac.authorization.k8s.io"
_GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a request is about to do: a verb on a resource, or on a ``path`` that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """Return the resource with its subresource."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something is allowed, and by which binding, or what went wrong on the way."""

    allowed: bool
    reason: str = ""


def rule_allows(rule: Json, asked: Attributes) -> bool:
    """Tell whether one rule of a role allows something."""
    if not _has(rule.get("verbs"), asked.verb):
        return False
    if asked.path:
        paths: Iterable[str] = rule.get("nonResourceURLs") or ()
        return any(_fits_path(path, asked.path) for path in paths)
    names = rule.get("resourceNames") or ()
    return (
        _has(rule.get("apiGroups"), asked.group)
        and any(_fits_resource(each, asked) for each in rule.get("resources") or ())
        and (not names or asked.name in names)
    )


def _has(values: Iterable[str] | None, wanted: str) -> bool:
    return any(each in ("*", wanted) for each in values or ())


def _fits_resource(rule: str, asked: Attributes) -> bool:
    if rule in ("*", asked.full_resource):
        return True
    return bool(asked.subresource) and rule == f"*/{asked.subresource}"


def _fits_path(rule: str, path: str) -> bool:
    if rule in ("*", path):
        return True
    return rule.endswith("*") and path.startswith(rule.rstrip("*"))


class Authorizer:
    """Decides by the roles and bindings of a store.

    Args:
        store: Where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def decide(self, user: User, asked: Attributes) -> Decision:
        """Return whether a user may do something."""
        if user.may_do_everything:
            return Decision(allowed=True)
        errors = []
        for binding, subject in self._bound(user, asked.namespace):
            rules = self._rules(binding)
            if rules is None:
                errors.append(_missing(binding))
            elif any(rule_allows(rule, asked) for rule in rules):
                return Decision(allowed=True, reason=_allowance(binding, subject))
        return Decision(allowed=False, reason=_problems(errors))

    def rules(self, user: User, namespace: str) -> tuple[list[Json], str]:
        """Return every rule that counts for a user in a namespace, and what was not found."""
        found: list[Json] = []
        errors = []
        for binding, _ in self._bound(user, namespace):
            rules = self._rules(binding)
            if rules is None:
                errors.append(_missing(binding))
            else:
                found += rules
        return found, ", ".join(errors)

    def _bound(self, user: User, namespace: str) -> Iterator[tuple[Json, str]]:
        """Yield the bindings of a user, those of the whole cluster first, and as whom."""
        bindings = self._store.items(CLUSTER_BINDINGS)
        if namespace:
            bindings += self._store.items(BINDINGS, namespace)
        for binding in bindings:
            for subject in binding.get("subjects") or ():
                if _is(subject, user, binding["metadata"].get("namespace", "")):
                    yield binding, _called(subject)
                    break

    def _rules(self, binding: Json) -> list[Json] | None:
        """Return the rules of the role that a binding names, None when there is no such role."""
        ref = binding.get("roleRef") or {}
        clusterwide = ref.get("kind") == "ClusterRole"
        namespace = "" if clusterwide else binding["metadata"].get("namespace", "")
        key = CLUSTER_ROLES if clusterwide else ROLES
        role = self._store.get(key, namespace, ref.get("name", ""))
        return None if role is None else self._gathered(role)

    def _gathered(self, role: Json) -> list[Json]:
        """Return a role's rules with those of the roles that it is made of."""
        rules = list(role.get("rules") or ())
        chosen = (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
        for other in self._store.items(CLUSTER_ROLES) if chosen else ():
            labels = other["metadata"].get("labels") or {}
            if other is not role and any(matches_labels(each, labels) for each in chosen):
                rules += other.get("rules") or ()
        return rules


def _is(subject: Json, user: User, namespace: str) -> bool:
    match subject.get("kind"):
        case "User":
            return bool(subject.get("name") == user.name)
        case "Group":
            return subject.get("name") in user.groups
        case "ServiceAccount":
            where = subject.get("namespace") or namespace
            return account_of(user.name) == (where, subject.get("name"))
    return False


def _called(subject: Json) -> str:
    name = subject.get("name", "")
    if subject["kind"] == "ServiceAccount":
        name = f"{name}/{subject.get('namespace', '')}"
    return f'{subject["kind"]} "{name}"'


def _allowance(binding: Json, subject: str) -> str:
    meta, ref = binding["metadata"], binding["roleRef"]
    where = meta.get("namespace", "")
    name = f"{meta['name']}/{where}" if where else meta["name"]
    role = f'{ref["kind"]} "{ref["name"]}"'
    return f'RBAC: allowed by {binding["kind"]} "{name}" of {role} to {subject}'


def _missing(binding: Json) -> str:
    ref = binding.get("roleRef") or {}
    return f'{ref.get("kind", "").lower()}.{_GROUP} "{ref.get("name", "")}" not found'


def _problems(errors: list[str]) -> str:
    if not errors:
        return ""
    listed = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    return f"RBAC: {listed}"
