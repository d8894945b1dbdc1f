"""Access and token reviews: what the rules say of a user, oneself or another."""

from collections.abc import Callable, Mapping

from lwstui.sandbox import status
from lwstui.sandbox.access import Access
from lwstui.sandbox.identity import User
from lwstui.sandbox.objects import Json
from lwstui.sandbox.rbac import Attributes, Decision

Review = Callable[[User, Json], Json]

_ALL = ["*"]
_OPEN_PATHS = (
    "/.well-known/*",
    "/.well-known",
    "/api/*",
    "/api",
    "/apis/*",
    "/apis",
    "/healthz",
    "/livez",
    "/openapi/*",
    "/openapi",
    "/readyz",
    "/version/",
    "/version",
)
# Roles that every cluster binds to every user: discovery, and for some paths the public role too.
_BASIC_USER = (
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
)
_PUBLIC_PATHS = ("/healthz", "/livez", "/readyz", "/version/", "/version")


class Reviews:
    """Answers what is asked about rights and tokens.

    Args:
        access: Knows users and rules.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self.answers: Mapping[tuple[str, str], Review] = {
            ("authorization.k8s.io", "localsubjectaccessreviews"): self._of_another,
            ("authorization.k8s.io", "selfsubjectaccessreviews"): self._of_oneself,
            ("authorization.k8s.io", "selfsubjectrulesreviews"): self._rules,
            ("authorization.k8s.io", "subjectaccessreviews"): self._of_another,
            ("authentication.k8s.io", "selfsubjectreviews"): _who,
            ("authentication.k8s.io", "tokenreviews"): self._token,
        }

    def _of_oneself(self, user: User, body: Json) -> Json:
        return _answer(body, self._decided(user, _part(body, "spec")))

    def _of_another(self, user: User, body: Json) -> Json:
        """Answer for whom the spec names; the asker only has to be allowed to ask."""
        del user
        spec = _part(body, "spec")
        groups = spec.get("groups") or ()
        if not isinstance(groups, list | tuple) or not all(isinstance(x, str) for x in groups):
            raise status.bad_request("spec.groups is no list of names")
        if not spec.get("user") and not groups:
            message = 'Invalid value: "": at least one of user or group must be specified'
            cause = status.Cause("spec.user", message)
            raise status.invalid("SubjectAccessReview", "authorization.k8s.io", "", [cause])
        return _answer(body, self._decided(User(str(spec.get("user", "")), tuple(groups)), spec))

    def _decided(self, user: User, spec: Json) -> Json:
        return _told(self._access.authorizer.decide(user, _asked(spec)))

    def _rules(self, user: User, body: Json) -> Json:
        """Return a ``SelfSubjectRulesReview``."""
        if user.may_do_everything:
            return _answer(body, _everything())
        namespace = str(_part(body, "spec").get("namespace", ""))
        rules, problem = self._access.authorizer.rules(user, namespace)
        told: Json = {
            "resourceRules": [
                _kept(each, _OF_RESOURCES) for each in rules if each.get("resources")
            ],
            "nonResourceRules": [
                _kept(each, _OF_PATHS) for each in rules if each.get("nonResourceURLs")
            ],
            "incomplete": bool(problem),
        }
        return _answer(body, {**told, "evaluationError": problem} if problem else told)

    def _token(self, user: User, body: Json) -> Json:
        """Return a ``TokenReview``."""
        del user
        token = _part(body, "spec").get("token")
        owner = self._access.owner(token) if isinstance(token, str) else None
        if owner is None:
            return _answer(body, {"user": {}, "error": "invalid bearer token"})
        return _answer(body, {"authenticated": True, "user": owner.body()})


def _who(user: User, body: Json) -> Json:
    """Return a ``SelfSubjectReview`` that names the user."""
    return _answer(body, {"userInfo": user.body()})


_OF_RESOURCES = ("verbs", "apiGroups", "resources", "resourceNames")
_OF_PATHS = ("verbs", "nonResourceURLs")


def _kept(rule: Json, names: tuple[str, ...]) -> Json:
    return {name: rule[name] for name in names if name in rule}


def _part(body: Json, name: str) -> Json:
    """Return a part of a review, which must be an object.

    Raises:
        StatusError: 400, it is something else.
    """
    part = body.get(name) or {}
    if not isinstance(part, dict):
        raise status.bad_request(f"{name} is no object")
    return part


def _asked(spec: Json) -> Attributes:
    path = _part(spec, "nonResourceAttributes")
    if path:
        return Attributes(str(path.get("verb", "")), path=str(path.get("path", "")) or "/")
    held = _part(spec, "resourceAttributes")
    names = ("verb", "group", "resource", "subresource", "namespace", "name")
    return Attributes(*(str(held.get(name) or "") for name in names))


def _told(decision: Decision) -> Json:
    told: Json = {"allowed": decision.allowed}
    return {**told, "reason": decision.reason} if decision.reason else told


def _everything() -> Json:
    """Return an administrator's rules and those of every user."""
    basic = [
        {"verbs": ["create"], "apiGroups": [group], "resources": [resource]}
        for group, resource in _BASIC_USER
    ]
    return {
        "resourceRules": [{"verbs": _ALL, "apiGroups": _ALL, "resources": _ALL}, *basic],
        "nonResourceRules": [
            {"verbs": _ALL, "nonResourceURLs": _ALL},
            {"verbs": ["get"], "nonResourceURLs": list(_OPEN_PATHS)},
            {"verbs": ["get"], "nonResourceURLs": list(_PUBLIC_PATHS)},
        ],
        "incomplete": False,
    }


def _answer(body: Json, answer: Json) -> Json:
    return {**body, "metadata": body.get("metadata") or {}, "status": answer}
