"""Access reviews: whoever holds the token may do everything."""

from collections.abc import Callable

from lwstui.sandbox.objects import Json

USER = "sandbox-admin"
_ALL = ["*"]


def access_review(body: Json) -> Json:
    """Return a ``SelfSubjectAccessReview`` that is allowed."""
    return _answer(body, {"allowed": True})


def rules_review(body: Json) -> Json:
    """Return a ``SelfSubjectRulesReview`` with every verb on everything."""
    return _answer(
        body,
        {
            "resourceRules": [{"verbs": _ALL, "apiGroups": _ALL, "resources": _ALL}],
            "nonResourceRules": [{"verbs": _ALL, "nonResourceURLs": _ALL}],
            "incomplete": False,
        },
    )


def self_review(body: Json) -> Json:
    """Return a ``SelfSubjectReview`` that names the sandbox's only user."""
    groups = ["system:masters", "system:authenticated"]
    return _answer(body, {"userInfo": {"username": USER, "groups": groups}})


def _answer(body: Json, answer: Json) -> Json:
    return {**body, "metadata": body.get("metadata") or {}, "status": answer}


REVIEWS: dict[tuple[str, str], Callable[[Json], Json]] = {
    ("authorization.k8s.io", "selfsubjectaccessreviews"): access_review,
    ("authorization.k8s.io", "selfsubjectrulesreviews"): rules_review,
    ("authentication.k8s.io", "selfsubjectreviews"): self_review,
}
