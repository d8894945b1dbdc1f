"""What the API server says of our own rights."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from lwstui.kube.rest import Rest

_PATH: Final = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_PARTS: Final = ("verbs", "apiGroups", "resources", "resourceNames")

Found = tuple[tuple[str, ...], ...]
"""Verbs, API groups, resources and names of one rule."""


async def own_rules(rest: Rest, namespace: str) -> tuple[list[Found], bool]:
    """Return our rules in a namespace, and whether there may be more of them.

    Raises:
        ControllerError: If the server does not answer, or does not tell.
    """
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    raw = await rest.request(
        "POST", _PATH, body=msgspec.json.encode(body), what="selfsubjectrulesreviews create"
    )
    status: dict[str, Any] = msgspec.json.decode(raw).get("status") or {}
    rules = [
        tuple(tuple(str(value) for value in rule.get(part) or ()) for part in _PARTS)
        for rule in status.get("resourceRules") or ()
    ]
    return rules, bool(status.get("incomplete"))
