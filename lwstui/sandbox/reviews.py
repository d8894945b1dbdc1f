"""Access and token reviews: whoever holds the token may do everything."""

from collections.abc import Callable, Mapping
from functools import partial

from lwstui.sandbox.objects import Json

Review = Callable[[Json], Json]

USER = "sandbox-admin"
GROUPS = ("system:masters", "system:authenticated")
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


def access_review(body: Json) -> Json:
    """Return an access review, of oneself or of another, that is allowed."""
    return _answer(body, {"allowed": True})


def rules_review(body: Json) -> Json:
    """Return a ``SelfSubjectRulesReview``: an administrator's rules and those of every user."""
    basic = [
        {"verbs": ["create"], "apiGroups": [group], "resources": [resource]}
        for group, resource in _BASIC_USER
    ]
    return _answer(
        body,
        {
            "resourceRules": [{"verbs": _ALL, "apiGroups": _ALL, "resources": _ALL}, *basic],
            "nonResourceRules": [
                {"verbs": _ALL, "nonResourceURLs": _ALL},
                {"verbs": ["get"], "nonResourceURLs": list(_OPEN_PATHS)},
                {"verbs": ["get"], "nonResourceURLs": list(_PUBLIC_PATHS)},
            ],
            "incomplete": False,
        },
    )


def token_review(token: str, body: Json) -> Json:
    """Return a ``TokenReview``; only ``token`` is anybody's."""
    if (body.get("spec") or {}).get("token") != token:
        return _answer(body, {"user": {}, "error": "invalid bearer token"})
    return _answer(body, {"authenticated": True, "user": _user()})


def self_review(body: Json) -> Json:
    """Return a ``SelfSubjectReview`` that names the sandbox's only user."""
    return _answer(body, {"userInfo": _user()})


def _user() -> Json:
    return {"username": USER, "groups": list(GROUPS)}


def _answer(body: Json, answer: Json) -> Json:
    return {**body, "metadata": body.get("metadata") or {}, "status": answer}


def reviews(token: str) -> Mapping[tuple[str, str], Review]:
    """Return what answers a review, by group and resource, where ``token`` is the right one."""
    return {
        ("authorization.k8s.io", "localsubjectaccessreviews"): access_review,
        ("authorization.k8s.io", "selfsubjectaccessreviews"): access_review,
        ("authorization.k8s.io", "selfsubjectrulesreviews"): rules_review,
        ("authorization.k8s.io", "subjectaccessreviews"): access_review,
        ("authentication.k8s.io", "selfsubjectreviews"): self_review,
        ("authentication.k8s.io", "tokenreviews"): partial(token_review, token),
    }
